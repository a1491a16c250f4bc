//! The feed of a few tickets and contacts, read of their own events instead of all that
//! happened: a query per 100 events of each. Of several at once, the places that were taken
//! in the last minute, too: one query of them, two around midnight.

use crate::{
    Events, FeedPage, FeedPosition, IDLE, SETTLED,
    events::{PLACE, read_event},
    feed::AWAITED,
};
use futures_util::future::{try_join, try_join_all};
use lambdesk_domain::{
    events::{Event, EventSubject},
    id::WorkspaceId,
    time::Timestamp,
};
use lambdesk_table::{Key, Query, TableError, Tenant, item::Reader, keys};
use std::collections::HashSet;

/// Events of one ticket or contact that are read at a time.
const OWN: u16 = 100;
/// Places of the last minute that are read at most: what comes after them is told later.
const LATELY: usize = 200;

/// Places that were taken for events lately, the oldest first.
#[derive(Default)]
struct LatePlaces {
    taken: Vec<(String, Key)>,
    /// The first position that was not looked at, if there was no room for all.
    beyond: Option<String>,
}

impl Events {
    /// The settled events of some tickets and contacts after a position, oldest first: at most
    /// `pages` of a hundred of each; none when one has more than that. Nothing is told that
    /// comes after an event of any of them that is still awaited.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn feed_of(
        &self,
        workspace: WorkspaceId,
        of: &[EventSubject],
        after: &FeedPosition,
        (now, pages): (Timestamp, usize),
    ) -> Result<Option<FeedPage>, TableError> {
        let window = (after.clone().max(FeedPosition::at(now.minus(AWAITED))), FeedPosition::at(now.minus(SETTLED)));
        let own = try_join_all(of.iter().map(|of| self.own_events(workspace, *of, pages)));
        let (own, late) = try_join(own, self.late_places(workspace, of, &window)).await?;
        let Some(own) = own.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let tenant = Tenant::new(workspace);
        let there: HashSet<_> = own.iter().flatten().map(|(_, event)| tenant.event(event.source())).collect();
        let awaited = late.taken.into_iter().find(|(_, event)| !there.contains(event)).map(|(position, _)| position);
        let gaps = own.iter().filter_map(|events| behind_gap(events, &window.0));
        let end = gaps.chain(awaited).chain(late.beyond).min();
        let (after, horizon) = (after.as_str(), window.1.as_str());
        let is_told = |position: &str| {
            position > after && position <= horizon && end.as_ref().is_none_or(|end| position < end.as_str())
        };
        let mut events: Vec<_> = own.into_iter().flatten().filter(|(position, _)| is_told(position)).collect();
        events.sort_by(|(a, _), (b, _)| a.cmp(b));
        let last = events.last().map(|(position, _)| position.clone()).unwrap_or_default();
        let seen = FeedPosition::at(now.minus(IDLE)).to_string().max(after.to_owned());
        let awaited = end.map(|end| end.parse().map_or(now.minus(AWAITED), |end: FeedPosition| end.time()));
        Ok(Some(FeedPage { events, next: last.max(seen), has_more: false, awaited }))
    }

    /// All events of a ticket or contact with their positions, in the order of its versions;
    /// none when there are more than so many pages.
    async fn own_events(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        pages: usize,
    ) -> Result<Option<Vec<(String, Event)>>, TableError> {
        let (mut all, mut before) = (Vec::new(), None);
        for _ in 0..pages {
            let page = self.event_items(workspace, of, before, OWN).await?;
            for item in &page.items {
                let event = read_event(item)?;
                before = Some(event.source().version);
                let place = [PLACE, "x_sk"].into_iter().find_map(|name| Reader(item).text(name).ok());
                all.push((place.unwrap_or_default().to_owned(), event));
            }
            if !page.has_more {
                all.reverse();
                return Ok(Some(all));
            }
        }
        Ok(None)
    }

    /// The places that were taken in a window of the feed for events of these. Of one alone
    /// none are needed: the fan-out writes its events one after the other, so the one that is
    /// awaited comes after those that are there, or leaves a gap in their numbers.
    async fn late_places(
        &self,
        workspace: WorkspaceId,
        of: &[EventSubject],
        (from, to): &(FeedPosition, FeedPosition),
    ) -> Result<LatePlaces, TableError> {
        let mut places = LatePlaces::default();
        if of.len() < 2 || from >= to {
            return Ok(places);
        }
        let tenant = Tenant::new(workspace);
        let partitions: HashSet<_> = of.iter().map(|of| tenant.events(*of)).collect();
        for day in keys::day(from.time())..=keys::day(to.time()) {
            let of_day = Query::of(tenant.feed(day)).between(from.as_str(), to.as_str()).limit(LATELY);
            let slice = self.table.query(of_day).await?;
            for item in &slice.items {
                let part = |name| Reader(item).text(name).map(str::to_owned);
                let event = Key { pk: part("ep")?, sk: part("es")? };
                if partitions.contains(&event.pk) {
                    places.taken.push((part("sk")?, event));
                }
            }
            if slice.last.is_some() {
                places.beyond = slice.items.last().map(|item| Reader(item).text("sk").map(keys::after)).transpose()?;
                break;
            }
        }
        Ok(places)
    }
}

/// The first position behind a version whose event may still come, among a subject's events
/// in the order of its versions. Before `awaited` none is waited for any more.
fn behind_gap(events: &[(String, Event)], awaited: &FeedPosition) -> Option<String> {
    let (mut last, mut has_gap) = (0, false);
    let mut behind: Vec<&String> = Vec::new();
    for (position, event) in events {
        let version = event.source().version.0;
        let is_recent = position.as_str() > awaited.as_str();
        has_gap |= is_recent && version != last + 1;
        if has_gap && is_recent {
            behind.push(position);
        }
        last = version;
    }
    behind.into_iter().min().cloned()
}
