//! Events: written once each, read by ticket (the activity log) and by time (the feed).

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    item::{document, read_document, text},
    keys::{self, Index, Key, Tenant},
    tickets::Page,
};
use lambdesk_domain::{
    events::Event,
    id::{TicketId, Version, WorkspaceId},
    time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

/// The feed tells of events only after so long, so that none can appear before
/// one that was already read: concurrent writers have all written by then.
const SETTLED: Duration = Duration::from_secs(3);
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

/// A position in the feed could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position of the feed")]
pub struct InvalidPosition;

impl Store {
    /// Writes an event unless it is there; says whether it was new. `position` is
    /// a fresh `UUIDv7`: the event's place in the feed.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn add_event(&self, event: &Event, position: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = Tenant::new(event.workspace_id);
        let mut item = document(tenant.event(event.ticket_id, event.sequence), event);
        item.insert("x_pk".to_owned(), text(tenant.feed(keys::day(now))));
        item.insert("x_sk".to_owned(), text(keys::short(position)));
        self.put(item, Some("attribute_not_exists(pk)")).await
    }

    /// The event of one version.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn event(&self, workspace: WorkspaceId, ticket: TicketId, version: Version) -> Result<Option<Event>, StoreError> {
        let item = self.get(Tenant::new(workspace).event(ticket, version), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
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
    ) -> Result<Page<Event>, StoreError> {
        let tenant = Tenant::new(workspace);
        let to = before.map_or_else(|| keys::EVENTS.1.to_owned(), |version| keys::before(&tenant.event(ticket, version).sk));
        self.between(&tenant.ticket(ticket).pk, (keys::EVENTS.0, &to), false, limit).await?.documents()
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
        let start = match after.map(position_time) {
            None => since,
            Some(Some(time)) => time,
            Some(None) => return Ok(Err(InvalidPosition)),
        };
        let horizon = keys::short(uuid::Builder::from_unix_timestamp_millis(now.minus(SETTLED).millis(), &[0; 10]).into_uuid());
        let mut from = after.map_or_else(|| "-".to_owned(), |position| format!("{position}!"));
        let mut found = Vec::new();
        let last = keys::day(now).min(keys::day(start).saturating_add(DAYS_PER_PAGE));
        for day in keys::day(start)..=last {
            let wanted = usize::from(limit) + 1 - found.len();
            found.extend(self.feed_keys(workspace, day, &from, &horizon, wanted).await?);
            if found.len() > usize::from(limit) {
                break;
            }
            "-".clone_into(&mut from);
        }
        let has_more = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        let next = found.last().map(|(position, _)| position.clone()).or_else(|| after.map(str::to_owned)).unwrap_or_default();
        Ok(Ok(FeedPage { events: self.events_at(found).await?, next, has_more }))
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
        let part = |item: &crate::item::Item, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let keys = items.iter().filter_map(|item| {
            Some((part(item, "x_sk")?, Key { pk: part(item, "pk")?, sk: part(item, "sk")? }))
        });
        Ok(keys.collect())
    }

    async fn events_at(&self, positions: Vec<(String, Key)>) -> Result<Vec<(String, Event)>, StoreError> {
        let items = self.batch_get(positions.iter().map(|(_, key)| key.clone()).collect()).await?;
        let mut events = Vec::with_capacity(positions.len());
        for item in &items {
            let position = item.get("x_sk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            events.push((position, read_document(item)?));
        }
        events.sort_by(|(a, _): &(String, Event), (b, _)| a.cmp(b));
        Ok(events)
    }
}

fn position_time(position: &str) -> Option<Timestamp> {
    let (seconds, nanos) = keys::long(position)?.get_timestamp()?.to_unix();
    Some(Timestamp::from_millis(seconds.checked_mul(1000)?.checked_add(u64::from(nanos) / 1_000_000)?))
}
