//! Why a command is refused.

use crate::{access::Forbidden, id::Version};

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Absent, or out of the caller's reach: the same answer on purpose.
    #[error("there is no such ticket")]
    NotFound,
    /// In the trash: only restoring is possible.
    #[error("the ticket is in the trash; restore it first")]
    Trashed,
    /// Not in the state that the command needs.
    #[error("the ticket is neither archived nor in the trash")]
    NotPutAway,
    /// The restore window has passed.
    #[error("the ticket was deleted too long ago to be restored")]
    RestoreWindow,
    /// Deletion is switched off.
    #[error("deleting tickets is switched off in this workspace; set the status spam instead")]
    DeletionOff,
    /// The conversation is over; a new ticket continues it.
    #[error("the ticket is closed; a reply starts a new one")]
    Closed,
    /// Who reads along has proved nothing of who they are.
    #[error("the ticket is a guest's, who has not proved who they are: nothing secure can be sent to them")]
    GuestReads,
    /// Beyond [`crate::ticket::MAX_TAGS`].
    #[error("a ticket has at most 50 tags")]
    TooManyTags,
    /// Beyond [`crate::budget::TICKET_BYTES`].
    #[error(
        "what is written on a ticket itself (subject, summary, custom fields, who asks) must have at most 6500 bytes together"
    )]
    TooLarge,
    /// Somebody else was faster.
    #[error("the ticket has changed since; its version is now {current}")]
    Stale {
        /// The version now.
        current: Version,
    },
    /// A rule forbids it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}
