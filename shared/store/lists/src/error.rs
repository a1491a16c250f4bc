//! What can go wrong with a list.

use lambdesk_table::TableError;

/// The most hits of a search that are sorted for one page.
pub const SORTED_HITS: u16 = 200;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The search finds more tickets than are sorted for one page; by number it would
    /// have been answered.
    #[error("more than {SORTED_HITS} tickets match")]
    TooManyHits,
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}
