//! Removing what tickets have stored: the object first and then the item that
//! names it, so that a removal which was interrupted is found and goes on.

use crate::{bucket::Objects, error::RemovalError, key::ObjectKey};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use lambdesk_domain::{
    id::{AttachmentId, TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_store_tickets::Tickets;

/// How many files one call removes at most.
const AT_ONCE: u16 = 100;
/// How many are removed at the same time.
const SIDE_BY_SIDE: usize = 8;

/// What a removal came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// How many files are gone.
    pub removed: usize,
    /// There are more; call again.
    pub has_more: bool,
}

impl Objects {
    /// Removes the files of a ticket, with their items: those of its messages and
    /// those that no message took. At most a hundred at a time. What their messages
    /// say about them is the caller's business. May be repeated.
    ///
    /// # Errors
    /// When the object store or the table fails; calling again goes on.
    pub async fn remove_all(
        &self,
        tickets: &Tickets,
        workspace: WorkspaceId,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<Removal, RemovalError> {
        let page = tickets.attachments(workspace, ticket, AT_ONCE).await?;
        let files: Vec<_> = page.items.iter().map(|upload| upload.file.id).collect();
        self.remove(tickets, workspace, ticket, &files, now).await?;
        Ok(Removal { removed: files.len(), has_more: page.has_more })
    }

    /// Removes these files of a ticket, with their items.
    ///
    /// # Errors
    /// When the object store or the table fails; calling again goes on.
    pub async fn remove(
        &self,
        tickets: &Tickets,
        workspace: WorkspaceId,
        ticket: TicketId,
        files: &[AttachmentId],
        now: Timestamp,
    ) -> Result<(), RemovalError> {
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let removals: Vec<_> = files
            .iter()
            .map(|attachment| self.remove_one(tickets, workspace, ticket, *attachment, now).boxed())
            .collect();
        stream::iter(removals).buffer_unordered(SIDE_BY_SIDE).try_collect().await
    }

    async fn remove_one(
        &self,
        tickets: &Tickets,
        workspace: WorkspaceId,
        ticket: TicketId,
        attachment: AttachmentId,
        now: Timestamp,
    ) -> Result<(), RemovalError> {
        self.delete(&ObjectKey { workspace, ticket, attachment }, now).await?;
        tickets.forget_attachment(workspace, ticket, attachment).await?;
        Ok(())
    }
}
