//! What can go wrong at the object store.

use lambdesk_table::TableError;

/// A failure of the object store. Names no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObjectsError {
    /// Not reachable, too slow, or failing; trying again later may work.
    #[error("the object store can't be reached in time")]
    Unavailable,
    /// It refused with this status: a defect of ours or of the set-up.
    #[error("the object store refused with status {0}")]
    Refused(u16),
    /// The bucket's name or endpoint is unusable in a URL.
    #[error("the bucket's address is not usable")]
    Address,
}

impl ObjectsError {
    /// Whether another try may work. Otherwise the bucket, its policy or the function's
    /// role is not as the code needs it, and an operator must act.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable)
    }
}

/// Why the files of a ticket could not be removed. What was removed stays so.
#[derive(Debug, thiserror::Error)]
pub enum RemovalError {
    /// The object store failed.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] TableError),
}
