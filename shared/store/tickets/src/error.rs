//! Why tickets were not written.

use lambdesk_domain::ticket::Ticket;
use lambdesk_store_contacts::OtherContact;
use lambdesk_table::{AlreadyAnswered, TableError};

/// Why a ticket was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// There is no such ticket.
    #[error("there is no such ticket")]
    Absent,
    /// The guard does not hold; this is the ticket as it is.
    #[error("the ticket is not as assumed")]
    PreconditionFailed(Box<Ticket>),
    /// A request with this idempotency key was answered before.
    #[error(transparent)]
    Answered(#[from] AlreadyAnswered),
    /// A file of the message is another message's, or not there.
    #[error("an attachment is taken")]
    AttachmentTaken,
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Why a new ticket was not written.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A request with this idempotency key was answered before.
    #[error(transparent)]
    Answered(#[from] AlreadyAnswered),
    /// The ticket that it continues is not as assumed: another one continues it by now.
    #[error("the ticket that it continues is continued already")]
    Continued,
    /// The contact that the ticket is from is another one, under another name, or blocked.
    #[error(transparent)]
    OtherContact(#[from] OtherContact),
    /// Somebody else writes the contact that the ticket is from.
    #[error("the contact is being written")]
    ContactBusy,
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}
