//! Answers that were too large to be remembered under an `Idempotency-Key`: made again of
//! the message as it is by now.

use crate::read::visible;
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    execute::{CommandError, CommandOutcome},
    idempotency::{Made, MadeAgain, ReplayError},
    problem::Problem,
    render::{MessageReader, MessageView},
};

/// What comes of writing a message.
pub async fn written(session: &Session, outcome: Result<CommandOutcome, CommandError>) -> Result<Response, Problem> {
    match outcome {
        Ok(outcome) => Ok(outcome.into_response()),
        Err(error) => shown(session, error.made_again()?).await,
    }
}

/// The answer with the message as it is.
pub async fn shown(session: &Session, again: MadeAgain) -> Result<Response, Problem> {
    let Made::Message(ticket, message) = again.made else {
        return Err(Problem::internal());
    };
    let (tickets, workspace) = (&session.app.tickets, session.workspace());
    let (ticket, message) =
        tokio::try_join!(tickets.ticket(workspace, ticket), tickets.message(workspace, ticket, message))?;
    let ticket = visible(session, ticket).map_err(|_| ReplayError::Gone)?;
    let reader = MessageReader::from(&session.actor);
    let message = message.filter(|message| reader.sees(message)).ok_or(ReplayError::Gone)?;
    let view = MessageView::of(message, reader).with_sender(&session.directory, Some(&ticket), session.client_detail());
    Ok(again.with(&view, None))
}
