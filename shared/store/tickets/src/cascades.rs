//! Cascades: what was deleted is taken off all tickets that have it, a contact that has
//! changed is copied anew onto its tickets, and tickets of an account that is called
//! otherwise are indexed anew. An item each, among the due rows until the last
//! pass is through.
//!
//! A slice of a pass costs a query for ids, an item read per ticket, a write per ticket that
//! is not as it should be, and the cascade's own read and write; of a custom field or an
//! option also a read of the directory.

use crate::{CommitError, Tickets, index_entries, item as ticket_item};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use lambdesk_domain::{
    cascade::{Cascade, CascadeStep, FieldsSeen, RemovedValue},
    contact::ContactRef,
    id::{CascadeId, ContactId, TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_store_directory::Directories;
use lambdesk_table::{
    Held, Item, Page, TableError, Tenant, Tx, Versioned, Write,
    item::{document, text},
    keys::{self, IndexedValue},
    log_failure,
    retry::{ATTEMPTS, Attempts},
};

/// Tickets of one slice.
const SLICE: u16 = 50;
/// Tickets of a slice that are changed at once.
const AT_ONCE: usize = 8;

/// The write that begins a cascade, to be made together with what it follows from.
pub fn begin_cascade(workspace: WorkspaceId, cascade: &Cascade) -> Write {
    Write::create(item(workspace, cascade, cascade.requested_at))
}

/// The item of a cascade that is saved at this time: due from then on at the earliest, for
/// nobody looks again at hours that are over.
fn item(workspace: WorkspaceId, cascade: &Cascade, now: Timestamp) -> Item {
    let key = Tenant::new(workspace).cascade(cascade.id);
    let (hour, place) = keys::due(cascade.due_at().max(now), &key);
    let mut item = document(key, cascade);
    item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
    item
}

/// How far the work on a cascade has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CascadeProgress {
    /// The pass is through: it waits for its next one, or is done.
    Rests,
    /// The time was over in the midst of the pass, which is due at once.
    Unfinished,
    /// There is no such cascade, or another worker is at it.
    Elsewhere,
}

/// What is done with each ticket of a slice.
enum TicketAction<'a> {
    Remove(&'a RemovedValue),
    /// None: the contact is gone, and so will its copies be, by an erasure or a merge.
    Copy(Option<ContactRef>),
    Reindex,
}

impl Tickets {
    /// Works on a cascade until it waits for its next pass, is done, or the time is over, of
    /// which `is_over` is asked after each slice. The directory tells which custom fields
    /// there are by now.
    ///
    /// # Errors
    /// When the table fails; what was done stays done.
    pub async fn work_on_cascade(
        &self,
        directories: &Directories,
        workspace: WorkspaceId,
        id: CascadeId,
        now: impl Fn() -> Timestamp + Send + Sync,
        is_over: impl Fn() -> bool + Send + Sync,
    ) -> Result<CascadeProgress, TableError> {
        let key = Tenant::new(workspace).cascade(id);
        loop {
            let Some(read) = self.table.versioned::<Cascade>(key.clone()).await? else {
                return Ok(CascadeProgress::Elsewhere);
            };
            if read.value.due_at() > now() {
                return Ok(CascadeProgress::Rests);
            }
            let after = self.slice(directories, workspace, &read.value, now()).await?;
            let next = read.value.clone().went_on(after);
            let rests = next.as_ref().is_none_or(|next| next.due_at() > now());
            if !self.save_cascade(workspace, &read, next, now()).await? {
                return Ok(CascadeProgress::Elsewhere);
            }
            if rests {
                return Ok(CascadeProgress::Rests);
            }
            if is_over() {
                return Ok(CascadeProgress::Unfinished);
            }
        }
    }

    /// Deals with some tickets; the last of them if there are more.
    async fn slice(
        &self,
        directories: &Directories,
        workspace: WorkspaceId,
        cascade: &Cascade,
        now: Timestamp,
    ) -> Result<Option<TicketId>, TableError> {
        let (page, action) = match cascade.current() {
            None => return Ok(None),
            Some(CascadeStep::Remove(removed)) => {
                let value = IndexedValue::of_removed(removed);
                let page = index_entries(&self.table, workspace, &value, (cascade.after, SLICE)).await?;
                (page, TicketAction::Remove(removed))
            }
            Some(CascadeStep::Reindex(account)) => {
                let value = IndexedValue::Account(*account);
                let page = index_entries(&self.table, workspace, &value, (cascade.after, SLICE)).await?;
                (page, TicketAction::Reindex)
            }
            Some(CascadeStep::Copy(contact)) => self.copies(workspace, *contact, cascade.after).await?,
        };
        let of_field = cascade.current().is_some_and(CascadeStep::is_of_field) && !page.items.is_empty();
        let directory = if of_field { directories.fresh_directory(workspace).await? } else { None };
        let definitions = directory.as_ref().map(|directory| directory.fields.as_slice()).unwrap_or_default();
        let fields = FieldsSeen { definitions, at: now };
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = page
            .items
            .iter()
            .map(|ticket| match &action {
                TicketAction::Remove(removed) => {
                    self.take_off(workspace, *ticket, (cascade, removed), fields).map(|done| (*ticket, done)).boxed()
                }
                TicketAction::Copy(Some(contact)) => {
                    self.copy(workspace, *ticket, contact).map(|done| (*ticket, done)).boxed()
                }
                TicketAction::Copy(None) => async { (*ticket, Ok(())) }.boxed(),
                TicketAction::Reindex => {
                    self.request_reindex(workspace, *ticket, now).map(|done| (*ticket, done)).boxed()
                }
            })
            .collect();
        let done = stream::iter(work).buffer_unordered(AT_ONCE).map(|(ticket, done)| left_out(cascade, ticket, done));
        done.try_collect::<()>().await?;
        Ok(page.items.last().filter(|_| page.has_more).copied())
    }

    /// Some tickets of a contact, and the contact as it is now.
    async fn copies(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        after: Option<TicketId>,
    ) -> Result<(Page<TicketId>, TicketAction<'static>), TableError> {
        let page = self.tickets_of(workspace, contact, after, SLICE).await?;
        let contact = self.contacts.contact(workspace, contact).await?;
        Ok((page, TicketAction::Copy(contact.as_ref().map(ContactRef::from))))
    }

    /// Copies a contact onto a ticket that is the contact's and has another copy.
    async fn copy(&self, workspace: WorkspaceId, ticket: TicketId, contact: &ContactRef) -> Result<(), TableError> {
        let write = ticket_item::copy_contact(Tenant::new(workspace).ticket(ticket), contact);
        self.table.write(write).await.map(drop)
    }

    async fn save_cascade(
        &self,
        workspace: WorkspaceId,
        read: &Versioned<Cascade>,
        after: Option<Cascade>,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let write = match after {
            Some(after) => Write::put(item(workspace, &after, now)),
            None => Write::delete(Tenant::new(workspace).cascade(read.value.id)),
        };
        // As a transaction, so that a lost answer is not taken for another worker.
        let mut tx = Tx::<Held<TableError>>::new();
        tx.hold(write.when_unchanged(read));
        tx.commit_held(&self.table).await
    }

    /// Takes a value off one ticket, unless the ticket does not have it by now, or has it
    /// anew.
    async fn take_off(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        (cascade, removed): (&Cascade, &RemovedValue),
        fields: FieldsSeen<'_>,
    ) -> Result<(), TableError> {
        let (mut found, mut attempts) = (self.ticket(workspace, id).await?, Attempts::new());
        while let Some(change) = found.as_ref().and_then(|ticket| cascade.take_off(removed, ticket, fields, fields.at))
        {
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

/// A ticket that can't be read, or that others keep writing, holds up none of the others:
/// the next pass comes to it again. In the last one, what others keep writing is tried until
/// it is done; what can't be read is told of.
fn left_out(cascade: &Cascade, ticket: TicketId, done: Result<(), TableError>) -> Result<(), TableError> {
    match done {
        Err(TableError::Contended) if cascade.is_last_pass() => done,
        Err(error @ (TableError::Corrupt(_) | TableError::Contended)) => {
            log_failure!(error, %ticket, cascade = %cascade.id, is_last_pass = cascade.is_last_pass(), "a cascade has left a ticket out");
            Ok(())
        }
        done => done,
    }
}
