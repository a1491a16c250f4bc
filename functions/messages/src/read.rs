//! A ticket's thread, and one message of it.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{Caller, Session},
    cursor::{Direction, invalid_cursor},
    idempotency::Answer,
    listing::{ListRequest, Listing},
    normal_form::NormalForm,
    path::{Id, Ids},
    problem::Problem,
    query::QueryParameters,
    render::{MessageReader, MessageView},
};
use lambdesk_domain::{
    access::Scope,
    id::{MessageId, TicketId},
    message::{Message, MessageKind},
    status::Lifecycle,
    ticket::Ticket,
};
use lambdesk_store_tickets::{ThreadCut, ThreadPage};
use serde_json::json;

/// How many messages a page looks at when only some kinds are asked for.
const LOOKED_AT: u16 = 100;

/// `GET /v1/tickets/{ticket_id}/messages`: oldest first, or `order=desc`; of any
/// kind, or those of `kind=`. A query or two beside the ticket, so a page of some
/// kinds may be short; `next_cursor` says whether the list goes on.
pub async fn list(session: Session, Id(id): Id<TicketId>, mut request: ListRequest) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let selection = Selection::take(&mut request.query);
    let listing =
        request.listing(session.workspace(), "/v1/tickets/{ticket_id}/messages", &selection.normal_form(id))?;
    let (beyond, direction) = page_start(&listing)?;
    let is_forward = direction == Direction::Forward;
    let oldest_first = selection.is_oldest_first == is_forward;
    let looked_at = selection.looked_at(listing.limit);
    let (tickets, workspace) = (&session.app.tickets, session.workspace());
    let (ticket, found) = tokio::try_join!(
        tickets.ticket(workspace, id),
        tickets.messages(workspace, id, beyond, oldest_first, looked_at)
    )?;
    let ticket = visible(&session, ticket)?;
    let reader = MessageReader::from(&session.actor);
    let is_wanted = |message: &Message| reader.sees(message) && selection.wants(message);
    let mut page = if reader.is_insider() {
        ThreadPage::keeping(found, listing.limit, is_wanted)
    } else {
        // They see no notes, and no gaps where those are.
        tickets.made_up(workspace, id, found, ThreadCut { limit: listing.limit, oldest_first }, is_wanted).await?
    };
    if !is_forward {
        page.messages.reverse();
    }
    let (next, prev) = neighbours(&page, direction, beyond.is_some());
    let view = |message: Message| {
        let id = message.id;
        let view = MessageView::of(message, reader);
        (id, view.with_sender(&session.directory, Some(&ticket), session.client_detail()))
    };
    let data = page.messages.into_iter().map(view);
    Ok(listing.respond(data, listing.info(next.as_deref(), prev.as_deref())))
}

/// Beyond which message a page begins, and which way it goes.
fn page_start(listing: &Listing) -> Result<(Option<MessageId>, Direction), Problem> {
    let Some((position, direction)) = &listing.position else {
        return Ok((None, Direction::Forward));
    };
    let beyond = position.parse().map_err(|_| invalid_cursor())?;
    Ok((Some(beyond), *direction))
}

/// `GET /v1/tickets/{ticket_id}/messages/{message_id}`.
pub async fn get(
    caller: Caller,
    Ids((id, message)): Ids<(TicketId, MessageId)>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    let read = caller.verify_while(async |app, workspace| {
        tokio::try_join!(app.tickets.ticket(workspace, id), app.tickets.message(workspace, id, message))
    });
    let (session, (ticket, message)) = Box::pin(read).await?;
    session.require(Scope::TicketsRead)?;
    let ticket = visible(&session, ticket)?;
    let reader = MessageReader::from(&session.actor);
    let message = message.filter(|message| reader.sees(message)).ok_or_else(Problem::not_found)?;
    let view = MessageView::of(message, reader).with_sender(&session.directory, Some(&ticket), session.client_detail());
    Ok(Answer::ok(&view).into_response())
}

/// Out of reach and in the trash are as good as absent.
pub fn visible(session: &Session, ticket: Option<Ticket>) -> Result<Ticket, Problem> {
    let visibility = session.visibility();
    ticket
        .filter(|ticket| {
            let channel = ticket.channel.map(|channel| channel.id);
            visibility.covers(ticket.assignee, channel) && ticket.lifecycle != Lifecycle::Trashed
        })
        .ok_or_else(Problem::not_found)
}

/// Which messages a list shows, in which order.
struct Selection {
    /// In order and without repetition; empty: all.
    kinds: Vec<MessageKind>,
    is_oldest_first: bool,
}

impl Selection {
    fn take(query: &mut QueryParameters) -> Self {
        let mut kinds = query
            .parsed_values("kind", |word| MessageKind::parse(word).ok_or("expected inbound, outbound, note or system"));
        kinds.sort_unstable();
        kinds.dedup();
        let order = query.parsed("order", |word| match word {
            "asc" => Ok(true),
            "desc" => Ok(false),
            _ => Err("expected asc or desc"),
        });
        for name in ["page", "with_total"] {
            if !query.values(name).is_empty() {
                query.error(name, "unknown_parameter", "this list goes by cursor only");
            }
        }
        Self { kinds, is_oldest_first: order.unwrap_or(true) }
    }

    fn wants(&self, message: &Message) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&message.kind)
    }

    fn looked_at(&self, limit: u16) -> u16 {
        if self.kinds.is_empty() { limit } else { limit.max(LOOKED_AT) }
    }

    /// What a cursor is bound to.
    fn normal_form(&self, ticket: TicketId) -> NormalForm {
        let kinds: Vec<_> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        NormalForm::of(&json!({ "ticket": ticket, "kinds": kinds, "is_oldest_first": self.is_oldest_first }))
    }
}

/// Where the next and the previous page begin.
fn neighbours(page: &ThreadPage, direction: Direction, is_inside: bool) -> (Option<String>, Option<String>) {
    let far = page.far.map(|id| id.to_string());
    let near = page.near.filter(|_| is_inside).map(|id| id.to_string());
    match direction {
        Direction::Forward => (far, near),
        Direction::Backward => (near, far),
    }
}
