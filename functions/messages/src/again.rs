//! Answers that were too large to be remembered under an `Idempotency-Key`: made again of
//! the message as it is by now.

use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    execute::{CommandOutcome, Executor},
    idempotency::ReplayError,
    problem::Problem,
    render::{MessageReader, MessageView},
};

/// What comes of writing a message.
pub async fn written(
    session: &Session,
    executor: &Executor<'_>,
    outcome: Result<CommandOutcome, Problem>,
) -> Result<Response, Problem> {
    let show = async |again| {
        let ticket = executor.shown_ticket(&again).await?;
        let reader = MessageReader::from(&session.actor);
        let message = executor.shown_message(&again, &ticket).await?.filter(|message| reader.sees(message));
        let view = MessageView::of(message.ok_or(ReplayError::Gone)?, reader).with_sender(
            &session.directory,
            Some(&ticket),
            session.client_detail(),
        );
        Ok(again.with(&view, None))
    };
    executor.respond(outcome, show).await
}
