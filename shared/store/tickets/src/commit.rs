//! Changes of a ticket, held to their guard: one conditional update, or one transaction
//! when a message comes, changes or goes, or an answer is remembered.

use crate::{
    Tickets, attachments,
    error::CommitError,
    item,
    message::{self, MessageItems},
};
use lambdesk_domain::{
    command::Change,
    id::{TicketId, WorkspaceId},
    ticket::Ticket,
};
use lambdesk_table::{Corrupt, Expression, Item, Record, TableError, Tenant, Tx, Updated, Write};

impl Tickets {
    /// Commits a change if its guard holds. Answers the ticket afterwards where the
    /// table tells it. Written once however often it is sent: a transaction by its
    /// token, an update by the cause it leaves, so one request may change one ticket
    /// once per instant.
    ///
    /// What the change moves in the indexes must follow from its guard: a lifecycle state
    /// from a single status, an assignee from statuses that are all active or none.
    /// Decisions of the domain are like that.
    ///
    /// # Errors
    /// [`CommitError::PreconditionFailed`] with the ticket as it is,
    /// [`CommitError::Absent`], [`CommitError::Answered`],
    /// [`CommitError::AttachmentTaken`], or the table's failure.
    pub async fn commit(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        change: &Change,
        answer: Option<&Record>,
    ) -> Result<Option<Ticket>, CommitError> {
        let is_alone = change.message.is_none() && change.edited.is_none() && change.deleted.is_none();
        if is_alone && answer.is_none() {
            return self.update(workspace, ticket, change).await.map(Some);
        }
        let mut tx = Tx::<CommitError>::new();
        tx.remember(workspace, answer, change.at);
        tx.require_with(guarded(workspace, ticket, change, false), refusal);
        let tenant = Tenant::new(workspace);
        if let Some(message) = &change.message {
            // Before the message, so that a taken file is the answer even where the
            // message is there already.
            for take in attachments::take(workspace, message) {
                tx.require(take, CommitError::AttachmentTaken);
            }
            message::add(&mut tx, &tenant, message);
        }
        if let Some(message) = &change.edited {
            let MessageItems { message: item, body } = message::items(&tenant, message);
            tx.write(Write::put(item).when("attribute_exists(pk)"));
            let body_key = tenant.message_body(ticket, message.id);
            // What it said before may have been long.
            tx.write(body.map_or_else(|| Write::delete(body_key), Write::put));
        }
        if let Some(message) = &change.deleted {
            tx.write(Write::delete(tenant.message(ticket, message.id)).when("attribute_exists(pk)"));
            if message::may_be_elsewhere(message) {
                tx.write(Write::delete(tenant.message_body(ticket, message.id)));
            }
            for doom in attachments::doom(workspace, message) {
                tx.write(doom);
            }
        }
        tx.commit(&self.table).await?;
        Ok(None)
    }

    async fn update(&self, workspace: WorkspaceId, ticket: TicketId, change: &Change) -> Result<Ticket, CommitError> {
        match self.table.update(guarded(workspace, ticket, change, true)).await? {
            Updated::Now(item) => Ok(item::decode(&item).map_err(TableError::from)?),
            Updated::Refused(item) => match refusal(item).map_err(TableError::from)? {
                CommitError::PreconditionFailed(now) if item::is_written(change, &now) => Ok(*now),
                other => Err(other),
            },
        }
    }
}

/// The update of the ticket item, held to the change's guard. `is_alone` also holds it to
/// not being made already, which in a transaction its token does.
pub fn guarded(workspace: WorkspaceId, ticket: TicketId, change: &Change, is_alone: bool) -> Write {
    let mut expression = Expression::default();
    let mut condition = item::condition(change, &mut expression);
    let dedup = if is_alone { item::dedup(change, &mut expression) } else { None };
    if let Some(dedup) = dedup {
        condition = format!("{condition} AND {dedup}");
    }
    let update = item::update(workspace, ticket, change, &mut expression);
    let write = Write::update(Tenant::new(workspace).ticket(ticket), update);
    write.when(condition).with(expression).showing_item()
}

/// Why the ticket item, as it is, was not changed.
fn refusal(item: Option<Item>) -> Result<CommitError, Corrupt> {
    let Some(item) = item else {
        return Ok(CommitError::Absent);
    };
    Ok(CommitError::PreconditionFailed(Box::new(item::decode(&item)?)))
}
