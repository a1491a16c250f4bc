//! The webhooks function over the embedded engine, by its HTTP interface.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod access;
mod deliveries;
mod endpoints;
mod feed;
mod fixtures;
mod replay;
mod urls;
