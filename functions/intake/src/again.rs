//! Answers to visitors that were too large to be remembered under an `Idempotency-Key`:
//! made again of the ticket or message as it is by now.

use crate::view::{RepliedView, VisitorMessageView, opened};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    execute::{CommandError, CommandOutcome, Executor},
    idempotency::{Made, ReplayError},
    problem::Problem,
};
use lambdesk_domain::{id::TicketId, message::Message, status::Lifecycle, ticket::Ticket};

/// What comes of opening a ticket.
pub async fn created(
    executor: &Executor<'_>,
    outcome: Result<CommandOutcome, CommandError>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(outcome) => Ok(outcome.into_response()),
        Err(error) => {
            let again = error.made_again()?;
            let (ticket, message) = made(executor, again.made).await?;
            Ok(again.with(&opened(&ticket, message.as_ref(), false, &executor.app.sealing), None))
        }
    }
}

/// What comes of a reply to a ticket: a message of it, or one of the ticket that continues it,
/// perhaps the first.
pub async fn replied(
    executor: &Executor<'_>,
    own: TicketId,
    outcome: Result<CommandOutcome, CommandError>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(outcome) => Ok(outcome.into_response()),
        Err(error) => {
            let again = error.made_again()?;
            let (ticket, message) = made(executor, again.made).await?;
            let has_more = matches!(again.made, Made::Message(..));
            let continued =
                (ticket.id != own).then(|| opened(&ticket, message.as_ref(), has_more, &executor.app.sealing));
            let message = message.as_ref().and_then(VisitorMessageView::sent_back);
            Ok(again.with(&RepliedView { message, continued }, None))
        }
    }
}

/// A ticket with a message of it: the one that was made, or the one that opened it.
async fn made(executor: &Executor<'_>, made: Made) -> Result<(Ticket, Option<Message>), Problem> {
    let (tickets, workspace) = (&executor.app.tickets, executor.workspace);
    let (id, message) = match made {
        Made::Ticket(id) => (id, None),
        Made::Message(id, message) => (id, Some(message)),
        Made::Contact(_) | Made::Account(_) => return Err(Problem::internal()),
    };
    let ticket = tickets.ticket(workspace, id).await?;
    let ticket = ticket.filter(|ticket| ticket.lifecycle != Lifecycle::Trashed).ok_or(ReplayError::Gone)?;
    let message = match message.or(ticket.origin.opening) {
        Some(message) => tickets.message(workspace, id, message).await?,
        None => None,
    };
    Ok((ticket, message))
}
