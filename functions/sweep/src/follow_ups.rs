//! Follow-ups that are due: a due row in, the ticket brought back without its follow-up
//! out. One write of the ticket and one of the row when both agree.

use crate::{
    retries::UNREADABLE_AGAIN,
    run::{SweepRun, TaskOutcome},
};
use lambdesk_domain::{
    command::{Context, Decision, follow_up_due},
    events::EventSubject,
    id::{TicketId, WorkspaceId},
    status::Lifecycle,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_tickets::CommitError;
use lambdesk_table::TableError;

impl SweepRun<'_> {
    /// On the likely case first: the follow-up is still the one that is due and was not
    /// set silently, and the ticket is live. Answers when it was due, too.
    pub async fn follow_up_row(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        at: Timestamp,
    ) -> Result<(TaskOutcome, Timestamp), TableError> {
        let events = &self.services.events;
        let outcome = match self.bring_back(workspace, ticket, at, (Lifecycle::Live, false)).await {
            Ok(()) => TaskOutcome::Done,
            Err(CommitError::PreconditionFailed(ticket)) => return self.follow_up_of(&ticket, at).await,
            Err(CommitError::Absent) => {
                events.remove_follow_up(workspace, ticket).await?;
                TaskOutcome::Skipped
            }
            Err(CommitError::Table(TableError::Corrupt(corrupt))) => {
                tracing::error!(%ticket, error = %corrupt, "a ticket can't be read; its follow-up waits");
                let again = self.now().plus(UNREADABLE_AGAIN);
                events.schedule_retry(workspace, EventSubject::Ticket(ticket), again).await?;
                events.remove_follow_up(workspace, ticket).await?;
                TaskOutcome::Skipped
            }
            Err(error) => return Err(table_error(error)),
        };
        Ok((outcome, at))
    }

    /// The same with the ticket at hand: on another lifecycle state, or another follow-up,
    /// or one that was set silently.
    async fn follow_up_of(&self, ticket: &Ticket, at: Timestamp) -> Result<(TaskOutcome, Timestamp), TableError> {
        let Some(due) = ticket.follow_up_at.filter(|due| *due <= self.now()) else {
            self.services.events.project_follow_up(ticket, self.now()).await?;
            return Ok((TaskOutcome::Skipped, at));
        };
        match self.bring_back(ticket.workspace_id, ticket.id, due, (ticket.lifecycle, ticket.is_follow_up_silent)).await
        {
            Ok(()) => Ok((TaskOutcome::Done, due)),
            // Changed again in between: its row is still there, so the next run looks again.
            Err(CommitError::PreconditionFailed(_) | CommitError::Absent) => Err(TableError::Contended),
            Err(error) => Err(table_error(error)),
        }
    }

    async fn bring_back(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        due: Timestamp,
        (lies_on, is_silent): (Lifecycle, bool),
    ) -> Result<(), CommitError> {
        let context = Context { is_silent, ..self.context() };
        let Decision::Change(change) = follow_up_due(due, lies_on, &context) else {
            return Ok(());
        };
        if let Some(ticket) = self.services.tickets.commit(workspace, ticket, &change, None).await? {
            self.services.events.project_follow_up(&ticket, context.now).await?;
        }
        Ok(())
    }
}

/// What a change without message, answer or contact can end in.
pub fn table_error(error: CommitError) -> TableError {
    match error {
        CommitError::Table(error) => error,
        other => TableError::Refused(other.to_string()),
    }
}
