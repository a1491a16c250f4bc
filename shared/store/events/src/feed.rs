//! The feed: a workspace's events by time, oldest first. A page of it costs two queries
//! side by side per day that it looks through, at most 31, and one batch of reads.
//!
//! Places in the feed are items of the table, read as they are: no index that lags decides
//! what comes before what. Events of earlier versions have their places in an index alone.

use crate::{
    Events, FeedPosition, InvalidPosition,
    events::{PLACE, read_event},
};
use futures_util::future::try_join;
use lambdesk_domain::{events::Event, id::WorkspaceId, time::Timestamp};
use lambdesk_table::{Index, Item, Key, Query, TableError, Tenant, keys};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The feed emits events only after so long, so that none can appear before one that
/// was already read: longer than it takes to take a place in it (`reserve`), and more for
/// clocks that differ.
pub const SETTLED: Duration = Duration::from_secs(8);
/// So long the feed waits for the event of a place that was taken: longer than the fan-out
/// works on one version. After that it has failed, and comes again in another place.
pub(crate) const AWAITED: Duration = Duration::from_mins(1);
/// A reader for whom there is nothing is moved on to so long ago, so that it does not
/// look through idle days again and again. Never past an event that may still come.
pub const IDLE: Duration = AWAITED;
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
    /// The page ends before a place whose event is still to come; when that place was taken.
    /// Everything before it has been told.
    pub awaited: Option<Timestamp>,
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
        let looked_at = found.last().map(|(position, _)| position.clone()).unwrap_or_default();
        let (events, awaited) = self.events_at(found, now).await?;
        let page = match awaited {
            None => FeedPage {
                events,
                next: floor.max(seen).to_string().max(looked_at),
                has_more: is_full || last < today,
                awaited: None,
            },
            // Nothing after it is told before it.
            Some(awaited) => {
                let next = events.last().map(|(position, _)| position.clone()).unwrap_or_default();
                debug_assert!(next < awaited, "what was told comes before what is awaited");
                let taken_at = Some(taken_at(&awaited));
                FeedPage { events, next: floor.to_string().max(next), has_more: false, awaited: taken_at }
            }
        };
        Ok(Ok(page))
    }

    /// The places of a day: those of the table, and those that earlier versions have left in
    /// the index.
    async fn feed_keys(
        &self,
        workspace: WorkspaceId,
        day: u64,
        from: &str,
        to: &str,
        limit: usize,
    ) -> Result<Vec<(String, Key)>, TableError> {
        let (partition, to) = (Tenant::new(workspace).feed(day), to.max(from));
        let places = self.table.query(Query::of(&partition).between(from, to).limit(limit));
        let indexed =
            self.table.query(Query::in_index(Index::Lookup, partition.clone()).between(from, to).limit(limit));
        let (places, indexed) = try_join(places, indexed).await?;
        let part = |item: &Item, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let read = |item: &Item, [position, pk, sk]: [&str; 3]| {
            Some((part(item, position)?, Key { pk: part(item, pk)?, sk: part(item, sk)? }))
        };
        // Either may have ended early: what is beyond the end of one is for the next page.
        let ends = [(&places, "sk"), (&indexed, "x_sk")]
            .map(|(slice, position)| slice.last.as_ref().and_then(|_| part(slice.items.last()?, position)));
        let end = ends.into_iter().flatten().min();
        let places = places.items.iter().filter_map(|item| read(item, ["sk", "ep", "es"]));
        let indexed = indexed.items.iter().filter_map(|item| read(item, ["x_sk", "pk", "sk"]));
        let mut all: Vec<_> = places.chain(indexed).collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all.retain(|(position, _)| end.as_ref().is_none_or(|end| position <= end));
        Ok(all)
    }

    /// The events in these places, and the first place whose event is still to come.
    async fn events_at(
        &self,
        places: Vec<(String, Key)>,
        now: Timestamp,
    ) -> Result<(Vec<(String, Event)>, Option<String>), TableError> {
        // Several places may have been taken for one event, which is in one of them.
        let keys: BTreeSet<_> = places.iter().map(|(_, Key { pk, sk })| (pk.clone(), sk.clone())).collect();
        let keys = keys.into_iter().map(|(pk, sk)| Key { pk, sk }).collect();
        let items = self.table.batch_get(keys).await?;
        let text = |item: &Item, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let by_key: BTreeMap<_, _> =
            items.iter().filter_map(|item| Some(((text(item, "pk")?, text(item, "sk")?), item))).collect();
        let mut events = Vec::with_capacity(places.len());
        for (position, Key { pk, sk }) in places {
            let Some(item) = by_key.get(&(pk, sk)) else {
                if taken_at(&position).plus(AWAITED) > now {
                    return Ok((events, Some(position)));
                }
                continue;
            };
            let own = text(item, PLACE).or_else(|| text(item, "x_sk"));
            if own.as_ref() == Some(&position) {
                events.push((position, read_event(item)?));
            }
        }
        Ok((events, None))
    }
}

/// When a place was taken, as its position says.
fn taken_at(position: &str) -> Timestamp {
    position.parse().map_or(Timestamp::EPOCH, |position: FeedPosition| position.time())
}
