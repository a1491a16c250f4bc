//! One test per row of the parity table, named after it, through HTTP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod answerpal;
mod grow;
mod grow_updates;
mod grow_writes;
mod lists;
mod messages;
mod search;
mod there_there;
mod tratta;
mod workspace;
