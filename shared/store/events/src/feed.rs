//! The feed: a workspace's events by time, oldest first. A page of it costs one query
//! of keys per day that it looks through, at most 31, and one batch of reads.

use crate::{Events, FeedPosition, InvalidPosition, events::read_event};
use lambdesk_domain::{events::Event, id::WorkspaceId, time::Timestamp};
use lambdesk_table::{Index, Item, Key, Query, TableError, Tenant, keys};
use std::time::Duration;

/// The feed emits events only after so long, so that none can appear before one that
/// was already read: longer than a write takes with all its attempts (6.4 s), and more
/// for clocks that differ.
pub const SETTLED: Duration = Duration::from_secs(8);
/// A reader for whom there is nothing is moved on to so long ago, so that it does not
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
    /// Everything up to here has been emitted.
    pub next: String,
    /// There is more already.
    pub has_more: bool,
}

impl Events {
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
    ) -> Result<Result<FeedPage, InvalidPosition>, TableError> {
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
        let emitted = found.last().map(|(position, _)| position.clone()).unwrap_or_default();
        let next = floor.max(seen).to_string().max(emitted);
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
    ) -> Result<Vec<(String, Key)>, TableError> {
        let keys = Query::in_index(Index::Lookup, Tenant::new(workspace).feed(day)).between(from, to.max(from));
        let items = self.table.query(keys.limit(limit)).await?.items;
        let part = |item: &Item, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let keys = items
            .iter()
            .filter_map(|item| Some((part(item, "x_sk")?, Key { pk: part(item, "pk")?, sk: part(item, "sk")? })));
        Ok(keys.collect())
    }

    async fn events_at(&self, positions: Vec<(String, Key)>) -> Result<Vec<(String, Event)>, TableError> {
        let items = self.table.batch_get(positions.iter().map(|(_, key)| key.clone()).collect()).await?;
        let mut events = Vec::with_capacity(positions.len());
        for item in &items {
            let position = item.get("x_sk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            events.push((position, read_event(item)?));
        }
        events.sort_by(|(a, _): &(String, Event), (b, _)| a.cmp(b));
        Ok(events)
    }
}
