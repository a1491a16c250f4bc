//! Events: written once each, read by ticket (the activity log) or contact, and by
//! time (the feed).

use crate::{
    client::{CAPACITY, Store, failure},
    error::{Corrupt, StoreError},
    feed::FeedPosition,
    item::{Item, Reader, document, read_document, text},
    keys::{self, Index, Key, Tenant},
    tickets::Page,
};
use lambdesk_domain::{
    events::{Event, EventSource, Subject, TicketEvent},
    id::{TicketId, Version, WorkspaceId},
    time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

/// The feed tells of events only after so long, so that none can appear before
/// one that was already read: longer than a write takes with all its attempts
/// (6 s), and two more for clocks that differ.
pub(crate) const SETTLED: Duration = Duration::from_secs(8);
/// A reader that is told of nothing is moved on to so long ago, so that it does not
/// look through idle days again and again, but a writer who was held up is noticed.
const IDLE: Duration = Duration::from_mins(1);
/// Before every position.
const FIRST: &str = "-";
/// Days that one page of the feed looks through at most.
const DAYS_PER_PAGE: u64 = 31;

/// A page of the feed: events with their positions, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// Position and event, oldest first.
    pub events: Vec<(String, Event)>,
    /// Everything up to here has been told.
    pub next: String,
    /// There is more already.
    pub has_more: bool,
}

/// A position in the feed or in a list could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position")]
pub struct InvalidPosition;

impl Store {
    /// Writes an event unless it is there; says whether it was new. (When the
    /// answer to an earlier try was lost on the way, it says no although it is.)
    /// `position` is a `UUIDv7` made right before: the event's place in the feed.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn add_event(&self, event: &Event, position: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = Tenant::new(event.workspace_id());
        let mut item = document(tenant.event(event.source()), event);
        let position = keys::short(position);
        // By the position's own time, so that readers look for it where it is.
        let day = keys::day(position.parse().map_or(now, |position: FeedPosition| position.time()));
        item.insert("x_pk".to_owned(), text(tenant.feed(day)));
        item.insert("x_sk".to_owned(), text(position));
        self.put(item, Some("attribute_not_exists(pk)")).await
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
    ) -> Result<Option<TicketEvent>, StoreError> {
        let source = EventSource { subject: Subject::Ticket(ticket), version };
        let item = self.get(Tenant::new(workspace).event(source), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// The event of one version of a ticket or contact.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn event_of(&self, workspace: WorkspaceId, source: EventSource) -> Result<Option<Event>, StoreError> {
        let item = self.get(Tenant::new(workspace).event(source), true).await?;
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
    ) -> Result<Page<TicketEvent>, StoreError> {
        self.event_items(workspace, Subject::Ticket(ticket), before, limit).await?.documents()
    }

    /// The events of a ticket or contact, newest first, before a version.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn events(
        &self,
        workspace: WorkspaceId,
        of: Subject,
        before: Option<Version>,
        limit: u16,
    ) -> Result<Page<Event>, StoreError> {
        let Page { items, has_more } = self.event_items(workspace, of, before, limit).await?;
        Ok(Page { items: items.iter().map(read_event).collect::<Result<_, _>>()?, has_more })
    }

    async fn event_items(
        &self,
        workspace: WorkspaceId,
        of: Subject,
        before: Option<Version>,
        limit: u16,
    ) -> Result<Page<Item>, StoreError> {
        let tenant = Tenant::new(workspace);
        let before = before.map(|version| keys::before(&tenant.event(EventSource { subject: of, version }).sk));
        let to = before.unwrap_or_else(|| keys::EVENTS.1.to_owned());
        self.between(&tenant.events(of), (keys::EVENTS.0, &to), false, limit).await
    }

    /// The workspace's events after a position, oldest first.
    ///
    /// # Errors
    /// When the table fails; the inner error for a position that is none.
    pub async fn feed(
        &self,
        workspace: WorkspaceId,
        after: Option<&str>,
        since: Timestamp,
        now: Timestamp,
        limit: u16,
    ) -> Result<Result<FeedPage, InvalidPosition>, StoreError> {
        let floor = match after.map_or_else(|| Ok(FeedPosition::at(since)), str::parse) {
            Ok(position) => position,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let horizon = FeedPosition::at(now.minus(SETTLED));
        let (today, first) = (keys::day(now), keys::day(floor.time()));
        let last = today.min(first.saturating_add(DAYS_PER_PAGE));
        let mut found = Vec::new();
        for day in first..=last {
            let from = if day == first { keys::after(floor.as_str()) } else { FIRST.to_owned() };
            let wanted = usize::from(limit) + 1 - found.len();
            found.extend(self.feed_keys(workspace, day, &from, horizon.as_str(), wanted).await?);
            if found.len() > usize::from(limit) {
                break;
            }
        }
        let is_full = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        let seen = match (is_full, last < today) {
            (true, _) => floor.clone(),
            (false, true) => FeedPosition::at(keys::day_start(last + 1)).min(horizon),
            (false, false) => FeedPosition::at(now.minus(IDLE)),
        };
        let told = found.last().map(|(position, _)| position.clone()).unwrap_or_default();
        let next = floor.max(seen).to_string().max(told);
        let page = FeedPage { events: self.events_at(found).await?, next, has_more: is_full || last < today };
        Ok(Ok(page))
    }

    async fn feed_keys(
        &self,
        workspace: WorkspaceId,
        day: u64,
        from: &str,
        to: &str,
        limit: usize,
    ) -> Result<Vec<(String, Key)>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::Lookup.name());
        let request = request
            .key_condition_expression("x_pk = :pk AND x_sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(Tenant::new(workspace).feed(day)))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to.max(from)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let items = output.items.unwrap_or_default();
        let part = |item: &Item, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let keys = items
            .iter()
            .filter_map(|item| Some((part(item, "x_sk")?, Key { pk: part(item, "pk")?, sk: part(item, "sk")? })));
        Ok(keys.collect())
    }

    async fn events_at(&self, positions: Vec<(String, Key)>) -> Result<Vec<(String, Event)>, StoreError> {
        let items = self.batch_get(positions.iter().map(|(_, key)| key.clone()).collect()).await?;
        let mut events = Vec::with_capacity(positions.len());
        for item in &items {
            let position = item.get("x_sk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            events.push((position, read_event(item)?));
        }
        events.sort_by(|(a, _): &(String, Event), (b, _)| a.cmp(b));
        Ok(events)
    }
}

fn read_event(item: &Item) -> Result<Event, Corrupt> {
    match keys::parse_events(Reader(item).text("pk")?) {
        Some((_, Subject::Ticket(_))) => Ok(Event::Ticket(read_document(item)?)),
        Some((_, Subject::Contact(_))) => Ok(Event::Contact(read_document(item)?)),
        None => Err(Corrupt("pk")),
    }
}
