//! Events: one item per version of a ticket or contact, written once. Read one by
//! one, or newest first in pages of one query (the activity log).

use crate::{Events, FeedPosition};
use lambdesk_domain::{
    events::{Event, EventSource, EventSubject, TicketEvent},
    id::{TicketId, Version, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, Item, Page, Query, TableError, Tenant, Write,
    item::{Reader, document, read_document, text},
    keys,
};
use uuid::Uuid;

impl Events {
    /// Writes an event unless it is there; says whether it was new. (When the answer
    /// to an earlier attempt was lost on the way, it says no although it was.)
    /// `position` is a `UUIDv7` made right before: the event's position in the feed.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn add_event(&self, event: &Event, position: Uuid, now: Timestamp) -> Result<bool, TableError> {
        let tenant = Tenant::new(event.workspace_id());
        let mut item = document(tenant.event(event.source()), event);
        let position = keys::short(position);
        // By the position's own time, so that readers look for it where it is.
        let day = keys::day(position.parse().map_or(now, |position: FeedPosition| position.time()));
        item.insert("x_pk".to_owned(), text(tenant.feed(day)));
        item.insert("x_sk".to_owned(), text(position));
        self.table.write(Write::create(item)).await
    }

    /// The event of one version of a ticket.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn event(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        version: Version,
    ) -> Result<Option<TicketEvent>, TableError> {
        let source = EventSource { subject: EventSubject::Ticket(ticket), version };
        let item = self.table.get(Tenant::new(workspace).event(source)).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// The event of one version of a ticket or contact.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn event_of(&self, workspace: WorkspaceId, source: EventSource) -> Result<Option<Event>, TableError> {
        let item = self.table.get(Tenant::new(workspace).event(source)).await?;
        Ok(item.as_ref().map(read_event).transpose()?)
    }

    /// A ticket's events, newest first, before a version.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn activities(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        before: Option<Version>,
        limit: u16,
    ) -> Result<Page<TicketEvent>, TableError> {
        self.event_items(workspace, EventSubject::Ticket(ticket), before, limit).await?.documents()
    }

    /// The events of a ticket or contact, newest first, before a version.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn events(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        before: Option<Version>,
        limit: u16,
    ) -> Result<Page<Event>, TableError> {
        let Page { items, has_more } = self.event_items(workspace, of, before, limit).await?;
        Ok(Page { items: items.iter().map(read_event).collect::<Result<_, _>>()?, has_more })
    }

    async fn event_items(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        before: Option<Version>,
        limit: u16,
    ) -> Result<Page<Item>, TableError> {
        let tenant = Tenant::new(workspace);
        let before = before.map(|version| keys::before(&tenant.event(EventSource { subject: of, version }).sk));
        let to = before.unwrap_or_else(|| keys::EVENTS.1.to_owned());
        let events = Query::of(tenant.events(of)).between(keys::EVENTS.0, to).ascending(false);
        self.table.page(events, limit).await
    }
}

/// Reads the item of an event.
pub(crate) fn read_event(item: &Item) -> Result<Event, Corrupt> {
    match keys::parse_events(Reader(item).text("pk")?) {
        Some((_, EventSubject::Ticket(_))) => Ok(Event::Ticket(read_document(item)?)),
        Some((_, EventSubject::Contact(_))) => Ok(Event::Contact(read_document(item)?)),
        None => Err(Corrupt("pk")),
    }
}
