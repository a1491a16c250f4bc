//! What must hold beyond the parity table, through HTTP over the whole stack.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod attachments;
mod concurrency;
mod contacts;
mod directory;
mod edits;
mod golden_events;
mod hostile;
mod idempotency;
mod isolation;
mod json_patch;
mod ledger;
mod preconditions;
mod purge;
mod reports;
mod search;
mod webhooks;
