#![doc = include_str!("../README.md")]

mod deliveries;
mod endpoints;
mod fanout;
mod handle;
mod redelivery;

pub use deliveries::Lease;
pub use fanout::delivery_of;
pub use handle::Webhooks;
pub use redelivery::Replaces;
