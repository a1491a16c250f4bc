//! States of tickets, as the list index has them.

use lambdesk_domain::status::{Lifecycle, Status};

/// The partition of the list index that a ticket is in: its status, unless it is archived or trashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// On live tickets with this status.
    Live(Status),
    /// Kept back by screening.
    Unprocessed,
    /// Put away.
    Archived,
    /// Deleted.
    Trashed,
}

impl State {
    /// Where a ticket of this lifecycle state and status is.
    #[must_use]
    pub const fn of(lifecycle: Lifecycle, status: Status) -> Self {
        match lifecycle {
            Lifecycle::Live => Self::Live(status),
            Lifecycle::Unprocessed => Self::Unprocessed,
            Lifecycle::Archived => Self::Archived,
            Lifecycle::Trashed => Self::Trashed,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Live(status) => status.as_str(),
            Self::Unprocessed => Lifecycle::Unprocessed.as_str(),
            Self::Archived => Lifecycle::Archived.as_str(),
            Self::Trashed => Lifecycle::Trashed.as_str(),
        }
    }
}
