//! Retention sweeps: a workspace in; tickets that are finished long enough deleted, and
//! those that were in the trash long enough purged. One query per page of 100 tickets, up
//! to 16 pages per run.

use crate::{
    follow_ups::table_error,
    run::{SweepRun, TaskOutcome},
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::{
    command::{Decision, Prior, Update, update},
    directory::{Days, DeletionPolicy, Expiry, Retention},
    id::{TicketId, WorkspaceId},
    status::Status,
    ticket::Ticket,
};
use lambdesk_objects::remove_files;
use lambdesk_store_directory::{RETENTION_INTERVAL, RetentionCursor, RetentionSweep};
use lambdesk_store_tickets::CommitError;
use lambdesk_table::{TableError, keys::State};

/// Where a retention sweep looks, list by list. The cursor of one that is under way counts
/// in here: append only.
const LISTS: [State; 5] = [
    State::Trashed,
    State::Live(Status::Resolved),
    State::Live(Status::Closed),
    State::Live(Status::Spam),
    State::Archived,
];
/// Tickets of one page.
const PAGE: u16 = 100;
/// Pages of one retention sweep per run: what is left goes on with the next run.
const PAGES: usize = 16;
/// Tickets of one retention sweep that are worked on at once.
const TICKETS_AT_ONCE: usize = 16;

impl SweepRun<'_> {
    /// Goes on with a workspace's retention sweep, or begins it.
    pub async fn retention_sweep(&self, workspace: WorkspaceId) -> Result<(), TableError> {
        let directories = &self.services.directories;
        let sweep = directories.retention_sweep(workspace).await?;
        let (Some(sweep), Some(settings)) = (sweep, directories.settings(workspace).await?) else {
            return Ok(());
        };
        let retention = settings.value.retention;
        let mut cursor = sweep.cursor.clone().unwrap_or(RetentionCursor { list: 0, after: None });
        for _ in 0..PAGES {
            if self.is_over() {
                break;
            }
            let Some(next) = self.retention_page(workspace, retention, &cursor).await? else {
                return self.end_retention_sweep(workspace, &sweep, retention).await;
            };
            cursor = next;
        }
        directories.save_retention_sweep(workspace, Some(&cursor), self.now()).await
    }

    /// The next one comes in a day, unless nothing is left to expire.
    async fn end_retention_sweep(
        &self,
        workspace: WorkspaceId,
        sweep: &RetentionSweep,
        retention: Retention,
    ) -> Result<(), TableError> {
        let (directories, now) = (&self.services.directories, self.now());
        let is_idle = retention.finished.is_none() && !self.services.tickets.is_any(workspace, State::Trashed).await?;
        if is_idle && directories.end_retention_sweeps(workspace, sweep, now).await? {
            return Ok(());
        }
        directories.save_retention_sweep(workspace, None, now.plus(RETENTION_INTERVAL)).await
    }

    /// Where the sweep goes on; none at its end.
    async fn retention_page(
        &self,
        workspace: WorkspaceId,
        retention: Retention,
        cursor: &RetentionCursor,
    ) -> Result<Option<RetentionCursor>, TableError> {
        let Some(state) = LISTS.get(cursor.list).copied() else {
            return Ok(None);
        };
        let next_list = RetentionCursor { list: cursor.list + 1, after: None };
        let Some(days) = days_in(state, retention) else {
            return Ok(Some(next_list));
        };
        let since = self.now().minus(days.span());
        let oldest = self.services.tickets.oldest(workspace, state, since, cursor.after.as_deref(), PAGE).await?;
        let work: Vec<_> = oldest.tickets.iter().map(|ticket| self.expire(ticket, retention).boxed()).collect();
        stream::iter(work).buffer_unordered(TICKETS_AT_ONCE).collect::<()>().await;
        let further = |after| RetentionCursor { after: Some(after), ..cursor.clone() };
        Ok(Some(oldest.next.map_or(next_list, further)))
    }

    /// Does what the time has come for. What fails is left to the next retention sweep.
    async fn expire(&self, ticket: &Ticket, retention: Retention) {
        let done = match retention.expiry(ticket, self.now()) {
            None => return,
            Some(Expiry::Delete) => self.delete(ticket).await.map(|outcome| self.deleted(outcome)),
            Some(Expiry::Purge) => self.purge(ticket).await.map(|outcome| self.purged(outcome)),
        };
        if let Err(error) = done {
            self.failed(format_args!("the expired ticket {}", ticket.id), &error);
        }
    }

    /// Into the trash, if it is still as it was read.
    async fn delete(&self, ticket: &Ticket) -> Result<TaskOutcome, TableError> {
        let context = self.context();
        let asked = Update::Delete(DeletionPolicy::Trash);
        let Ok(Decision::Change(mut change)) = update(&asked, &context, Prior::Known(ticket)) else {
            return Ok(TaskOutcome::Skipped);
        };
        change.guard.versions = Some(ticket.version.into());
        match self.services.tickets.commit(ticket.workspace_id, ticket.id, &change, None).await {
            Ok(_) => Ok(TaskOutcome::Done),
            Err(CommitError::PreconditionFailed(_) | CommitError::Absent) => Ok(TaskOutcome::Skipped),
            Err(error) => Err(table_error(error)),
        }
    }

    /// For good, if it is still as it was read.
    async fn purge(&self, ticket: &Ticket) -> Result<TaskOutcome, TableError> {
        if !self.services.tickets.begin_purge(ticket, self.now()).await? {
            return Ok(TaskOutcome::Skipped);
        }
        self.finish_purge(ticket.workspace_id, ticket.id).await?;
        Ok(TaskOutcome::Done)
    }

    /// Removes what a purged ticket has left: its files, then its items.
    pub async fn finish_purge(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<(), TableError> {
        let tickets = &self.services.tickets;
        if let Some(objects) = &self.services.objects {
            remove_files(Some(objects), tickets, workspace, ticket, self.now()).await?;
        }
        tickets.finish_purge(workspace, ticket).await
    }
}

/// How long tickets may stay in a list; none: as long as they like.
const fn days_in(state: State, retention: Retention) -> Option<Days> {
    match state {
        State::Trashed => Some(retention.restore_window),
        _ => retention.finished,
    }
}
