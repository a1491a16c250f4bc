//! Webhook deliveries over the embedded engine.
#![allow(clippy::indexing_slicing, reason = "a test")]

mod deliveries;
