//! Answers to visitors that were too large to be remembered under an `Idempotency-Key`:
//! made again of the ticket or message as it is by now.

use crate::view::{RepliedView, opened};
use axum::response::Response;
use lambdesk_api::{
    execute::{CommandOutcome, Executor},
    problem::Problem,
};
use lambdesk_domain::{id::TicketId, message::Message, ticket::Ticket};

/// What comes of opening a ticket.
pub async fn created(executor: &Executor<'_>, outcome: Result<CommandOutcome, Problem>) -> Result<Response, Problem> {
    let show = async |again| {
        let ticket = executor.shown_ticket(&again).await?;
        let message = executor.shown_message(&again, &ticket).await?;
        let has_more = has_more(&ticket, message.as_ref());
        Ok(again.with(&opened(&ticket, message.as_ref(), has_more, &executor.app.sealing), None))
    };
    executor.respond(outcome, show).await
}

/// What comes of a reply to a ticket: a message of it, or one of the ticket that continues it,
/// perhaps the first.
pub async fn replied(
    executor: &Executor<'_>,
    own: TicketId,
    outcome: Result<CommandOutcome, Problem>,
) -> Result<Response, Problem> {
    let show = async |again| {
        let ticket = executor.shown_ticket(&again).await?;
        let message = executor.shown_message(&again, &ticket).await?;
        let has_more = has_more(&ticket, message.as_ref());
        let continued = (ticket.id != own).then_some((&ticket, has_more));
        Ok(again.with(&RepliedView::of(message.as_ref(), continued, &executor.app.sealing), None))
    };
    executor.respond(outcome, show).await
}

/// Whether a ticket has more messages than this one of it: all but the first are replies.
fn has_more(ticket: &Ticket, shown: Option<&Message>) -> bool {
    ticket.replies_count > 0 || shown.is_some_and(|message| Some(message.id) != ticket.origin.opening)
}
