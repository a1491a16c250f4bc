//! What the tests share: a desk of their own, callers with keys, and a receiver
//! of webhooks. Every test starts the whole stack in memory and speaks HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that fails here has failed"
)]

pub mod contract;
mod desk;
pub mod ledger;
mod receiver;
pub mod text;

pub use desk::{Api, Desk, Reply};
pub use receiver::{Received, Receiver};
pub use serde_json::{Value as Json, json};
