//! The query of a search and its result.

use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::SearchQuery,
};
use std::collections::HashMap;

/// A query, and on whose behalf it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The terms; a ticket must meet all of them.
    pub query: SearchQuery,
    /// Words that are only in notes count too.
    pub sees_notes: bool,
    /// Words of contacts and accounts count too.
    pub sees_clients: bool,
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

/// The tickets that a search found: a superset of those that match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Their numbers, the highest first.
    pub numbers: Vec<TicketNumber>,
    /// There may be more beyond this number: below it, or above it when the search
    /// began above a number.
    pub more: Option<TicketNumber>,
    /// The ids that the write buffer names; those of other hits are read by
    /// [`SearchIndex::identify`](crate::SearchIndex::identify).
    pub(crate) known: HashMap<TicketNumber, TicketId>,
}
