//! Follow-up rows: one per ticket with a follow-up, found when it is due. Every write
//! carries the ticket's version, so that an older one never undoes a newer one.

use crate::Events;
use lambdesk_domain::{
    id::{TicketId, Version, WorkspaceId},
    status::Lifecycle,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_table::{
    TableError, Tenant, Write,
    item::{document, number, read_document, text},
    keys,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the tombstone of a cleared follow-up stays: longer than the stream can
/// repeat the version that had set it.
const CLEARED: Duration = Duration::from_hours(48);

/// The follow-up that a due row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// When it is due.
    pub due: Timestamp,
    /// Where the ticket was when it was set.
    #[serde(rename = "shelf")]
    pub lifecycle: Lifecycle,
}

impl Events {
    /// Makes the follow-up row agree with the ticket. A row of a later version stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn project_follow_up(&self, ticket: &Ticket, now: Timestamp) -> Result<(), TableError> {
        match ticket.follow_up_at {
            Some(due) => {
                let follow_up = FollowUp { due, lifecycle: ticket.lifecycle };
                self.put_follow_up(ticket.workspace_id, ticket.id, ticket.version, follow_up, now).await
            }
            None => self.clear_follow_up(ticket, now).await,
        }
    }

    /// Takes the row out of the due index and leaves a tombstone of this version for a
    /// while, so that neither an older row comes back nor a newer one is lost.
    async fn clear_follow_up(&self, ticket: &Ticket, now: Timestamp) -> Result<(), TableError> {
        let mut tombstone = document(Tenant::new(ticket.workspace_id).follow_up(ticket.id), &None::<FollowUp>);
        tombstone.insert("ver".to_owned(), number(ticket.version.0));
        tombstone.insert("expires_at".to_owned(), number(now.plus(CLEARED).seconds()));
        let write = Write::put(tombstone).when("attribute_exists(pk) AND ver < :ver");
        self.table.write(write.value(":ver", number(ticket.version.0))).await.map(drop)
    }

    /// Makes a follow-up findable when it is due. A row of a later version stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_follow_up(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        version: Version,
        follow_up: FollowUp,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let key = Tenant::new(workspace).follow_up(ticket);
        // A time that has passed goes where the sweep still looks.
        let (hour, place) = keys::due(follow_up.due.max(now), &key);
        let mut item = document(key, &follow_up);
        item.extend([
            ("ver".to_owned(), number(version.0)),
            ("x_pk".to_owned(), text(hour)),
            ("x_sk".to_owned(), text(place)),
        ]);
        let write = Write::put(item).when("attribute_not_exists(pk) OR ver < :ver");
        self.table.write(write.value(":ver", number(version.0))).await.map(drop)
    }

    /// The follow-up that a ticket's row stands for; none in a tombstone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn follow_up(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<Option<FollowUp>, TableError> {
        let item = self.table.get(Tenant::new(workspace).follow_up(ticket)).await?;
        let row = item.as_ref().map(read_document::<Option<FollowUp>>).transpose()?;
        Ok(row.flatten())
    }

    /// Removes a ticket's follow-up row.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn remove_follow_up(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<(), TableError> {
        self.table.write(Write::delete(Tenant::new(workspace).follow_up(ticket))).await.map(drop)
    }
}
