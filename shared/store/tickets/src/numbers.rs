//! Ticket numbers, which rise with creation: a number that was taken from the counter waits
//! at most two seconds for its ticket. While tickets come in quick succession, the numbers of
//! the next ones are taken beside the write of the one before, so that opening a ticket stays
//! one round trip; otherwise it takes a number first. One update for each taking.

use crate::Tickets;
use lambdesk_domain::{
    id::{TicketNumber, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, TableError, Tenant, Updated, Write,
    item::{Reader, number},
};
use std::{ops::Range, time::Duration};

/// How long a number waits for its ticket. What waits longer is a gap.
const FRESH: Duration = Duration::from_secs(2);
/// The most numbers taken at a time.
const MOST: u64 = 10;
/// Beyond so many workspaces what is remembered starts over.
const REMEMBERED: usize = 1_000;

/// The numbers of one workspace, as one process knows them.
#[derive(Debug, Clone, Default)]
pub struct NumberReserve {
    /// Taken, and not given out.
    numbers: Range<u64>,
    /// When they were taken.
    taken_at: Option<Timestamp>,
    /// How many were taken then: twice as many each time that all of them were needed.
    size: u64,
    /// When the last number was given out.
    given_at: Option<Timestamp>,
    /// Tickets come in quick succession.
    is_busy: bool,
    /// Since when some are being taken.
    taking_since: Option<Timestamp>,
}

impl NumberReserve {
    fn give(&mut self, now: Timestamp) -> Option<u64> {
        if !is_fresh(self.taken_at, now) {
            (self.numbers, self.size) = (0..0, 0);
        }
        self.is_busy = is_fresh(self.given_at, now);
        self.given_at = Some(now);
        self.numbers.next()
    }

    /// How many to take for the tickets that are coming; none while there are some, or while
    /// somebody takes some.
    fn begin_to_take(&mut self, now: Timestamp) -> Option<u64> {
        let has_some = self.numbers.start < self.numbers.end || is_fresh(self.taking_since, now);
        if has_some || !self.is_busy {
            return None;
        }
        self.taking_since = Some(now);
        Some((self.size * 2).clamp(1, MOST))
    }
}

fn is_fresh(since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| since <= now && now.since(since) <= FRESH)
}

impl Tickets {
    /// A number that no other ticket of the workspace has or will have.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn next_number(&self, workspace: WorkspaceId, now: Timestamp) -> Result<TicketNumber, TableError> {
        let reserved = {
            let mut reserves = self.numbers.lock().await;
            if reserves.len() >= REMEMBERED && !reserves.contains_key(&workspace) {
                reserves.clear();
            }
            reserves.entry(workspace).or_default().give(now)
        };
        if let Some(reserved) = reserved {
            return Ok(TicketNumber(reserved));
        }
        let mut taken = self.take_numbers(workspace, 1).await?;
        Ok(TicketNumber(taken.next().ok_or(Corrupt("next"))?))
    }

    /// Takes the numbers of the tickets that are coming, where tickets come in quick
    /// succession: to be done beside the write of one that has its number.
    ///
    /// # Errors
    /// When the table fails; then the next ticket takes its number first.
    pub async fn reserve_numbers(&self, workspace: WorkspaceId, now: Timestamp) -> Result<(), TableError> {
        let wanted = self.numbers.lock().await.entry(workspace).or_default().begin_to_take(now);
        let Some(wanted) = wanted else {
            return Ok(());
        };
        let taken = self.take_numbers(workspace, wanted).await;
        let mut reserves = self.numbers.lock().await;
        let reserve = reserves.entry(workspace).or_default();
        reserve.taking_since = None;
        (reserve.numbers, reserve.taken_at, reserve.size) = (taken?, Some(now), wanted);
        Ok(())
    }

    async fn take_numbers(&self, workspace: WorkspaceId, count: u64) -> Result<Range<u64>, TableError> {
        let take = Write::update(Tenant::new(workspace).numbers(), "ADD #next :count");
        let take = take.name("#next", "next").value(":count", number(count));
        let Updated::Now(item) = self.table.update(take).await? else {
            return Err(Corrupt("next").into());
        };
        let last = Reader(&item).number("next")?;
        Ok(last + 1 - count..last + 1)
    }
}
