//! One ticket with its thread.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{Caller, Session},
    idempotency::Answer,
    path::Id,
    problem::Problem,
    query::QueryParameters,
    render::{Accounts, MessageReader, MessageView, TicketView},
    room::Room,
};
use lambdesk_domain::{access::Scope, id::TicketId, message::Message, status::Lifecycle, ticket::Ticket};
use lambdesk_store_tickets::{MessagesRead, ThreadCut};

/// How many of the newest messages come with a ticket.
pub const EMBEDDED: u16 = 20;

/// `GET /v1/tickets/{ticket_id}`.
pub async fn get(caller: Caller, Id(id): Id<TicketId>, mut query: QueryParameters) -> Result<Response, Problem> {
    let include = included(&mut query);
    query.finish()?;
    let (session, found) =
        caller.verify_while(async |app, workspace| app.tickets.thread(workspace, id, EMBEDDED).await).await?;
    respond(&session, found, &include).await
}

/// The answer, when the ticket is there and visible.
pub async fn respond(
    session: &Session,
    found: Option<(Ticket, MessagesRead)>,
    include: &[ReadInclude],
) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let (ticket, thread) = found.ok_or_else(Problem::not_found)?;
    visible(session, &ticket, include.contains(&ReadInclude::Trashed))?;
    let accounts = Accounts::of(&session.app.contacts, session.workspace(), [&ticket], session.client_detail()).await?;
    let with_opening = include.contains(&ReadInclude::OpeningMessage);
    let opening = if with_opening { opening(session, &ticket, &thread.items).await? } else { None };
    let view_of = |message| view_of(session, &ticket, message);
    let opening = opening.map(view_of);
    let (newest, has_more) = shown(session, ticket.id, thread).await?;
    let mut messages = newest.into_iter().rev().map(view_of).collect();
    let version = ticket.version;
    // What opened the ticket is shown beside them, and fits whatever it says.
    let has_more = Room::ANSWER.leave_out_oldest(&mut messages, MessageView::length) || has_more;
    let view = TicketView::of(ticket, &session.directory, &accounts, session.client_detail());
    let mut view = view.with_messages(messages, has_more);
    if with_opening {
        view = view.with_opening(opening);
    }
    Ok(Answer::ok(&view).with_version(version).into_response())
}

/// What comes only when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadInclude {
    /// A ticket that is in the trash.
    Trashed,
    /// The message that opened it, however long its thread is: in long threads at the
    /// price of one more read.
    OpeningMessage,
}

/// `include=`, one word or several.
pub fn included(query: &mut QueryParameters) -> Vec<ReadInclude> {
    query.parsed_values("include", |word| match word {
        "trashed" => Ok(ReadInclude::Trashed),
        "opening_message" => Ok(ReadInclude::OpeningMessage),
        _ => Err("expected trashed or opening_message"),
    })
}

/// Out of reach and in the trash are as good as absent.
///
/// # Errors
/// 404.
pub fn visible(session: &Session, ticket: &Ticket, with_trashed: bool) -> Result<(), Problem> {
    let in_reach = session.visibility().covers(ticket.assignee, ticket.channel.map(|channel| channel.id));
    if in_reach && (with_trashed || ticket.lifecycle != Lifecycle::Trashed) {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

/// The message that opened the ticket: among the newest, or in a long thread read
/// by itself. None once it has been deleted.
async fn opening(session: &Session, ticket: &Ticket, newest: &[Message]) -> Result<Option<Message>, Problem> {
    let Some(id) = ticket.origin.opening else {
        return Ok(None);
    };
    match newest.iter().find(|message| message.id == id) {
        Some(message) => Ok(Some(message.clone())),
        None if newest.len() < usize::from(EMBEDDED) => Ok(None),
        None => Ok(session.app.tickets.message(session.workspace(), ticket.id, id).await?),
    }
}

/// The newest messages, newest first, and whether there are more. Notes are kept from
/// channel keys, which act for those outside: what they see is as many messages without.
async fn shown(session: &Session, ticket: TicketId, thread: MessagesRead) -> Result<(Vec<Message>, bool), Problem> {
    let reader = MessageReader::from(&session.actor);
    if reader.is_insider() {
        return Ok((thread.items, thread.has_more));
    }
    let (tickets, workspace) = (&session.app.tickets, session.workspace());
    let page = tickets.made_up(workspace, ticket, thread, ThreadCut::newest(EMBEDDED), |message| reader.sees(message));
    let page = page.await?;
    Ok((page.messages, page.far.is_some()))
}

/// A message as it is shown with its ticket.
pub fn view_of(session: &Session, ticket: &Ticket, message: Message) -> MessageView {
    MessageView::of(message, (&session.actor).into()).with_sender(
        &session.directory,
        Some(ticket),
        session.client_detail(),
    )
}
