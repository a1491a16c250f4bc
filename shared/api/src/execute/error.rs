//! Why a command on a ticket is not carried out.

use crate::{
    idempotency::ReplayError,
    problem::{FieldError, Problem},
};
use lambdesk_domain::command::Rejection;
use lambdesk_store_tickets::{CommitError, CreateError};
use lambdesk_table::TableError;

/// Why a command is not carried out. Callers branch on the variants; a handler's `?`
/// turns what is left into a problem document.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The domain refuses it; [`Rejection::NotFound`] also stands for a ticket that the
    /// table doesn't have.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A new ticket names an address that must be a contact's, and is nobody's.
    #[error("there is no contact with this address")]
    NoSuchContact,
    /// A file of the message is another message's, or not there.
    #[error("an attachment is taken")]
    AttachmentTaken,
    /// The remembered answer can't be given to this request.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// Other writers were faster in every attempt; the same request may be sent again.
    #[error("too many writers at once")]
    Contended,
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl From<CommitError> for CommandError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Absent => Self::Rejected(Rejection::NotFound),
            CommitError::AttachmentTaken => Self::AttachmentTaken,
            CommitError::Table(error) => Self::Table(error),
            // Whoever commits handles these; arriving here they are a lost race.
            CommitError::PreconditionFailed(_) | CommitError::Answered(_) => Self::Contended,
        }
    }
}

impl From<CreateError> for CommandError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Table(error) => Self::Table(error),
            // Whoever opens handles these; arriving here they are a lost race.
            CreateError::OtherContact(_)
            | CreateError::ContactBusy
            | CreateError::Answered(_)
            | CreateError::Continued => Self::Contended,
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Rejected(rejection) => rejection.into(),
            CommandError::NoSuchContact => {
                Self::invalid(vec![FieldError::new("/from/email", "no_such_reference", error.to_string())])
            }
            CommandError::AttachmentTaken => Self::taken("an attachment"),
            CommandError::Replay(error) => error.into(),
            CommandError::Contended => Self::unavailable(),
            CommandError::Table(error) => error.into(),
        }
    }
}
