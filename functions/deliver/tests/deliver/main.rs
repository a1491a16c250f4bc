//! Attempts over the embedded engine, at receivers on loopback.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod endpoints;
mod leases;
mod outcomes;
mod signatures;
mod support;
