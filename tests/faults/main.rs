//! What was found wrong once, and its right value: one test per row, named after its id.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod clock;
mod cloud;
mod deployed;
mod described;
mod doors;
mod engines;
mod feed;
mod format;
mod found;
mod gateway;
mod in_sight;
mod keys;
mod pasted;
mod quick;
mod removed;
mod replays;
mod requests;
mod roles;
mod sizes;
mod text;
mod tickets;
mod tools;
mod visitors;
mod wire;
mod words;
