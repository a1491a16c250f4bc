//! Contacts and accounts over HTTP: their routes over the embedded engine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod accounts;
mod app;
mod changes;
mod contacts;
mod hostile;
