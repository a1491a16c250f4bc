//! Removals: what was deleted is taken off all tickets that have it. An item each, among the
//! due rows until the last pass is through.
//!
//! A slice of a pass costs a query of index entries, an item read per ticket, a write per
//! ticket that has it, and the removal's own read and write.

use crate::{CommitError, Tickets, index_entries};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use lambdesk_domain::{
    id::{RemovalId, TicketId, WorkspaceId},
    removal::Removal,
    time::Timestamp,
};
use lambdesk_table::{
    Held, Item, TableError, Tenant, Tx, Versioned, Write,
    item::{document, text},
    keys::{self, IndexedValue},
    retry::{ATTEMPTS, Attempts},
};

/// Tickets of one slice.
const SLICE: u16 = 50;
/// Tickets of a slice that are changed at once.
const AT_ONCE: usize = 8;

/// The write that begins a removal, to be made together with the deletion.
#[must_use]
pub fn begin_removal(workspace: WorkspaceId, removal: &Removal) -> Write {
    Write::create(item(workspace, removal))
}

fn item(workspace: WorkspaceId, removal: &Removal) -> Item {
    let key = Tenant::new(workspace).removal(removal.id);
    let (hour, place) = keys::due(removal.due_at(), &key);
    let mut item = document(key, removal);
    item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
    item
}

impl Tickets {
    /// Works on a removal until it waits for its next pass, is done, or the time is over, of
    /// which `is_over` is asked after each slice. Says whether this worker got so far; not
    /// when there is no such removal, or when another worker is at it.
    ///
    /// # Errors
    /// When the table fails; what was done stays done.
    pub async fn work_on_removal(
        &self,
        workspace: WorkspaceId,
        id: RemovalId,
        now: impl Fn() -> Timestamp + Send + Sync,
        is_over: impl Fn() -> bool + Send + Sync,
    ) -> Result<bool, TableError> {
        let key = Tenant::new(workspace).removal(id);
        loop {
            let Some(read) = self.table.versioned::<Removal>(key.clone()).await? else {
                return Ok(false);
            };
            if read.value.due_at() > now() {
                return Ok(true);
            }
            let Some(value) = read.value.current().map(IndexedValue::of_removed) else {
                return self.save_removal(workspace, &read, None).await;
            };
            let page = index_entries(&self.table, workspace, &value, (read.value.after, SLICE)).await?;
            let take_off = |ticket: &TicketId| self.take_off(workspace, *ticket, &read.value, now()).boxed();
            // Boxed, so that the compiler can tell that the whole may move between threads.
            let taken_off: Vec<_> = page.items.iter().map(take_off).collect();
            stream::iter(taken_off).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
            let after = page.items.last().filter(|_| page.has_more).copied();
            let next = read.value.clone().went_on(after);
            let is_last = next.is_none();
            if !self.save_removal(workspace, &read, next).await? {
                return Ok(false);
            }
            if is_last || is_over() {
                return Ok(is_last);
            }
        }
    }

    async fn save_removal(
        &self,
        workspace: WorkspaceId,
        read: &Versioned<Removal>,
        after: Option<Removal>,
    ) -> Result<bool, TableError> {
        let write = match after {
            Some(after) => Write::put(item(workspace, &after)),
            None => Write::delete(Tenant::new(workspace).removal(read.value.id)),
        };
        // As a transaction, so that a lost answer is not taken for another worker.
        let mut tx = Tx::<Held<TableError>>::new();
        tx.hold(write.when_unchanged(read));
        tx.commit_held(&self.table).await
    }

    /// Takes it off one ticket, unless the ticket does not have it by now.
    async fn take_off(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        removal: &Removal,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let (mut found, mut attempts) = (self.ticket(workspace, id).await?, Attempts::new());
        while let Some(change) = found.as_ref().and_then(|ticket| removal.take_off(ticket, now)) {
            match self.commit(workspace, id, &change, None).await {
                Ok(_) | Err(CommitError::Absent) => return Ok(()),
                Err(CommitError::PreconditionFailed(now)) => found = Some(*now),
                Err(CommitError::Table(error)) => return Err(error),
                // A change of the ticket alone neither answers nor takes a file.
                Err(CommitError::Answered(_) | CommitError::AttachmentTaken) => return Err(TableError::Contended),
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended);
            }
        }
        Ok(())
    }
}
