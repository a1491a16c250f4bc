//! Messages over the embedded engine, driven as people and programs drive them.

mod deleting;
mod fixtures;
mod posting;
mod reading;
