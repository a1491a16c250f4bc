//! The reports function over the embedded engine, by its HTTP interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod access;
mod days;
mod fixtures;
mod recount;
mod tickets;
