//! The fan-out over the embedded engine, with the records that its stream gives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod contacts;
mod failures;
mod fanning;
mod faults;
mod follow_ups;
mod rows;
mod support;
