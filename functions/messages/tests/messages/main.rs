//! Messages over the embedded engine, driven as people and programs drive them.

mod caller;
mod deleting;
mod posting;
mod reading;
// The same workspace in memory that intake's tests use.
#[path = "../../../intake/tests/intake/support.rs"]
mod support;
