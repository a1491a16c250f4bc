//! Lists of tickets over the embedded engine.
#![allow(clippy::indexing_slicing, reason = "a test")]

mod columns;
mod costs;
mod growth;
mod lists;
mod patterns;
mod searched;
mod sight;
