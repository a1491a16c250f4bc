//! Folding: events of the feed added to the counters, a page at a time. Per page of
//! 100 events one or two reads of the feed, one batch of reads and a transaction for
//! every 90 counters that change.

use crate::{
    Reports,
    checkpoint::{Checkpoint, counting},
};
use lambdesk_domain::{
    events::{Event, TicketEvent},
    id::{Version, WorkspaceId},
    report::{EventContext, Tally},
    sweep::is_lost,
    time::Timestamp,
};
use lambdesk_store_events::{FeedPage, FeedPosition, SETTLED};
use lambdesk_table::{Corrupt, TableError, Tenant, keys};
use std::time::Duration;

/// Events that are read at a time.
const PAGE: u16 = 100;
/// So long after a change its event is in the feed at the latest, unless the fan-out has
/// stood still for longer.
const FANNED_OUT: Duration = Duration::from_secs(30);
/// An event that comes later than this after its change tells that the fan-out is behind.
const BEHIND: Duration = Duration::from_secs(5);
/// So long after such an event it may still be.
const STILL_BEHIND: Duration = Duration::from_secs(30);
/// Cells that one transaction touches: it has at most 100 items, one of them the
/// checkpoint, and one event touches fewer than ten.
const CELLS: usize = 90;

/// How far a fold came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// All changes up to here are counted: what was changed a while ago, or as far as the
    /// fan-out has come when it is behind, or as far as the feed tells when it waits for an
    /// event.
    pub as_of: Timestamp,
    /// All events that have settled are, up to one that the feed waits for.
    pub is_current: bool,
    /// A recount, or the removal of what it has replaced, is to be continued.
    pub is_recounting: bool,
}

/// How far a checkpoint was moved.
pub(crate) struct Advanced {
    pub checkpoint: Checkpoint,
    /// It is at the feed's end, or at an event that the feed waits for.
    pub is_current: bool,
    /// Up to when the feed has told all events.
    pub told: Timestamp,
    /// How far the fan-out has come, where it is behind.
    pub behind: Option<Timestamp>,
}

impl Advanced {
    /// Up to when every change is counted.
    pub fn as_of(&self) -> Timestamp {
        self.told.minus(FANNED_OUT).min(self.behind.unwrap_or(self.told))
    }
}

impl Reports {
    /// Counts what the feed has emitted since the last time: up to `pages` pages of 100
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
    ) -> Result<Folded, TableError> {
        let checkpoints = self.checkpoints(workspace).await?;
        let is_recounting = checkpoints.building.is_some() || checkpoints.replaced.is_some();
        let checkpoint =
            checkpoints.live.unwrap_or_else(|| Checkpoint::start(Tenant::new(workspace).counts(), 0, created_at));
        let advanced = self.advance(workspace, checkpoint, now, pages).await?;
        Ok(Folded { as_of: advanced.as_of(), is_current: advanced.is_current, is_recounting })
    }

    /// Moves a checkpoint on by up to so many pages. When another process moves it at the same
    /// time, that one counts and this one's additions are dropped.
    pub(crate) async fn advance(
        &self,
        workspace: WorkspaceId,
        mut checkpoint: Checkpoint,
        now: Timestamp,
        pages: usize,
    ) -> Result<Advanced, TableError> {
        let mut behind = None;
        for _ in 0..pages {
            let after = checkpoint.position.as_str();
            // Boxed: a page of the feed makes a large future.
            let page = Box::pin(self.events.feed(workspace, Some(after), now, now, PAGE))
                .await?
                .map_err(|_| Corrupt("pos"))?;
            let (has_more, told) = (page.has_more, page.awaited.unwrap_or_else(|| now.minus(SETTLED)));
            behind = fan_out_behind(&page, now).or(behind);
            match self.count_page(workspace, &checkpoint, page).await? {
                Some(next) if has_more => checkpoint = next,
                Some(next) => return Ok(Advanced { checkpoint: next, is_current: true, told, behind }),
                None => checkpoint = self.checkpoint_now(checkpoint).await?,
            }
        }
        let told = checkpoint.position.time();
        Ok(Advanced { checkpoint, is_current: false, told, behind })
    }

    /// The checkpoint afterwards; none when another process has moved it meanwhile.
    async fn count_page(
        &self,
        workspace: WorkspaceId,
        checkpoint: &Checkpoint,
        page: FeedPage,
    ) -> Result<Option<Checkpoint>, TableError> {
        let mut checkpoint = checkpoint.clone();
        let mut tally = Tally::default();
        let mut counted = checkpoint.position.clone();
        for (position, event) in &page.events {
            let more = match event {
                Event::Ticket(event) => self.additions_of(workspace, event).await?,
                // Reports are about tickets.
                Event::Contact(_) => Tally::default(),
            };
            if tally.len() + more.len() > CELLS {
                match self.count_to(workspace, &checkpoint, &tally, &counted).await? {
                    Some(next) => checkpoint = next,
                    None => return Ok(None),
                }
                tally = Tally::default();
            }
            tally.add(&more);
            counted = position.parse().map_err(|_| Corrupt("x_sk"))?;
        }
        let next: FeedPosition = page.next.parse().map_err(|_| Corrupt("x_sk"))?;
        let is_same_day = keys::day(next.time()) == keys::day(checkpoint.position.time());
        if tally.is_empty() && !page.has_more && (is_same_day || !checkpoint.is_stored) {
            // Not worth a write: the next fold looks at these few events again.
            return Ok(Some(checkpoint));
        }
        self.count_to(workspace, &checkpoint, &tally, &next).await
    }

    async fn count_to(
        &self,
        workspace: WorkspaceId,
        checkpoint: &Checkpoint,
        tally: &Tally,
        to: &FeedPosition,
    ) -> Result<Option<Checkpoint>, TableError> {
        let moved = counting(&Tenant::new(workspace), checkpoint, tally, to).commit_held(&self.table).await?;
        Ok(moved.then(|| Checkpoint { position: to.clone(), is_stored: true, ..checkpoint.clone() }))
    }

    async fn additions_of(&self, workspace: WorkspaceId, event: &TicketEvent) -> Result<Tally, TableError> {
        if !is_lost(event) {
            return Ok(Tally::of(EventContext { event, previous: None, next: None }).map_err(|_| Corrupt("changes"))?);
        }
        let before = Version(event.sequence.0.saturating_sub(1));
        let previous = self.events.event(workspace, event.ticket_id, before).await?;
        let next = self.events.event(workspace, event.ticket_id, event.sequence.next()).await?;
        Ok(Tally::of(EventContext { event, previous: previous.as_ref(), next: next.as_ref() })
            .map_err(|_| Corrupt("changes"))?)
    }

    /// The checkpoint as another process has moved it, or as it was if it is gone.
    async fn checkpoint_now(&self, checkpoint: Checkpoint) -> Result<Checkpoint, TableError> {
        let found = self.table.get(checkpoint.key.clone()).await?;
        Ok(found.as_ref().map(Checkpoint::read).transpose()?.unwrap_or(checkpoint))
    }
}

/// How far the fan-out has come, if the last event of a page tells that it is behind: every
/// shard of the stream goes through the changes in their order.
fn fan_out_behind(page: &FeedPage, now: Timestamp) -> Option<Timestamp> {
    let (position, event) = page.events.last()?;
    let told_at = position.parse::<FeedPosition>().ok()?.time();
    let is_late = told_at.since(event.created_at()) > BEHIND && told_at.plus(STILL_BEHIND) > now;
    is_late.then(|| event.created_at())
}
