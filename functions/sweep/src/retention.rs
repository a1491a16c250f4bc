//! The end of tickets: a workspace's round deletes what is finished long enough and
//! purges what was in the trash long enough.

use crate::pass::{Pass, Step};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::{
    command::{Decision, Prior, Update, update},
    directory::{Days, DeletionPolicy, Expiry, Retention},
    id::{ContactId, JobId, TicketId, WorkspaceId},
    status::Status,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store::{BETWEEN_ROUNDS, CommitError, Round, RoundPlace, StoreError, keys::State};

/// Where a round looks, list by list. A round under way remembers the place in here:
/// append only.
const LISTS: [State; 5] = [
    State::Trashed,
    State::Live(Status::Resolved),
    State::Live(Status::Closed),
    State::Live(Status::Spam),
    State::Archived,
];
/// Tickets of one page.
const PAGE: u16 = 100;
/// Pages of one round per run: what is left goes on with the next run.
const PAGES: usize = 16;
/// Rounds that are made at once.
const ROUNDS_AT_ONCE: usize = 4;
/// Tickets of one round that are worked on at once.
const TICKETS_AT_ONCE: usize = 16;

/// Something for after the rows that must not be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// A workspace's round.
    Round(WorkspaceId),
    /// What a purged ticket has left.
    Remains(WorkspaceId, TicketId),
    /// Looking after a search index that was due at this time.
    Index(WorkspaceId, Timestamp),
    /// A merge or an erasure.
    Job(WorkspaceId, ContactId, JobId),
}

impl Pass<'_> {
    /// Does the chores that were due; whether it got through.
    pub async fn chores(&self) -> bool {
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = self.take_chores().into_iter().map(|chore| self.chore(chore).boxed()).collect();
        let done: Vec<bool> = stream::iter(work).buffer_unordered(ROUNDS_AT_ONCE).collect().await;
        done.into_iter().all(|is_through| is_through)
    }

    async fn chore(&self, chore: Chore) -> bool {
        if self.is_over() {
            return false;
        }
        let done = match chore {
            Chore::Round(workspace) => self.round(workspace).await,
            Chore::Index(workspace, at) => self.look_after_index(workspace, at).await,
            Chore::Remains(workspace, ticket) => self.clear(workspace, ticket).await,
            Chore::Job(workspace, contact, job) => self.work_on(workspace, contact, job).await,
        };
        let left = |error: &StoreError| {
            tracing::error!(?chore, %error, "a chore is left to the next run");
            self.failed();
        };
        done.inspect_err(left).is_ok()
    }

    /// Goes on with a workspace's round, or begins it.
    async fn round(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        let store = &self.sweep.store;
        let (Some(round), Some(settings)) = (store.round(workspace).await?, store.settings(workspace).await?) else {
            return Ok(());
        };
        let retention = settings.value.retention;
        let mut place = round.place.clone().unwrap_or(RoundPlace { list: 0, after: None });
        for _ in 0..PAGES {
            if self.is_over() {
                break;
            }
            let Some(next) = self.round_page(workspace, retention, &place).await? else {
                return self.end_round(workspace, &round, retention).await;
            };
            place = next;
        }
        store.put_round(workspace, Some(&place), self.now()).await
    }

    /// The next one comes in a day, unless there is nothing to look after.
    async fn end_round(&self, workspace: WorkspaceId, round: &Round, retention: Retention) -> Result<(), StoreError> {
        let (store, now) = (&self.sweep.store, self.now());
        let is_idle = retention.finished.is_none() && !store.is_any(workspace, State::Trashed).await?;
        if is_idle && store.end_rounds(workspace, round, now).await? {
            return Ok(());
        }
        store.put_round(workspace, None, now.plus(BETWEEN_ROUNDS)).await
    }

    /// Where the round goes on; none at its end.
    async fn round_page(
        &self,
        workspace: WorkspaceId,
        retention: Retention,
        place: &RoundPlace,
    ) -> Result<Option<RoundPlace>, StoreError> {
        let Some(state) = LISTS.get(place.list).copied() else {
            return Ok(None);
        };
        let next_list = RoundPlace { list: place.list + 1, after: None };
        let Some(days) = days_in(state, retention) else {
            return Ok(Some(next_list));
        };
        let since = self.now().minus(days.span());
        let oldest = self.sweep.store.oldest(workspace, state, since, place.after.as_deref(), PAGE).await?;
        let work: Vec<_> = oldest.tickets.iter().map(|ticket| self.expire(ticket, retention).boxed()).collect();
        stream::iter(work).buffer_unordered(TICKETS_AT_ONCE).collect::<()>().await;
        let further = |after| RoundPlace { after: Some(after), ..place.clone() };
        Ok(Some(oldest.next.map_or(next_list, further)))
    }

    /// Does what the time has come for. What fails is left to the next round.
    async fn expire(&self, ticket: &Ticket, retention: Retention) {
        let done = match retention.expiry(ticket, self.now()) {
            None => return,
            Some(Expiry::Delete) => self.delete(ticket).await.map(|step| self.deleted(step)),
            Some(Expiry::Purge) => self.purge(ticket).await.map(|step| self.purged(step)),
        };
        if let Err(error) = done {
            tracing::error!(ticket = %ticket.id, %error, "an expired ticket is left to the next round");
            self.failed();
        }
    }

    /// Into the trash, if it is still as it was seen.
    async fn delete(&self, ticket: &Ticket) -> Result<Step, StoreError> {
        let context = self.context();
        let asked = Update::Delete(DeletionPolicy::Trash);
        let Ok(Decision::Change(mut change)) = update(&asked, &context, Prior::Known(ticket)) else {
            return Ok(Step::Skipped);
        };
        change.guard.version = Some(ticket.version);
        match self.sweep.store.commit(ticket.workspace_id, ticket.id, &change, None).await {
            Ok(_) => Ok(Step::Done),
            Err(CommitError::NotAsAssumed(_) | CommitError::Absent) => Ok(Step::Skipped),
            Err(CommitError::Store(error)) => Err(error),
            Err(other) => Err(StoreError::Refused(other.to_string())),
        }
    }

    /// For good, if it is still as it was seen.
    async fn purge(&self, ticket: &Ticket) -> Result<Step, StoreError> {
        if !self.sweep.store.purge_head(ticket, self.now()).await? {
            return Ok(Step::Skipped);
        }
        self.clear(ticket.workspace_id, ticket.id).await?;
        Ok(Step::Done)
    }

    /// Removes what a purged ticket has left: its files, then its items.
    async fn clear(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<(), StoreError> {
        let store = &self.sweep.store;
        if let Some(objects) = &self.sweep.objects {
            let files = || objects.remove_all(store, workspace, ticket, self.now());
            while files().await.map_err(store_error)?.has_more {}
        }
        store.remove_remains(workspace, ticket).await
    }
}

/// How long tickets may stay in a list; none: as long as they like.
const fn days_in(state: State, retention: Retention) -> Option<Days> {
    match state {
        State::Trashed => Some(retention.restore_window),
        _ => retention.finished,
    }
}

fn store_error(error: lambdesk_objects::RemovalError) -> StoreError {
    match error {
        lambdesk_objects::RemovalError::Store(error) => error,
        lambdesk_objects::RemovalError::Objects(_) => StoreError::Unavailable("object store"),
    }
}
