//! Events: one item per version of a ticket or contact, written once. Read one by
//! one, or newest first in pages of one query (the activity log).

use crate::{Events, FeedPosition};
use lambdesk_domain::{
    events::{Event, EventSource, EventSubject, TicketEvent},
    id::{TicketId, Version, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, Item, Key, Page, Query, TableError, Tenant, Write,
    item::{Reader, document, keyed, read_document, text},
    keys,
};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// So long after its position was made a place must be there: less than readers wait
/// (`SETTLED`), by more than clocks differ.
const PLACED_WITHIN: Duration = Duration::from_secs(5);
/// So long after its place was taken an event is still written: less than readers wait for it
/// (`AWAITED`), by more than clocks differ and a write with all its attempts takes.
const WRITTEN_WITHIN: Duration = Duration::from_secs(45);
/// The attribute of an event that names its place in the feed.
pub(crate) const PLACE: &str = "fp";

/// A place in the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an event takes it"]
pub struct FeedPlace {
    key: Key,
    /// When it began to be taken. By the system's time, which goes on while a process is frozen.
    begun: SystemTime,
}

impl FeedPlace {
    /// It was begun within so much time; not when that is unknown, because the clock was set
    /// back.
    fn is_within(&self, time: Duration) -> bool {
        self.begun.elapsed().is_ok_and(|age| age <= time)
    }
}

impl Events {
    /// Takes a place in the feed for an event that is written right after.
    /// `position` is a `UUIDv7` made right before. A place that no event takes is none.
    ///
    /// # Errors
    /// When the table fails, or has taken so long that readers may be past the place: then
    /// another one is to be taken.
    pub async fn reserve(&self, event: &Event, position: Uuid, now: Timestamp) -> Result<FeedPlace, TableError> {
        let begun = SystemTime::now();
        let tenant = Tenant::new(event.workspace_id());
        let position = keys::short(position);
        // By the position's own time, so that readers look for it where it is.
        let day = keys::day(position.parse().map_or(now, |position: FeedPosition| position.time()));
        let key = Key { pk: tenant.feed(day), sk: position };
        let Key { pk, sk } = tenant.event(event.source());
        let mut row = keyed(key.clone());
        row.extend([("ep".to_owned(), text(pk)), ("es".to_owned(), text(sk))]);
        self.table.write(Write::put(row)).await?;
        let place = FeedPlace { key, begun };
        if place.is_within(PLACED_WITHIN) { Ok(place) } else { Err(TableError::Unavailable("late")) }
    }

    /// Writes an event into the place that was taken for it, unless it is there; says whether
    /// it was new. (When the answer to an earlier attempt was lost on the way, it says no
    /// although it was.)
    ///
    /// # Errors
    /// When the table fails, or the place was taken so long ago that readers may be past it, as
    /// after a process stood still: then another one is to be taken.
    pub async fn add_event(&self, event: &Event, place: FeedPlace) -> Result<bool, TableError> {
        if !place.is_within(WRITTEN_WITHIN) {
            return Err(TableError::Unavailable("late"));
        }
        let place = place.key;
        let key = Tenant::new(event.workspace_id()).event(event.source());
        let mut item = document(key.clone(), event);
        item.insert(PLACE.to_owned(), text(&*place.sk));
        let is_new = self.table.write(Write::create(item)).await?;
        if !is_new {
            let there = self.table.get(key).await?;
            let is_taken = there.is_some_and(|item| item.get(PLACE) == Some(&text(&*place.sk)));
            if !is_taken {
                self.table.write(Write::delete(place)).await?;
            }
        }
        Ok(is_new)
    }

    /// Both: what tests tell of.
    ///
    /// # Errors
    /// When the table fails.
    #[cfg(feature = "testing")]
    pub async fn tell(&self, event: &Event, position: Uuid, now: Timestamp) -> Result<bool, TableError> {
        let place = self.reserve(event, position, now).await?;
        self.add_event(event, place).await
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

    pub(crate) async fn event_items(
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

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{events::between, testing};
    use lambdesk_testkit::{TestTable, sample};

    #[tokio::test]
    async fn an_event_is_not_written_into_a_place_that_readers_may_be_past() {
        let table = TestTable::new().await;
        let events = Events::new(&table.table);
        let event = between(None, &sample(&testing::ticket())).into();
        let now = Timestamp::EPOCH;
        let reserve = async |number| {
            let place = events.reserve(&event, Uuid::from_u128(number), now).await.expect("it is taken");
            move |seconds| FeedPlace { begun: SystemTime::now() - Duration::from_secs(seconds), ..place }
        };
        // The process stood still for a while.
        let outcome = events.add_event(&event, reserve(1).await(50)).await;
        assert!(matches!(outcome, Err(TableError::Unavailable("late"))), "{outcome:?}");
        assert_eq!(events.event_of(event.workspace_id(), event.source()).await.expect("it is read"), None);
        assert!(events.add_event(&event, reserve(2).await(30)).await.expect("it is written"));
    }
}
