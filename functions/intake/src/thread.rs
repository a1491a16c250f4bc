//! The visitor reads: their ticket, and what is new on it.

use crate::{
    ticket_token::{OwnTicket, TicketToken},
    view::{VisitorMessageView, VisitorTicketView},
    visitor_write::VisitorWrite,
};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    body::NoBody,
    execute::{Command, CommandOutcome, Written},
    idempotency::Answer,
    listing::ListRequest,
    normal_form::NormalForm,
    problem::Problem,
    query::QueryParameters,
    room::Room,
    state::App,
    visitor::PublicToken,
};
use lambdesk_domain::{
    command::{self, Context, Fields, Prior, Update},
    id::MessageId,
    message::Message,
    set::Set,
};
use lambdesk_store_tickets::ThreadCut;
use serde_json::json;

/// How many of the newest messages come with the ticket's view; notes are no part of them.
const NEWEST: u16 = 50;
/// How many entries a page of the thread looks at, at least: notes are left out.
const LOOKED_AT: u16 = 50;

/// `GET /intake/tickets/{public_token}`: the ticket with its newest public
/// messages, oldest of them first. One query and what long messages say; more only past notes.
pub async fn get(token: TicketToken, query: QueryParameters) -> Result<Response, Problem> {
    let PublicToken { workspace, ticket } = token.named;
    let App { tickets, directories, .. } = &token.request.app;
    let (found, directory) =
        tokio::try_join!(tickets.thread(workspace, ticket, NEWEST), directories.directory(workspace))?;
    let (ticket, thread) = found.ok_or_else(Problem::not_found)?;
    let own = token.admit(Some(ticket), directory)?;
    query.finish()?;
    let App { tickets, sealing, .. } = &own.request.app;
    let page = tickets.made_up(workspace, own.ticket.id, thread, ThreadCut::newest(NEWEST), Message::is_public).await?;
    let view = VisitorTicketView::of(&own.ticket, page.messages.iter().rev(), page.far.is_some(), sealing);
    Ok(Answer::ok(&view).into_response())
}

/// `GET /intake/tickets/{public_token}/messages`: the public messages, oldest
/// first; with `after=<message id>` those after it. One query when there is
/// little new, so that it can be asked again and again.
///
/// Ids are made where a message is written, so two that are written within the
/// same moment may become visible in the other order: a page that polls reads
/// the whole ticket now and then.
pub async fn list(token: TicketToken, mut request: ListRequest) -> Result<Response, Problem> {
    let PublicToken { workspace, ticket } = token.named;
    let App { tickets, directories, .. } = &token.request.app;
    let after = request.query.parsed("after", str::parse::<MessageId>);
    let listing =
        request.forward(workspace, "/intake/tickets/{public_token}/messages", &NormalForm::of(&json!(ticket)))?;
    // A cursor goes on where an earlier page of the same question ended.
    let after = listing.after()?.or(after);
    let looked_at = listing.limit.max(LOOKED_AT);
    let (found, directory) =
        tokio::try_join!(tickets.thread_after(workspace, ticket, after, looked_at), directories.directory(workspace))?;
    let (ticket, thread) = found.ok_or_else(Problem::not_found)?;
    let own = token.admit(Some(ticket), directory)?;
    let cut = ThreadCut::oldest(listing.limit);
    let page = own.request.app.tickets.made_up(workspace, own.ticket.id, thread, cut, Message::is_public).await?;
    let next = page.far.map(|id| id.to_string());
    let rows = page.messages.iter().filter_map(|message| Some((message.id, VisitorMessageView::of(message)?)));
    Ok(listing.respond_within(Room::VISITOR, rows, listing.info(next.as_deref(), None)))
}

/// `POST /intake/tickets/{public_token}/read`: the visitor has seen it.
pub async fn mark_read(own: OwnTicket, write: VisitorWrite, body: NoBody) -> Result<Response, Problem> {
    body.check()?;
    if own.ticket.is_read_by_customer {
        return Ok(Answer::no_content().into_response());
    }
    let visitor = own.ticket.id.to_string();
    let update = Update::Fields(Box::new(Fields::of([Set::ReadByCustomer(true)])));
    let executor = own.executor(write.bind(own.ticket.workspace_id, &visitor, &body.raw));
    let command = Command {
        ticket: own.ticket.id,
        decide: |context: &Context, prior: Prior<'_>| command::update(&update, context, prior),
        answer: |_: Written<'_>| Answer::no_content(),
        answer_needs_ticket: false,
    };
    let marked = executor.execute_on(&own.ticket, command).await.and_then(CommandOutcome::whole);
    marked.map_err(crate::reply::as_visitors_see_it)
}
