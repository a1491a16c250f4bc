//! Answers that were too large to be remembered under an `Idempotency-Key`: made again of
//! the ticket as it is by now.

use crate::read::view_of;
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    execute::{CommandError, CommandOutcome},
    idempotency::{Made, MadeAgain, ReplayError},
    problem::Problem,
    render::{Accounts, TicketView},
};
use lambdesk_domain::ticket::Ticket;

/// What comes of a command that changes a ticket.
pub async fn changed(session: &Session, outcome: Result<CommandOutcome, CommandError>) -> Result<Response, Problem> {
    match outcome {
        Ok(outcome) => Ok(outcome.into_response()),
        Err(error) => {
            let again = error.made_again()?;
            let ticket = ticket(session, &again).await?;
            let accounts =
                Accounts::of(&session.app.contacts, session.workspace(), [&ticket], session.client_detail()).await?;
            let version = ticket.version;
            Ok(again
                .with(&TicketView::of(ticket, &session.directory, &accounts, session.client_detail()), Some(version)))
        }
    }
}

/// What comes of the creation of a ticket: shown with the message that opened it.
pub async fn created(session: &Session, outcome: Result<CommandOutcome, CommandError>) -> Result<Response, Problem> {
    match outcome {
        Ok(outcome) => Ok(outcome.into_response()),
        Err(error) => {
            let again = error.made_again()?;
            let ticket = ticket(session, &again).await?;
            let (app, workspace) = (&session.app, session.workspace());
            let accounts = Accounts::of(&app.contacts, workspace, [&ticket], session.client_detail()).await?;
            let opening = match ticket.origin.opening {
                Some(id) => app.tickets.message(workspace, ticket.id, id).await?,
                None => None,
            };
            let messages = opening.into_iter().map(|message| view_of(session, &ticket, message)).collect();
            let (version, has_more) = (ticket.version, ticket.replies_count > 0);
            let view = TicketView::of(ticket, &session.directory, &accounts, session.client_detail())
                .with_messages(messages, has_more);
            Ok(again.with(&view, Some(version)))
        }
    }
}

async fn ticket(session: &Session, again: &MadeAgain) -> Result<Ticket, Problem> {
    let Made::Ticket(id) = again.made else {
        return Err(Problem::internal());
    };
    let found = session.app.tickets.ticket(session.workspace(), id).await?;
    let sees = |ticket: &Ticket| session.visibility().covers(ticket.assignee, ticket.channel.map(|channel| channel.id));
    Ok(found.filter(sees).ok_or(ReplayError::Gone)?)
}
