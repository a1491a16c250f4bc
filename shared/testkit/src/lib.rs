//! What the tests share.

pub mod runtime_api;
