//! One ticket with its thread, and its activity log.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{Caller, Session},
    idempotency::Answer,
    listing::ListRequest,
    path::Id,
    problem::Problem,
    query::Query,
    render::{MessageView, TicketView},
};
use lambdesk_domain::{
    access::Scope,
    id::{TicketId, Version},
    message::Message,
    status::Shelf,
    ticket::Ticket,
};

/// How many of the newest messages come with a ticket.
const EMBEDDED: u16 = 20;

/// `GET /v1/tickets/{ticket_id}`.
pub async fn get(caller: Caller, Id(id): Id<TicketId>, mut query: Query) -> Result<Response, Problem> {
    let with_trashed = query.values("include").iter().any(|include| include == "trashed");
    query.finish()?;
    let (session, found) =
        caller.verify_while(async |store, workspace| store.thread(workspace, id, EMBEDDED).await).await?;
    session.require(Scope::TicketsRead)?;
    let (ticket, thread) = found.ok_or_else(Problem::not_found)?;
    visible(&session, &ticket, with_trashed)?;
    let messages = shown(&session, &thread.items);
    let view = TicketView::of(&ticket, &session.directory).with_messages(messages, thread.has_more);
    Ok(Answer::ok(&view).with_version(ticket.version).into_response())
}

fn visible(session: &Session, ticket: &Ticket, with_trashed: bool) -> Result<(), Problem> {
    let in_reach = session.reach().covers(ticket.assignee, ticket.channel.map(|channel| channel.id));
    if in_reach && (with_trashed || ticket.shelf != Shelf::Trashed) { Ok(()) } else { Err(Problem::not_found()) }
}

fn shown(session: &Session, newest_first: &[Message]) -> Vec<MessageView> {
    let reader = (&session.actor).into();
    newest_first.iter().rev().map(|message| MessageView::of(message, reader)).collect()
}

/// `GET /v1/tickets/{ticket_id}/activities`: newest first.
pub async fn activities(session: Session, Id(id): Id<TicketId>, request: ListRequest) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let workspace = session.workspace();
    let listing = request.forward(workspace, "/v1/tickets/{ticket_id}/activities", id.to_string())?;
    let before = listing.after()?.map(Version);
    let (ticket, found) = tokio::try_join!(
        session.store.ticket(workspace, id),
        session.store.activities(workspace, id, before, listing.limit)
    )?;
    visible(&session, &ticket.ok_or_else(Problem::not_found)?, true)?;
    let next = found.items.last().filter(|_| found.has_more).map(|event| event.sequence.to_string());
    let info = listing.info(next.as_deref(), None);
    Ok(listing.respond(found.items, info))
}
