//! What is due: found hour by hour in every shard, dealt with row by row.

use crate::{
    pass::{Pass, Step},
    purge::Chore,
};
use futures_util::{FutureExt as _, StreamExt as _, future::join_all, stream};
use lambdesk_domain::{
    command::{Decision, follow_up_due},
    events::Subject,
    id::{TicketId, WorkspaceId},
    status::Shelf,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_runtime::Hint;
use lambdesk_store::{
    CommitError, Due, Gaps, Place, Repaired, StoreError,
    keys::{DUE_SHARDS, hour},
};
use std::time::Duration;

/// Rows of one page.
const PAGE: u16 = 100;
/// Rows of one shard that are worked on at once: 64 over all.
const ROWS_AT_ONCE: usize = 16;
/// How far back a recheck looks for versions without an event.
const RECHECK_WINDOW: Duration = Duration::from_hours(48);
/// So long after a ticket's last change its events are given time to come.
const SETTLING: Duration = Duration::from_mins(5);
/// When something unreadable is looked at again: it is ours to mend first.
const UNREADABLE_AGAIN: Duration = Duration::from_hours(1);

impl Pass<'_> {
    /// Deals with everything that is due; whether it got through. The shards go side
    /// by side, each from the first hour on.
    pub async fn due(&self, first_hour: u64) -> bool {
        let shards = (0..DUE_SHARDS).map(|shard| self.shard(shard, first_hour));
        join_all(shards).await.into_iter().all(|is_through| is_through)
    }

    async fn shard(&self, shard: u8, first_hour: u64) -> bool {
        let mut is_through = true;
        for hour in first_hour..=hour(self.started_at) {
            is_through &= self.partition(hour, shard).await;
        }
        is_through
    }

    async fn partition(&self, hour: u64, shard: u8) -> bool {
        let (mut place, mut is_through) = (None, true);
        while !self.is_over() {
            match self.sweep.store.due_page((hour, shard), self.started_at, place, PAGE).await {
                Ok(page) => {
                    is_through &= self.page(&page.rows).await;
                    place = page.next;
                    if place.is_none() {
                        return is_through;
                    }
                }
                Err(error) => {
                    tracing::error!(hour, shard, %error, "what is due could not be read");
                    self.failed();
                    return false;
                }
            }
        }
        false
    }

    async fn page(&self, rows: &[Due]) -> bool {
        let hints: Vec<_> = rows.iter().filter_map(hint).collect();
        let hinted = self.sweep.queue.send(&hints).await;
        self.deliveries(hints.len(), hinted);
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = rows.iter().map(|row| self.row(row).boxed()).collect();
        let steps: Vec<bool> = stream::iter(work).buffer_unordered(ROWS_AT_ONCE).collect().await;
        steps.into_iter().all(|is_through| is_through)
    }

    /// Whether it got through; what failed stays due.
    async fn row(&self, row: &Due) -> bool {
        let stepped = match *row {
            Due::Delivery { .. } => return true,
            Due::Round { workspace, .. } => {
                self.put_off(Chore::Round(workspace));
                return true;
            }
            Due::Remains { workspace, ticket, .. } => {
                self.put_off(Chore::Remains(workspace, ticket));
                return true;
            }
            Due::Job { workspace, contact, job, .. } => {
                self.put_off(Chore::Job(workspace, contact, job));
                return true;
            }
            Due::Index { workspace, at } => {
                self.put_off(Chore::Index(workspace, at));
                return true;
            }
            _ if self.is_over() => return false,
            Due::FollowUp { workspace, ticket, at } => {
                self.follow_up_row(workspace, ticket, at).await.map(|(step, due)| self.follow_up(step, due))
            }
            Due::Recheck { workspace, of, at } => {
                self.recheck_row(workspace, of, at).await.map(|step| self.recheck(step))
            }
        };
        stepped.inspect_err(|error| self.row_failed(row, error)).is_ok()
    }

    fn row_failed(&self, row: &Due, error: &StoreError) {
        tracing::error!(?row, %error, "something due is left to the next run");
        self.failed();
    }

    /// On the likely case first: the follow-up is still the one that is due, and the
    /// ticket on the ordinary shelf. Answers when it was due, too.
    async fn follow_up_row(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        at: Timestamp,
    ) -> Result<(Step, Timestamp), StoreError> {
        let store = &self.sweep.store;
        let step = match self.bring_back(workspace, ticket, at, Shelf::Live).await {
            Ok(()) => Step::Done,
            Err(CommitError::NotAsAssumed(ticket)) => return self.look_again(&ticket, at).await,
            Err(CommitError::Absent) => {
                store.remove_follow_up(workspace, ticket).await?;
                Step::Skipped
            }
            Err(CommitError::Store(StoreError::Corrupt(corrupt))) => {
                tracing::error!(%ticket, error = %corrupt, "a ticket can't be read; its follow-up waits");
                store.recheck_later(workspace, Subject::Ticket(ticket), self.now().plus(UNREADABLE_AGAIN)).await?;
                store.remove_follow_up(workspace, ticket).await?;
                Step::Skipped
            }
            Err(error) => return Err(store_error(error)),
        };
        Ok((step, at))
    }

    /// The same with the ticket at hand: on another shelf, or another follow-up.
    async fn look_again(&self, ticket: &Ticket, at: Timestamp) -> Result<(Step, Timestamp), StoreError> {
        let Some(due) = ticket.follow_up_at.filter(|due| *due <= self.now()) else {
            self.sweep.store.place_follow_up(ticket, self.now()).await?;
            return Ok((Step::Skipped, at));
        };
        match self.bring_back(ticket.workspace_id, ticket.id, due, ticket.shelf).await {
            Ok(()) => Ok((Step::Done, due)),
            // Changed again in between; the next run looks again.
            Err(CommitError::NotAsAssumed(_) | CommitError::Absent) => Ok((Step::Skipped, due)),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn bring_back(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        due: Timestamp,
        lies_on: Shelf,
    ) -> Result<(), CommitError> {
        let context = self.context();
        let Decision::Change(change) = follow_up_due(due, lies_on, &context) else {
            return Ok(());
        };
        let store = &self.sweep.store;
        if let Some(ticket) = store.commit(workspace, ticket, &change, None).await? {
            store.place_follow_up(&ticket, context.now).await?;
        }
        Ok(())
    }

    async fn recheck_row(&self, workspace: WorkspaceId, of: Subject, at: Timestamp) -> Result<Step, StoreError> {
        let (store, now) = (&self.sweep.store, self.now());
        match self.recheck_of(workspace, of, now).await {
            Ok(false) => store.settle_recheck(workspace, of, at).await.map(|()| Step::Done),
            Ok(true) => {
                store.recheck_later(workspace, of, now.plus(SETTLING)).await?;
                Ok(Step::Skipped)
            }
            Err(StoreError::Corrupt(corrupt)) => {
                tracing::error!(subject = %of, error = %corrupt, "its events can't be checked yet");
                store.recheck_later(workspace, of, now.plus(UNREADABLE_AGAIN)).await?;
                Ok(Step::Skipped)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it must be looked at again.
    async fn recheck_of(&self, workspace: WorkspaceId, of: Subject, now: Timestamp) -> Result<bool, StoreError> {
        let store = &self.sweep.store;
        match of {
            Subject::Ticket(id) => match store.ticket(workspace, id).await? {
                Some(ticket) => self.recheck_ticket(&ticket, now).await,
                None => Ok(false),
            },
            Subject::Contact(id) => {
                let place = store.place(workspace, id).await?;
                Ok(self.repair_contact(workspace, &place, recheck_gaps(now)).await?.1)
            }
        }
    }

    /// Whether it must be looked at again.
    async fn recheck_ticket(&self, ticket: &Ticket, now: Timestamp) -> Result<bool, StoreError> {
        let (_, is_unsettled) = self.repair(ticket, recheck_gaps(now)).await?;
        // Its row is gone if the ticket was unreadable when the follow-up was due.
        if ticket.follow_up_at.is_some() {
            self.sweep.store.place_follow_up(ticket, now).await?;
        }
        Ok(is_unsettled)
    }

    /// Writes a ticket's missing events and sends the hints; how many, and whether more
    /// may be missing.
    pub async fn repair(&self, ticket: &Ticket, gaps: Gaps) -> Result<(usize, bool), StoreError> {
        let repaired = self.sweep.store.repair(ticket, gaps, || self.sweep.clock.new_uuid(), self.now()).await?;
        Ok(self.repaired(Subject::Ticket(ticket.id), &repaired).await)
    }

    /// The same for a contact.
    pub async fn repair_contact(
        &self,
        workspace: WorkspaceId,
        place: &Place,
        gaps: Gaps,
    ) -> Result<(usize, bool), StoreError> {
        let new_position = || self.sweep.clock.new_uuid();
        let repaired = self.sweep.store.repair_contact(workspace, place, gaps, new_position, self.now()).await?;
        Ok(self.repaired(Subject::Contact(place.id), &repaired).await)
    }

    async fn repaired(&self, of: Subject, repaired: &Repaired) -> (usize, bool) {
        let hints: Vec<_> = repaired.deliveries.iter().map(Hint::from).collect();
        self.sweep.queue.send(&hints).await;
        if !repaired.versions.is_empty() {
            tracing::warn!(subject = %of, events = repaired.versions.len(), "events were missing and were made up");
        }
        (repaired.versions.len(), repaired.is_unsettled)
    }
}

/// What a recheck looks for.
fn recheck_gaps(now: Timestamp) -> Gaps {
    Gaps { since: now.minus(RECHECK_WINDOW), settled_before: now.minus(SETTLING) }
}

fn hint(row: &Due) -> Option<Hint> {
    match *row {
        Due::Delivery { workspace, endpoint, delivery, .. } => Some(Hint { workspace, endpoint, delivery }),
        Due::FollowUp { .. }
        | Due::Recheck { .. }
        | Due::Round { .. }
        | Due::Remains { .. }
        | Due::Job { .. }
        | Due::Index { .. } => None,
    }
}

/// What a change without message, answer or contact can end in.
fn store_error(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        other => StoreError::Refused(other.to_string()),
    }
}
