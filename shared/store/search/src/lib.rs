#![doc = include_str!("../README.md")]

mod block;
mod blocks;
mod buffer;
mod cache;
mod change;
mod compaction;
mod delta;
mod findable;
mod index;
mod indexing;
mod intersect;
mod manifest;
mod merge;
mod number_set;
mod policy;
mod query;
mod schedule;
mod search;
mod segments;
mod varint;

pub use buffer::TicketWords;
pub use change::WordChange;
pub use compaction::{Compacted, CompactionBudget};
pub use delta::TicketDelta;
pub use index::SearchIndex;
pub use indexing::IndexedTickets;
pub use policy::TOMBSTONE_TTL;
pub use query::{Hits, Search, SearchFrom};
