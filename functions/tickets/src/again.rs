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
    let show = async |again| {
        let ticket = executor.shown_ticket(&again).await?;
        let (detail, version) = (session.client_detail(), ticket.version);
        let accounts = Accounts::of(&session.app.contacts, session.workspace(), [&ticket], detail).await?;
        Ok(again.with(&TicketView::of(ticket, &session.directory, &accounts, detail), Some(version)))
    };
    executor.respond(outcome, show).await
}

/// What comes of the creation of a ticket: shown with the message that opened it.
pub async fn created(
    session: &Session,
    executor: &Executor<'_>,
    outcome: Result<CommandOutcome, Problem>,
) -> Result<Response, Problem> {
    let show = async |again| {
        let ticket = executor.shown_ticket(&again).await?;
        let (detail, version) = (session.client_detail(), ticket.version);
        let accounts = Accounts::of(&session.app.contacts, session.workspace(), [&ticket], detail).await?;
        let opening = executor.shown_message(&again, &ticket).await?;
        let messages = opening.into_iter().map(|message| view_of(session, &ticket, message)).collect();
        let has_more = ticket.replies_count > 0;
        let view = TicketView::of(ticket, &session.directory, &accounts, detail).with_messages(messages, has_more);
        Ok(again.with(&view, Some(version)))
    };
    executor.respond(outcome, show).await
}
