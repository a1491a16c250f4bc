//! What comes of a command that is not refused.

use crate::{dry_run::DryRun, idempotency::Answer};
use axum::response::{IntoResponse, Response};

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
}

impl IntoResponse for CommandOutcome {
    fn into_response(self) -> Response {
        match self {
            Self::Changed(answer) | Self::Unchanged(answer) => answer.into_response(),
            Self::DryRun(told) => told.into_response(),
            Self::Replayed(response) => response,
        }
    }
}
