//! Jobs on a person's data: kept as receipts, and due until they are done.

use crate::{
    changes::{Refusal, Seen},
    client::Store,
    error::{CommitError, StoreError},
    item::{Item, document, text},
    keys::{self, JOBS, Tenant},
    tickets::Page,
};
use lambdesk_domain::{
    id::{ContactId, JobId, WorkspaceId},
    personal::{Job, SETTLING},
    time::Timestamp,
};

/// The item of a job: in the due rows until it is done.
pub(crate) fn item(workspace: WorkspaceId, job: &Job, now: Timestamp) -> Item {
    let key = Tenant::new(workspace).job(job.contact, job.id);
    let (hour, place) = keys::due(now.plus(SETTLING), &key);
    let mut item = document(key, job);
    if job.completed_at.is_none() {
        item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
    }
    item
}

impl Store {
    /// A job, or the receipt of one.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn job(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        id: JobId,
    ) -> Result<Option<Seen<Job>>, StoreError> {
        self.seen(Tenant::new(workspace).job(contact, id)).await
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
    ) -> Result<Page<Job>, StoreError> {
        let tenant = Tenant::new(workspace);
        let to = before.map_or_else(|| JOBS.1.to_owned(), |before| keys::before(&tenant.job(contact, before).sk));
        let pk = tenant.job(contact, JobId::new(uuid::Uuid::nil())).pk;
        self.between(&pk, (JOBS.0, &to), false, limit).await?.documents()
    }

    /// Writes a new job, or a receipt alone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_job(&self, workspace: WorkspaceId, job: &Job, now: Timestamp) -> Result<(), StoreError> {
        self.put(item(workspace, job, now), None).await.map(drop)
    }

    /// Remembers how far a job has come; none when somebody else works on it.
    pub(crate) async fn save_job(
        &self,
        workspace: WorkspaceId,
        seen: &Seen<Job>,
        after: &Job,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let put = self.put_item_if_seen(item(workspace, after, now), seen)?;
        match crate::changes::as_seen(self.take(vec![(put, Refusal::NotAsSeen)]).await) {
            Ok(is_as_seen) => Ok(is_as_seen),
            Err(CommitError::Store(error)) => Err(error),
            Err(other) => Err(StoreError::Refused(other.to_string())),
        }
    }
}
