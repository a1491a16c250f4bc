//! Working on a merge or an erasure, ticket by ticket.
//!
//! Every step says in the table itself that it is done: a ticket that was moved or
//! erased is no longer found under the contact. So a job may stop anywhere, be done
//! by two at once, and goes on where it was.

use crate::{
    changes::Seen,
    client::{Store, Transaction},
    error::{CommitError, StoreError},
    item::{Item, Reader, text},
    keys::{self, Key, Tenant},
    message,
};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use lambdesk_domain::{
    contact::{Account, Contact, ContactRef},
    custom_field::FieldDefinition,
    id::{AccountId, ContactId, TicketId, WorkspaceId},
    personal::{self, Counts, Job, JobKind},
    ticket::Ticket,
    time::Timestamp,
};

/// How many tickets are looked up at once, and how often the progress is saved.
const SLICE: u16 = 10;
/// How many messages are read, and written in one transaction, at once.
const MESSAGES: u16 = 25;
/// How often one ticket is tried again because others change it meanwhile.
const ATTEMPTS: u32 = 8;

/// How far the work on a job has come.
#[derive(Debug)]
pub enum Progress {
    /// There is more to do, and nobody else works on it.
    More(Box<Seen<Job>>),
    /// Done, or to be looked at again later, or somebody else works on it.
    Rest(Box<Job>),
}

/// What one slice of a job works with.
struct Slice<'a> {
    workspace: WorkspaceId,
    job: &'a Job,
    /// Of a merge: the contact that stays; none when it is gone.
    target: Option<Contact>,
    fields: Vec<FieldDefinition>,
    now: Timestamp,
}

impl Store {
    /// Does the next part of a job: at most ten tickets of each contact, and as many
    /// accounts. `delete_files` deletes the attachments of one ticket, and says how
    /// many; an erasure asks for it before it lets go of the ticket.
    ///
    /// # Errors
    /// When the table fails; what was done stays done.
    pub async fn work_on<F>(
        &self,
        workspace: WorkspaceId,
        seen: Box<Seen<Job>>,
        now: Timestamp,
        delete_files: impl Fn(TicketId) -> F + Send + Sync,
    ) -> Result<Progress, StoreError>
    where
        F: Future<Output = Result<u64, StoreError>> + Send,
    {
        let job = &seen.value;
        if job.completed_at.is_some() {
            return Ok(Progress::Rest(Box::new(seen.value)));
        }
        let slice = self.slice(workspace, job, now).await?;
        let (mut done, mut found) = (Counts::default(), 0);
        for subject in &job.subjects {
            let tickets = self.tickets_of(workspace, *subject, None, SLICE).await?.items;
            let accounts = self.accounts_of(workspace, *subject, None, SLICE).await?.accounts;
            found += tickets.len() + accounts.len();
            for ticket in tickets {
                done = done.and(self.take_ticket(&slice, ticket, &delete_files).await?);
            }
            for account in accounts {
                done = done.and(self.take_account(&slice, account.id).await?);
            }
        }
        let has_ended = found == 0 && job.has_settled(now);
        let after = Job { counts: job.counts.and(done), completed_at: has_ended.then_some(now), ..job.clone() };
        if !self.save_job(workspace, &seen, &after, now).await? || done == Counts::default() {
            return Ok(Progress::Rest(Box::new(after)));
        }
        match self.job(workspace, after.contact, after.id).await? {
            Some(seen) => Ok(Progress::More(Box::new(seen))),
            None => Ok(Progress::Rest(Box::new(after))),
        }
    }

    async fn slice<'a>(&self, workspace: WorkspaceId, job: &'a Job, now: Timestamp) -> Result<Slice<'a>, StoreError> {
        let target = match job.kind {
            JobKind::Merge => self.contact(workspace, job.contact).await?,
            JobKind::Erase | JobKind::Export => None,
        };
        let directory = self.directory(workspace).await?;
        let fields = directory.map(|directory| directory.fields.clone()).unwrap_or_default();
        Ok(Slice { workspace, job, target, fields, now })
    }

    /// Moves or erases one ticket, unless it is no longer the contact's.
    async fn take_ticket<F>(
        &self,
        slice: &Slice<'_>,
        id: TicketId,
        delete_files: &(impl Fn(TicketId) -> F + Send + Sync),
    ) -> Result<Counts, StoreError>
    where
        F: Future<Output = Result<u64, StoreError>> + Send,
    {
        let mut counts = Counts::default();
        let mut found = self.ticket(slice.workspace, id).await?;
        for _ in 0..ATTEMPTS {
            let Some(ticket) = found.filter(|ticket| slice.is_subject(ticket)) else {
                return Ok(counts);
            };
            if slice.job.kind == JobKind::Erase {
                counts.attachments += delete_files(id).await?;
                counts.messages += self.erase_messages(slice.workspace, id).await?;
            }
            let Some(change) = slice.change(&ticket) else {
                return Ok(counts);
            };
            match self.commit(slice.workspace, id, &change, None).await {
                Ok(_) => {
                    counts.tickets += 1;
                    return Ok(counts);
                }
                Err(CommitError::NotAsAssumed(now)) => found = Some(*now),
                Err(CommitError::Absent) => return Ok(counts),
                Err(CommitError::Store(error)) => return Err(error),
                Err(other) => return Err(StoreError::Refused(other.to_string())),
            }
        }
        Err(StoreError::Contended)
    }

    /// Overwrites what the messages of a ticket say; how many it were.
    async fn erase_messages(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<u64, StoreError> {
        let pk = Tenant::new(workspace).ticket(ticket).pk;
        let (mut from, mut count, mut attempts) = (keys::MESSAGES.0.to_owned(), 0, 0);
        loop {
            let page = self.between(&pk, (&from, keys::MESSAGES.1), true, MESSAGES).await?;
            let puts: Vec<_> = page.items.iter().filter_map(|item| self.put_erased(item).transpose()).collect();
            let puts: Vec<_> = puts.into_iter().collect::<Result<_, _>>()?;
            let erased = puts.len() as u64;
            // What somebody changed or deleted meanwhile is read again as it is now.
            if erased > 0 && matches!(self.transact(puts).await?, Transaction::Cancelled(_)) {
                attempts += 1;
                if attempts == ATTEMPTS {
                    return Err(StoreError::Contended);
                }
                continue;
            }
            count += erased;
            match page.items.last().filter(|_| page.has_more) {
                Some(last) => from = keys::after(Reader(last).text("sk")?),
                None => return Ok(count),
            }
        }
    }

    /// The message without its words, if it is still as it was read; none when it has
    /// none any more.
    fn put_erased(&self, item: &Item) -> Result<Option<TransactWriteItem>, StoreError> {
        let Some(erased) = personal::erased(&message::decode(item)?) else {
            return Ok(None);
        };
        let read = Reader(item);
        let key = Key { pk: read.text("pk")?.to_owned(), sk: read.text("sk")?.to_owned() };
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(message::encode(key, &erased)))
            .condition_expression("doc = :seen")
            .expression_attribute_values(":seen", text(read.text("doc")?))
            .build();
        let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(Some(TransactWriteItem::builder().put(put).build()))
    }

    /// Gives an account to the contact that stays, or takes from it whose it was.
    async fn take_account(&self, slice: &Slice<'_>, id: AccountId) -> Result<Counts, StoreError> {
        for _ in 0..ATTEMPTS {
            let seen = self.seen_account(slice.workspace, id).await?;
            let Some(seen) = seen.filter(|seen| slice.is_subjects(seen.value.contact_id)) else {
                return Ok(Counts::default());
            };
            let before = seen.value.clone();
            let after = match (slice.job.kind, &slice.target) {
                (JobKind::Erase, _) => before.erased(slice.now),
                (_, Some(target)) => Account { contact_id: Some(target.id), ..before }.changed(slice.now),
                (_, None) => return Ok(Counts::default()),
            };
            match self.change_account(slice.workspace, &seen, Some(&after), None, slice.now).await {
                Ok(true) => return Ok(Counts { accounts: 1, ..Counts::default() }),
                Ok(false) => {}
                Err(CommitError::Store(error)) => return Err(error),
                Err(other) => return Err(StoreError::Refused(other.to_string())),
            }
        }
        Err(StoreError::Contended)
    }
}

impl Slice<'_> {
    fn is_subjects(&self, contact: Option<ContactId>) -> bool {
        contact.is_some_and(|contact| self.job.subjects.contains(&contact))
    }

    fn is_subject(&self, ticket: &Ticket) -> bool {
        self.is_subjects(ticket.contact.as_ref().map(|contact| contact.id))
    }

    /// None when a merge has lost its target: it was erased, and the erasure takes the
    /// ticket too.
    fn change(&self, ticket: &Ticket) -> Option<lambdesk_domain::command::Change> {
        let cause = self.job.cause();
        match self.job.kind {
            JobKind::Export => None,
            JobKind::Erase => {
                let fields: Vec<_> = self.fields.iter().collect();
                Some(personal::erase(ticket, &fields, cause, self.now))
            }
            JobKind::Merge => {
                let target = self.target.as_ref()?;
                Some(personal::reassign(ticket, ContactRef::from(target), cause, self.now))
            }
        }
    }
}
