//! Merges, erasures and cascades that a request has begun: what it left is done here.

use crate::run::{SweepRun, TaskOutcome};
use lambdesk_domain::id::{CascadeId, ContactId, JobId, WorkspaceId};
use lambdesk_objects::Progress;
use lambdesk_table::TableError;

impl SweepRun<'_> {
    /// Works on a job until it rests or the run is over. What is left is due again.
    pub async fn work_on(&self, workspace: WorkspaceId, contact: ContactId, job: JobId) -> Result<(), TableError> {
        let (now, is_over) = (|| self.now(), || self.is_over());
        match self.services.jobs.run(workspace, contact, job, now, is_over).await? {
            None => {}
            Some(Progress::Rest(job)) if job.completed_at.is_some() => self.job(TaskOutcome::Done),
            Some(Progress::Rest(_) | Progress::More(_)) => self.job(TaskOutcome::Skipped),
        }
        Ok(())
    }

    /// Takes what was deleted off the tickets that have it, until the pass is through or the
    /// run is over.
    pub async fn take_off(&self, workspace: WorkspaceId, cascade: CascadeId) -> Result<(), TableError> {
        let (now, is_over) = (|| self.now(), || self.is_over());
        let is_through = self.services.tickets.work_on_cascade(workspace, cascade, now, is_over).await?;
        self.job(if is_through { TaskOutcome::Done } else { TaskOutcome::Skipped });
        Ok(())
    }
}
