//! Events added to the counters, a few at a time.

use super::Place;
use crate::{
    client::{Store, Transaction},
    error::{Corrupt, StoreError},
    events::{FeedPage, SETTLED},
    feed::FeedPosition,
    keys::{self, Tenant},
};
use lambdesk_domain::{
    events::{Event, TicketEvent},
    id::{Version, WorkspaceId},
    report::{Tally, Told},
    sweep::is_lost,
    time::Timestamp,
};

/// Events that are read at a time.
const PAGE: u16 = 100;
/// Cells that one transaction touches: it has at most 100 items, one of them the
/// place, and one event touches fewer than ten.
const CELLS: usize = 90;

/// What counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// All events up to here are counted.
    pub as_of: Timestamp,
    /// All events that have settled are.
    pub is_current: bool,
    /// A recount, or what it leaves behind, is to be gone on with.
    pub is_recounting: bool,
}

impl Store {
    /// Counts what the feed has told since the last time: up to `pages` pages of 100
    /// events. `created_at` is the workspace's.
    ///
    /// # Errors
    /// When the table fails; what was counted until then is kept.
    pub async fn fold_counts(
        &self,
        workspace: WorkspaceId,
        created_at: Timestamp,
        now: Timestamp,
        pages: usize,
    ) -> Result<Folded, StoreError> {
        let control = self.count_control(workspace).await?;
        let is_recounting = control.building.is_some() || control.replaced.is_some();
        let place = control.live.unwrap_or_else(|| Place::start(Tenant::new(workspace).counts(), 0, created_at));
        let (place, is_current) = self.advance(workspace, place, now, pages).await?;
        Ok(Folded { as_of: as_of(&place, is_current, now), is_current, is_recounting })
    }

    /// Moves a place on by up to so many pages; says whether it is at the feed's end.
    /// When somebody else moves it at the same time, theirs counts and ours is dropped.
    pub(super) async fn advance(
        &self,
        workspace: WorkspaceId,
        mut place: Place,
        now: Timestamp,
        pages: usize,
    ) -> Result<(Place, bool), StoreError> {
        for _ in 0..pages {
            let after = place.position.as_str();
            let page = self.feed(workspace, Some(after), now, now, PAGE).await?.map_err(|_| Corrupt("pos"))?;
            let has_more = page.has_more;
            match self.count_page(workspace, &place, page).await? {
                Some(next) if has_more => place = next,
                Some(next) => return Ok((next, true)),
                None => place = self.place_now(place).await?,
            }
        }
        Ok((place, false))
    }

    /// The place afterwards; none when somebody else has moved it meanwhile.
    async fn count_page(
        &self,
        workspace: WorkspaceId,
        place: &Place,
        page: FeedPage,
    ) -> Result<Option<Place>, StoreError> {
        let mut place = place.clone();
        let mut tally = Tally::default();
        let mut counted = place.position.clone();
        for (position, event) in &page.events {
            let more = match event {
                Event::Ticket(event) => self.additions_of(workspace, event).await?,
                // Reports are about tickets.
                Event::Contact(_) => Tally::default(),
            };
            if tally.len() + more.len() > CELLS {
                match self.count_to(workspace, &place, &tally, &counted).await? {
                    Some(next) => place = next,
                    None => return Ok(None),
                }
                tally = Tally::default();
            }
            tally.add(&more);
            counted = position.parse().map_err(|_| Corrupt("x_sk"))?;
        }
        let next: FeedPosition = page.next.parse().map_err(|_| Corrupt("x_sk"))?;
        let is_same_day = keys::day(next.time()) == keys::day(place.position.time());
        if tally.is_empty() && !page.has_more && (is_same_day || !place.is_stored) {
            // Not worth a write: the next one looks at these few events again.
            return Ok(Some(place));
        }
        self.count_to(workspace, &place, &tally, &next).await
    }

    async fn count_to(
        &self,
        workspace: WorkspaceId,
        place: &Place,
        tally: &Tally,
        to: &FeedPosition,
    ) -> Result<Option<Place>, StoreError> {
        let items = self.counting(&Tenant::new(workspace), place, tally, to)?;
        match self.transact(items).await? {
            Transaction::Written => Ok(Some(Place { position: to.clone(), is_stored: true, ..place.clone() })),
            Transaction::Cancelled(_) => Ok(None),
        }
    }

    async fn additions_of(&self, workspace: WorkspaceId, event: &TicketEvent) -> Result<Tally, StoreError> {
        if !is_lost(event) {
            return Ok(Tally::of(Told { event, previous: None, next: None }));
        }
        let before = Version(event.sequence.0.saturating_sub(1));
        let previous = self.event(workspace, event.ticket_id, before).await?;
        let next = self.event(workspace, event.ticket_id, event.sequence.next()).await?;
        Ok(Tally::of(Told { event, previous: previous.as_ref(), next: next.as_ref() }))
    }

    /// Where somebody else has moved a place to, or where it was if it is gone.
    async fn place_now(&self, place: Place) -> Result<Place, StoreError> {
        let found = self.get(place.key.clone(), true).await?;
        Ok(found.as_ref().map(Place::read).transpose()?.unwrap_or(place))
    }
}

/// Up to when everything is counted.
pub(super) fn as_of(place: &Place, is_current: bool, now: Timestamp) -> Timestamp {
    if is_current { now.minus(SETTLED) } else { place.position.time() }
}
