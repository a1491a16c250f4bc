//! The tickets function over the embedded engine, by its HTTP interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod access;
mod changing;
mod creating;
mod filters;
mod fixtures;
mod hostile;
mod json_patch;
mod pages;
mod reading;
mod verbs;
mod versions;
