#![doc = include_str!("../README.md")]

mod allocator;
pub mod aws;
pub mod clock;
pub mod config;
mod gateway;
mod logs;
pub mod queue;
mod serve;
#[cfg(feature = "sqs")]
mod sqs;

pub use clock::{Clock, new_uuid, now};
pub use config::{Config, ConfigError};
pub use logs::init as init_logs;
pub use queue::{Hint, HintQueue};
pub use serve::{Error, main, serve, serve_batch};
