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
use std::ops::Range;

/// Beyond so many workspaces what is remembered starts over.
const REMEMBERED: usize = 1_000;

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
        let numbers = taken.as_ref().ok().cloned();
        self.numbers.lock().await.entry(workspace).or_default().taken(numbers, now);
        taken.map(drop)
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
