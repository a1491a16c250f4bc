//! Events, their feed and what comes due, over the embedded engine.
#![allow(clippy::indexing_slicing, reason = "a test")]

mod activities;
mod due;
mod feed;
