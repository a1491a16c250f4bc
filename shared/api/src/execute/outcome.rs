//! What comes of a command that is not refused.

use super::error::CommandError;
use crate::{
    dry_run::DryRun,
    idempotency::{Answer, MadeAgain, ReplayError, Replayed},
};
use axum::response::{IntoResponse as _, Response};

/// What comes of a command, with what the caller is answered.
#[derive(Debug)]
pub enum CommandOutcome {
    /// A change or a new ticket is written.
    Changed(Answer),
    /// The ticket is as the caller wants it already: no change is written.
    Unchanged(Answer),
    /// Nothing is written, because the caller asked what would be.
    DryRun(DryRun),
    /// The request was answered before, and is given the same answer again.
    Replayed(Response),
    /// The request was answered before; the answer was too large to be remembered and is to
    /// be made again.
    Again(MadeAgain),
}

impl From<Replayed> for CommandOutcome {
    fn from(replayed: Replayed) -> Self {
        match replayed {
            Replayed::Whole(response) => Self::Replayed(response),
            Replayed::Again(again) => Self::Again(again),
        }
    }
}

impl CommandOutcome {
    /// The answer to a command whose answers are always remembered whole: to no other than
    /// those is [`Answer::made_of`] given.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`] where one was not.
    pub fn whole(self) -> Result<Response, CommandError> {
        match self {
            Self::Changed(answer) | Self::Unchanged(answer) => Ok(answer.into_response()),
            Self::DryRun(told) => Ok(told.into_response()),
            Self::Replayed(response) => Ok(response),
            Self::Again(_) => Err(ReplayError::Unreadable.into()),
        }
    }
}
