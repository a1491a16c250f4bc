//! What must hold beyond the parity table, through HTTP over the whole stack.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod concurrency;
mod golden_events;
mod hostile;
mod idempotency;
mod isolation;
mod ledger;
mod webhooks;
