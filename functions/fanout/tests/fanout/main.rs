//! The fan-out over the embedded engine, with the records that its stream gives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod backfills;
mod contacts;
mod failures;
mod fanning;
mod follow_ups;
mod rows;
mod support;
mod words;
