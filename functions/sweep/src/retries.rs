//! Retries of poison records: the events of a ticket or contact of which the fan-out could
//! not handle a record are checked, and their backfill is requested. A ticket's words are
//! indexed anew.

use crate::{
    backfill::CheckedSubject,
    run::{SweepRun, TaskOutcome},
};
use lambdesk_domain::{events::EventSubject, id::WorkspaceId, time::Timestamp};
use lambdesk_store_events::GapWindow;
use lambdesk_table::TableError;
use std::time::Duration;

/// How far before its time a retry looks for versions without an event.
const RETRY_WINDOW: Duration = Duration::from_hours(48);
/// So long after a ticket's last change its events are given time to come.
const SETTLING: Duration = Duration::from_mins(5);
/// When something unreadable is tried again: it is ours to mend first.
pub const UNREADABLE_AGAIN: Duration = Duration::from_hours(1);

impl SweepRun<'_> {
    /// Does a retry that was due at this time. It is due again while events may still come,
    /// or while what it is about can't be read.
    pub async fn retry_row(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        at: Timestamp,
    ) -> Result<TaskOutcome, TableError> {
        let (events, now) = (&self.services.events, self.now());
        // However long the sweep stood still: `at` is soon after the record that failed.
        let since = at.min(now).minus(RETRY_WINDOW);
        let again = match self.is_unsettled(workspace, of, (since, now)).await {
            Ok(false) => {
                events.clear_retry(workspace, of, at).await?;
                return Ok(TaskOutcome::Done);
            }
            Ok(true) => SETTLING,
            Err(TableError::Corrupt(corrupt)) => {
                tracing::error!(subject = %of, error = %corrupt, "its events can't be checked yet");
                UNREADABLE_AGAIN
            }
            Err(error) => return Err(error),
        };
        events.schedule_retry(workspace, of, now.plus(again)).await?;
        Ok(TaskOutcome::Skipped)
    }

    /// Checks the events; whether more of them may be missing than were requested.
    async fn is_unsettled(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        (since, now): (Timestamp, Timestamp),
    ) -> Result<bool, TableError> {
        let window = GapWindow { since, settled_before: now.minus(SETTLING) };
        match of {
            EventSubject::Ticket(id) => {
                let Some(ticket) = self.services.tickets.ticket(workspace, id).await? else {
                    return Ok(false);
                };
                let gaps = self.request_backfill(CheckedSubject::from(&ticket), window).await?;
                // A backfill has its words indexed anew, too.
                if gaps.versions.is_empty() {
                    self.services.tickets.request_reindex(workspace, id, now).await?;
                }
                // Its row is gone if the ticket was unreadable when the follow-up was due.
                if ticket.follow_up_at.is_some() {
                    self.services.events.project_follow_up(&ticket, now).await?;
                }
                Ok(gaps.is_unsettled)
            }
            EventSubject::Contact(id) => {
                let slot = self.services.contacts.slot(workspace, id).await?;
                let Some(contact) = CheckedSubject::of_slot(workspace, &slot) else {
                    return Ok(false);
                };
                Ok(self.request_backfill(contact, window).await?.is_unsettled)
            }
        }
    }
}
