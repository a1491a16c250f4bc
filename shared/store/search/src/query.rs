//! Search: which tickets say all of these words, in the subject or any message.
//!
//! The index is a log of small pieces that are merged into larger ones. The stream's
//! reader turns every batch into one item (`fresh`): sorted words with the numbers of
//! the tickets that say them. Once there are enough of them they become a segment:
//! the same, in blocks of 4 KB, and segments of a size become the next larger one
//! ([`tend`](Store::tend_index)). A manifest names the segments; they never change.
//!
//! | asked for | read | cost |
//! |---|---|---|
//! | the manifest, the fresh items | one item, one query | 1 round trip, about 4 units |
//! | a word in a segment | one query of a few blocks; a small segment whole, for all words | 1 round trip, ½–4 units each |
//! | the ids of hits | one batch of rows, ½ unit each | 1 round trip |
//!
//! Postings are a superset, the head is the truth: whoever searches reads the heads of
//! the hits and checks them again. Text that is gone or changed takes its ticket's
//! words along: a newer piece of the index says to forget the ticket, which readers
//! obey at once and mergers make true within [`FORGET_WITHIN`].
//!
//! Secure messages are never indexed. Words that only notes say are marked so.

mod block;
mod care;
mod decide;
mod feed;
mod fresh;
mod manifest;
mod merge;
mod pieces;
mod plan;
mod read;
mod tend;

pub use feed::Unindexed;
pub use fresh::TicketWords;
pub(crate) use read::Cache as Manifests;
pub use tend::{Pace, Tended};

use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::SearchQuery,
};
use std::{collections::HashMap, time::Duration};

/// How long words that are to be forgotten may still lie in the table.
pub const FORGET_WITHIN: Duration = Duration::from_hours(24);

/// What is searched for, and on whose behalf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The words.
    pub query: SearchQuery,
    /// Words that only notes say count too.
    pub sees_notes: bool,
}

/// Where a search begins: it goes by ticket number, which is the order of creation
/// but for numbers that were leased side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchFrom {
    /// At the newest.
    Newest,
    /// Below this number.
    Below(TicketNumber),
    /// The lowest above this number.
    Above(TicketNumber),
}

/// The tickets that a search found: a superset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Their numbers, the highest first.
    pub numbers: Vec<TicketNumber>,
    /// There may be more beyond this number: below it, or above it when the search
    /// began above a number.
    pub more: Option<TicketNumber>,
    /// Ids that the search came across; [`Store::identify`](crate::Store::identify) reads the others.
    known: HashMap<TicketNumber, TicketId>,
}
