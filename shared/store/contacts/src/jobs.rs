//! Jobs on a person's data, an item each: kept as receipts, and among the due rows until
//! they have been looked at for the last time. Reading or writing one is one request.

use crate::Contacts;
use lambdesk_domain::{
    id::{ContactId, JobId, WorkspaceId},
    personal::Job,
    time::Timestamp,
};
use lambdesk_table::{
    Held, Item, Page, Query, TableError, Tenant, Tx, Versioned, Write,
    item::{document, text},
    keys::{self, JOBS},
};

/// The item of a job: in the due rows while it is due again.
pub fn item(workspace: WorkspaceId, job: &Job, now: Timestamp) -> Item {
    let key = Tenant::new(workspace).job(job.contact, job.id);
    let due = job.due_at(now).map(|at| keys::due(at, &key));
    let mut item = document(key, job);
    if let Some((hour, place)) = due {
        item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
    }
    item
}

impl Contacts {
    /// A job, or the receipt of one.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn job(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        id: JobId,
    ) -> Result<Option<Versioned<Job>>, TableError> {
        self.table.versioned(Tenant::new(workspace).job(contact, id)).await
    }

    /// The jobs on a contact, the latest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn jobs(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        before: Option<JobId>,
        limit: u16,
    ) -> Result<Page<Job>, TableError> {
        let tenant = Tenant::new(workspace);
        let to = before.map_or_else(|| JOBS.1.to_owned(), |before| keys::before(&tenant.job(contact, before).sk));
        let pk = tenant.job(contact, JobId::new(uuid::Uuid::nil())).pk;
        self.table.page(Query::of(pk).between(JOBS.0, to).ascending(false), limit).await?.documents()
    }

    /// Writes a new job, or a receipt alone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_job(&self, workspace: WorkspaceId, job: &Job, now: Timestamp) -> Result<(), TableError> {
        self.table.write(Write::put(item(workspace, job, now))).await.map(drop)
    }

    /// Remembers how far a job has come, if it is still as it was read; says whether it
    /// is: if not, somebody else works on it.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn save_job(
        &self,
        workspace: WorkspaceId,
        read: &Versioned<Job>,
        after: &Job,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        // As a transaction, so that a lost answer is not taken for another worker.
        let mut tx = Tx::<Held<TableError>>::new();
        tx.hold(Write::put(item(workspace, after, now)).when_unchanged(read));
        tx.commit_held(&self.table).await
    }
}
