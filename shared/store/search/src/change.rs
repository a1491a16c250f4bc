//! What a change means to the words of a ticket.

/// What a change means to the words of a ticket; of several changes the greatest counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordChange {
    /// Nothing.
    #[default]
    None,
    /// It has words that it may not have had before.
    Added,
    /// It may have lost words: all of it is to be indexed anew.
    Reindex,
    /// The ticket is gone.
    Removed,
}
