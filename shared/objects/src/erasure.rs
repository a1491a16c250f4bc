//! Removing all files of a ticket, for those who work through tickets.

use crate::{bucket::Objects, error::RemovalError};
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_store_tickets::Tickets;
use lambdesk_table::{TableError, log_failure};

/// Removes every file of a ticket, with their items, and says how many it were.
/// Without a bucket, holds the ticket to having none.
///
/// # Errors
/// When the object store or the table fails; calling again goes on.
pub async fn remove_files(
    objects: Option<&Objects>,
    tickets: &Tickets,
    workspace: WorkspaceId,
    ticket: TicketId,
    now: Timestamp,
) -> Result<u64, TableError> {
    let Some(objects) = objects else {
        let page = tickets.attachments(workspace, ticket, 1).await?;
        if page.items.is_empty() {
            return Ok(0);
        }
        tracing::error!("files stay where they are: this function was given no bucket; set LAMBDESK_BUCKET");
        return Err(TableError::Unavailable("no bucket"));
    };
    let mut count = 0;
    loop {
        let removal = objects.remove_all(tickets, workspace, ticket, now).await.map_err(|error| match error {
            RemovalError::Store(error) => error,
            RemovalError::Objects(error) => {
                log_failure!(error, "files of a ticket could not be removed; they are tried again");
                TableError::Unavailable("object store")
            }
        })?;
        count += removal.removed as u64;
        if !removal.has_more {
            return Ok(count);
        }
    }
}
