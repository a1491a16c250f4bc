//! What was found wrong once, and its right value: one test per row, named after its id.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod clock;
mod cloud;
mod found;
mod text;
mod tickets;
mod wire;
mod words;
