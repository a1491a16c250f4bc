//! What can go wrong at the table.

use lambdesk_domain::ticket::Ticket;

/// An attribute that is missing or unreadable: ours to mend, never the caller's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attribute {0} is missing or unreadable")]
pub struct Corrupt(pub &'static str);

/// A failure of the table itself.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out or not reachable; trying again later may work.
    #[error("the table can't be reached in time ({0})")]
    Unavailable(&'static str),
    /// Other writers were faster, again and again.
    #[error("too many writers at once")]
    Contended,
    /// Refused by `DynamoDB`: a defect of ours.
    #[error("refused by the table: {0}")]
    Refused(String),
    /// An item that can't be read.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

/// Why a conditional write was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// There is no such item.
    #[error("absent")]
    Absent,
    /// The guard did not hold; this is the ticket as it is.
    #[error("the ticket is not as assumed")]
    NotAsAssumed(Box<Ticket>),
    /// A request with this idempotency key was answered before.
    #[error("answered before")]
    Answered(Box<crate::idempotency::Record>),
    /// A unique name is taken.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The contact that a new ticket claims is another one, under another name, or
    /// blocked; this is what is at the place of its address.
    #[error("the contact is another one")]
    OtherContact(Box<crate::contacts::Place>),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
