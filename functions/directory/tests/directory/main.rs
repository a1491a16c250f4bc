//! The directory over HTTP: its routes over the embedded engine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod app;
mod bootstrapping;
mod channels;
mod entries;
mod fields;
mod hostile;
mod keys;
mod lists;
mod rotation;
mod settings;
mod tenants;
mod users;
mod uses;
