#![doc = include_str!("../README.md")]

mod deliveries;
mod endpoints;
mod fanout;
mod handle;
mod pace;
mod redelivery;

pub use deliveries::Lease;
pub use fanout::delivery_of;
pub use handle::Webhooks;
pub use pace::PacedReplay;
pub use redelivery::Replaces;
