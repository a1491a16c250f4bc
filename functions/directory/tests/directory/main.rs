//! The directory over HTTP: its routes over the embedded engine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod bootstrapping;
mod channels;
mod entries;
mod fields;
mod fixtures;
mod hostile;
mod keys;
mod lists;
mod rotation;
mod settings;
mod tenants;
mod users;
mod uses;
