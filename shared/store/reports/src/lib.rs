#![doc = include_str!("../README.md")]

mod checkpoint;
mod fold;
mod handle;
mod names;
mod read;
mod recount;

pub use fold::Folded;
pub use handle::Reports;
pub use read::Standings;
pub use recount::Recounted;
