//! Merges and erasures that a request has begun: what it left is done here.

use crate::pass::{Pass, Step};
use lambdesk_domain::id::{ContactId, JobId, WorkspaceId};
use lambdesk_objects::remove_files;
use lambdesk_store::{Progress, StoreError};

impl Pass<'_> {
    /// Works on a job until it rests or the run is over. What is left is due again.
    pub async fn work_on(&self, workspace: WorkspaceId, contact: ContactId, job: JobId) -> Result<(), StoreError> {
        let (store, objects) = (&self.sweep.store, self.sweep.objects.as_ref());
        let Some(seen) = store.job(workspace, contact, job).await? else {
            return Ok(());
        };
        let mut seen = Box::new(seen);
        loop {
            let now = self.now();
            let files = |ticket| remove_files(objects, store, workspace, ticket, now);
            match store.work_on(workspace, seen, now, files).await? {
                Progress::Rest(job) => {
                    self.job(if job.completed_at.is_some() { Step::Done } else { Step::Skipped });
                    return Ok(());
                }
                Progress::More(_) if self.is_over() => {
                    self.job(Step::Skipped);
                    return Ok(());
                }
                Progress::More(more) => seen = more,
            }
        }
    }
}
