//! Answers that were too large to be remembered under an `Idempotency-Key`: made again of
//! the ticket as it is by now.

use crate::read::view_of;
use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    execute::{CommandOutcome, Executor},
    problem::Problem,
    render::{Accounts, TicketView},
};

/// What comes of a command that changes a ticket.
pub async fn changed(
    session: &Session,
    executor: &Executor<'_>,
    outcome: Result<CommandOutcome, Problem>,
) -> Result<Response, Problem> {
    respond(session, executor, outcome, false).await
}

/// What comes of the creation of a ticket: shown with the message that opened it.
pub async fn created(
    session: &Session,
    executor: &Executor<'_>,
    outcome: Result<CommandOutcome, Problem>,
) -> Result<Response, Problem> {
    respond(session, executor, outcome, true).await
}

async fn respond(
    session: &Session,
    executor: &Executor<'_>,
    outcome: Result<CommandOutcome, Problem>,
    with_opening: bool,
) -> Result<Response, Problem> {
    let show = async |again| {
        let ticket = executor.shown_ticket(&again).await?;
        let (detail, version, has_more) = (session.client_detail(), ticket.version, ticket.replies_count > 0);
        let accounts = Accounts::of(&session.app.contacts, session.workspace(), [&ticket], detail).await?;
        let view = |ticket| TicketView::of(ticket, &session.directory, &accounts, detail);
        if !with_opening {
            return Ok(again.with(&view(ticket), Some(version)));
        }
        let opening = executor.shown_message(&again, &ticket).await?;
        let messages = opening.into_iter().map(|message| view_of(session, &ticket, message)).collect();
        Ok(again.with(&view(ticket).with_messages(messages, has_more), Some(version)))
    };
    executor.respond(outcome, show).await
}
