//! Worker of merge and erase jobs: a job in, its subjects' tickets and accounts moved or erased,
//! slice by slice, and how far that came out. A slice costs two queries per subject, or some
//! more where the index is behind, two requests per ticket or account, and the job's own two; an
//! erasure besides deletes each ticket's files and overwrites its messages.
//!
//! It is in this crate because an erasure deletes files, of which the store crates know
//! nothing, and because two functions work on jobs, which can't depend on each other: that
//! of contacts within the request, the sweep on what the request has left.
//!
//! Every step says in the table itself that it is done: a ticket that was moved or erased
//! is no longer found under the contact. So a job may stop anywhere, be done by two at
//! once, and goes on where it was.

mod task;

use self::task::Task;
use crate::{bucket::Objects, erasure::remove_files};
use lambdesk_domain::{
    cascade::{Cascade, CascadeStep},
    id::{AccountId, CascadeId, ContactId, JobId, TicketId, WorkspaceId},
    personal::{Counts, Job, JobKind},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_contacts::{AccountChange, ContactError, Contacts};
use lambdesk_store_directory::Directories;
use lambdesk_store_tickets::{CommitError, Tickets, begin_cascade};
use lambdesk_table::{
    TableError, Versioned,
    retry::{ATTEMPTS, Attempts},
};
use uuid::Uuid;

/// How many tickets, and how many accounts, of each subject one slice takes. The progress
/// is saved after each slice.
const SLICE: u16 = 10;
/// How many pages of the index a slice looks through that list nothing of the subject's any
/// more.
const STALE_PAGES: usize = 10;

/// How far the work on a job has come.
#[derive(Debug)]
pub enum Progress {
    /// There is more to do, and nobody else works on it.
    More(Box<Versioned<Job>>),
    /// Done, or to be looked at again later, or somebody else works on it.
    Rest(Box<Job>),
}

/// The worker of merge and erase jobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JobWorker {
    contacts: Contacts,
    tickets: Tickets,
    directories: Directories,
    objects: Option<Objects>,
}

/// One slice of a job.
struct JobSlice<'a> {
    workspace: WorkspaceId,
    job: &'a Job,
    task: Task,
    now: Timestamp,
}

/// What one slice came to.
#[derive(Clone, Copy, Default)]
struct Handled {
    /// How many tickets and accounts were found, also those that the index still lists
    /// although they are no longer the subject's.
    found: usize,
    /// How much was moved or erased.
    counts: Counts,
}

impl Handled {
    /// One more that was found, and what was done with it.
    const fn count(&mut self, counts: Counts) {
        self.found += 1;
        self.counts = self.counts.and(counts);
    }

    const fn add(&mut self, more: Self) {
        self.found += more.found;
        self.counts = self.counts.and(more.counts);
    }

    fn is_something(&self) -> bool {
        self.counts != Counts::default()
    }
}

impl JobWorker {
    /// Over these stores. Without a bucket, the tickets to be erased must have no files.
    #[must_use]
    pub fn new(contacts: &Contacts, tickets: &Tickets, directories: &Directories, objects: Option<&Objects>) -> Self {
        Self {
            contacts: contacts.clone(),
            tickets: tickets.clone(),
            directories: directories.clone(),
            objects: objects.cloned(),
        }
    }

    /// Works on a contact's job until it rests or the time is over, of which `is_over` is
    /// asked after each slice; none when there is no such job.
    ///
    /// # Errors
    /// When the table or the object store fails; what was done stays done.
    pub async fn run(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        job: JobId,
        now: impl Fn() -> Timestamp + Send + Sync,
        is_over: impl Fn() -> bool + Send + Sync,
    ) -> Result<Option<Progress>, TableError> {
        let Some(read) = self.contacts.job(workspace, contact, job).await? else {
            return Ok(None);
        };
        let mut read = Box::new(read);
        loop {
            match self.work_on(workspace, read, now()).await? {
                Progress::More(more) if !is_over() => read = more,
                progress => return Ok(Some(progress)),
            }
        }
    }

    /// Handles the next slice of a job, and saves how far it came.
    async fn work_on(
        &self,
        workspace: WorkspaceId,
        read: Box<Versioned<Job>>,
        now: Timestamp,
    ) -> Result<Progress, TableError> {
        let job = &read.value;
        if job.rests(now) {
            return Ok(Progress::Rest(Box::new(read.value)));
        }
        let slice = JobSlice { workspace, job, task: self.task(workspace, job).await?, now };
        let Handled { found, counts } = self.handle(&slice).await?;
        let after = job.went_on(found, counts, now);
        if !self.contacts.save_job(workspace, &read, &after, now).await? || counts == Counts::default() {
            return Ok(Progress::Rest(Box::new(after)));
        }
        match self.contacts.job(workspace, after.contact, after.id).await? {
            Some(read) => Ok(Progress::More(Box::new(read))),
            None => Ok(Progress::Rest(Box::new(after))),
        }
    }

    async fn task(&self, workspace: WorkspaceId, job: &Job) -> Result<Task, TableError> {
        Ok(match job.kind {
            JobKind::Merge => {
                let target = self.contacts.contact(workspace, job.contact).await?;
                target.map_or(Task::Nothing, |target| Task::Reassign(Box::new(target)))
            }
            JobKind::Erase => {
                let directory = self.directories.directory(workspace).await?;
                Task::Erase(directory.map(|directory| directory.fields.clone()).unwrap_or_default())
            }
            JobKind::Export => Task::Nothing,
        })
    }

    async fn handle(&self, slice: &JobSlice<'_>) -> Result<Handled, TableError> {
        let mut handled = Handled::default();
        for subject in &slice.job.subjects {
            handled.add(self.handle_tickets(slice, *subject).await?);
            handled.add(self.handle_accounts(slice, *subject).await?);
        }
        Ok(handled)
    }

    /// The subject's first tickets, beyond those that the index lists although they are not
    /// the subject's any more.
    async fn handle_tickets(&self, slice: &JobSlice<'_>, subject: ContactId) -> Result<Handled, TableError> {
        let (mut handled, mut after) = (Handled::default(), None);
        for _ in 0..STALE_PAGES {
            let page = self.tickets.tickets_of(slice.workspace, subject, after, SLICE).await?;
            for ticket in &page.items {
                handled.count(self.handle_ticket(slice, *ticket).await?);
            }
            after = page.items.last().copied();
            if handled.is_something() || !page.has_more {
                break;
            }
        }
        Ok(handled)
    }

    /// The same of the subject's accounts.
    async fn handle_accounts(&self, slice: &JobSlice<'_>, subject: ContactId) -> Result<Handled, TableError> {
        let (mut handled, mut after) = (Handled::default(), None);
        for _ in 0..STALE_PAGES {
            let page = self.contacts.account_ids_of(slice.workspace, subject, after, SLICE).await?;
            for account in &page.items {
                handled.count(self.handle_account(slice, *account).await?);
            }
            after = page.items.last().copied();
            if handled.is_something() || !page.has_more {
                break;
            }
        }
        Ok(handled)
    }

    /// Moves or erases one ticket, unless it is no longer a subject's. An erasure first
    /// takes its files and words: while they are there, the ticket must be found.
    async fn handle_ticket(&self, slice: &JobSlice<'_>, id: TicketId) -> Result<Counts, TableError> {
        let (mut counts, mut attempts) = (Counts::default(), Attempts::new());
        let mut found = self.tickets.ticket(slice.workspace, id).await?;
        loop {
            let Some(ticket) = found.filter(|ticket| slice.is_of_subject(ticket)) else {
                return Ok(counts);
            };
            if matches!(slice.task, Task::Erase(_)) {
                counts = counts.and(self.erase_thread(slice, id).await?);
            }
            let Some(change) = slice.task.ticket_change(&ticket, slice.job, slice.now) else {
                return Ok(counts);
            };
            match self.tickets.commit(slice.workspace, id, &change, None).await {
                Ok(_) => return Ok(Counts { tickets: counts.tickets + 1, ..counts }),
                Err(CommitError::Absent) => return Ok(counts),
                Err(CommitError::PreconditionFailed(now)) => found = Some(*now),
                Err(CommitError::Table(error)) => return Err(error),
                Err(error @ (CommitError::Answered(_) | CommitError::AttachmentTaken)) => return Err(defect(&error)),
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended);
            }
        }
    }

    /// Deletes the files of a ticket and overwrites what its messages say.
    async fn erase_thread(&self, slice: &JobSlice<'_>, ticket: TicketId) -> Result<Counts, TableError> {
        let (objects, workspace) = (self.objects.as_ref(), slice.workspace);
        let attachments = remove_files(objects, &self.tickets, workspace, ticket, slice.now).await?;
        let messages = self.tickets.erase_messages(workspace, ticket).await?;
        Ok(Counts { attachments, messages, ..Counts::default() })
    }

    /// Gives an account to the contact that stays, or takes from it whose it was.
    async fn handle_account(&self, slice: &JobSlice<'_>, id: AccountId) -> Result<Counts, TableError> {
        let mut attempts = Attempts::new();
        loop {
            let read = self.contacts.versioned_account(slice.workspace, id).await?;
            let Some(read) = read.filter(|read| slice.is_subject(read.value.contact_id)) else {
                return Ok(Counts::default());
            };
            let Some(after) = slice.task.account_after(read.value.clone(), slice.now) else {
                return Ok(Counts::default());
            };
            // Tickets of others may be about it, too.
            let reindex = (!after.has_words_of(&read.value)).then(|| slice.reindex(id));
            let beside = reindex.iter().map(|cascade| begin_cascade(slice.workspace, cascade)).collect();
            let change = AccountChange { before: &read, after: Some(&after), beside };
            match self.contacts.change_account(slice.workspace, change, None, slice.now).await {
                Ok(true) => return Ok(Counts { accounts: 1, ..Counts::default() }),
                Ok(false) => {}
                Err(ContactError::Table(error)) => return Err(error),
                Err(error @ (ContactError::Answered(_) | ContactError::Taken(_))) => return Err(defect(&error)),
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended);
            }
        }
    }
}

/// A refusal that no write of a job can get.
fn defect(error: &impl std::error::Error) -> TableError {
    TableError::Refused(error.to_string())
}

impl JobSlice<'_> {
    /// What follows for the tickets of an account that has lost its words.
    fn reindex(&self, account: AccountId) -> Cascade {
        // An account loses its words once in a job.
        let id = Uuid::from_u128(self.job.id.uuid().as_u128() ^ account.uuid().as_u128());
        Cascade {
            id: CascadeId::new(id),
            steps: vec![CascadeStep::Reindex(account)],
            requested_at: self.now,
            requested_by: self.job.requested_by,
            request_id: self.job.request_id,
            is_silent: self.job.is_silent,
            passes: 0,
            at: 0,
            after: None,
        }
    }

    fn is_subject(&self, contact: Option<ContactId>) -> bool {
        contact.is_some_and(|contact| self.job.subjects.contains(&contact))
    }

    fn is_of_subject(&self, ticket: &Ticket) -> bool {
        self.is_subject(ticket.contact.as_ref().map(|contact| contact.id))
    }
}
