//! `GET /v1/tickets/{ticket_id}/activities`: the ticket's events, newest first.

use crate::read::visible;
use axum::{extract::State, response::Response};
use lambdesk_api::{
    auth::Session, listing::ListRequest, normal_form::NormalForm, path::Id, problem::Problem, render::MessageReader,
};
use lambdesk_domain::{
    access::Scope,
    events::TicketEvent,
    id::{TicketId, Version, WorkspaceId},
};
use lambdesk_store_events::Events;
use lambdesk_table::{Page, TableError};
use serde_json::json;

/// How many answers of the table a page looks at, where events are left out.
const ROUNDS: u8 = 4;

/// Newest first. Channel keys, which act for those outside, are told nothing of notes.
pub async fn list(
    session: Session,
    State(events): State<Events>,
    Id(id): Id<TicketId>,
    request: ListRequest,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let workspace = session.workspace();
    let listing = request.forward(workspace, "/v1/tickets/{ticket_id}/activities", &NormalForm::of(&json!(id)))?;
    let before = listing.after()?.map(Version);
    let (ticket, found) = tokio::try_join!(
        session.app.tickets.ticket(workspace, id),
        events.activities(workspace, id, before, listing.limit)
    )?;
    visible(&session, &ticket.ok_or_else(Problem::not_found)?, true)?;
    let log = Log { events: &events, workspace, id, limit: listing.limit };
    let (told, next) = log.told(found, MessageReader::from(&session.actor).is_insider()).await?;
    let next = next.map(|next| next.to_string());
    let told = told.into_iter().map(|event| (event.sequence, event));
    Ok(listing.respond(told, listing.info(next.as_deref(), None)))
}

/// The log of one ticket, in pages of so many events.
struct Log<'a> {
    events: &'a Events,
    workspace: WorkspaceId,
    id: TicketId,
    limit: u16,
}

impl Log<'_> {
    /// What the caller is told of a page, made up with what comes after it; and the version
    /// before which it goes on.
    async fn told(
        &self,
        mut page: Page<TicketEvent>,
        is_insider: bool,
    ) -> Result<(Vec<TicketEvent>, Option<Version>), TableError> {
        let most = usize::from(self.limit);
        let mut told = Vec::new();
        let mut rounds = 1;
        loop {
            let mut events = page.items.into_iter();
            let mut last = None;
            for event in events.by_ref() {
                last = Some(event.sequence);
                told.extend(if is_insider { Some(event) } else { event.without_note() });
                if told.len() >= most {
                    break;
                }
            }
            let next = last.filter(|_| page.has_more || events.next().is_some());
            if next.is_none() || told.len() >= most || rounds >= ROUNDS {
                return Ok((told, next));
            }
            page = self.events.activities(self.workspace, self.id, next, self.limit).await?;
            rounds += 1;
        }
    }
}
