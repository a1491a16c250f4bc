//! What must hold beyond the parity table, through HTTP over the whole stack.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod attachments;
mod backfill;
mod concurrency;
mod contact_events;
mod contacts;
mod directory;
mod edits;
mod filters;
mod golden_events;
mod hostile;
mod idempotency;
mod isolation;
mod json_patch;
mod ledger;
mod people;
mod preconditions;
mod purge;
mod reports;
mod rotation;
mod search;
mod unchanged;
mod webhooks;
