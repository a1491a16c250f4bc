//! Object storage and the worker of jobs over the embedded engine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod personal_data;
