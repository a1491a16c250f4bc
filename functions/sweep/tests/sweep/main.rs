//! Runs over the embedded engine, on a clock that the tests turn.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod cascades;
mod contacts;
mod deliveries;
mod events;
mod follow_ups;
mod jobs;
mod retention;

mod runs;
mod search;
mod support;
