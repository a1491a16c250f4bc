//! What the tests share: a desk of their own, callers with keys, and a receiver
//! of webhooks. Every test starts the whole stack in memory and speaks HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that fails here has failed"
)]

mod api;
pub mod binary;
pub mod cloud;
pub mod contract;
mod desk;
pub mod ledger;
pub mod local;
mod measured;
pub mod queue;
mod receiver;
mod reply;
pub mod routes;
pub mod template;
pub mod text;

pub use api::Api;
pub use desk::Desk;
pub use measured::{MeasuredApi, MeasuredReply};
pub use receiver::{Received, Receiver};
pub use reply::Reply;
pub use serde_json::{Value as Json, json};
