//! States of tickets, as the list index has them.

use lambdesk_domain::status::{Shelf, Status};

/// The partition of the list index that a ticket is in: its status, unless it is put away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// On the ordinary shelf with this status.
    Live(Status),
    /// Kept back by screening.
    Unprocessed,
    /// Put away.
    Archived,
    /// Deleted.
    Trashed,
}

impl State {
    /// Where a ticket of this shelf and status is.
    #[must_use]
    pub const fn of(shelf: Shelf, status: Status) -> Self {
        match shelf {
            Shelf::Live => Self::Live(status),
            Shelf::Unprocessed => Self::Unprocessed,
            Shelf::Archived => Self::Archived,
            Shelf::Trashed => Self::Trashed,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Live(status) => status.as_str(),
            Self::Unprocessed => Shelf::Unprocessed.as_str(),
            Self::Archived => Shelf::Archived.as_str(),
            Self::Trashed => Shelf::Trashed.as_str(),
        }
    }
}
