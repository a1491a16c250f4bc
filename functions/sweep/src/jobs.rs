//! Merges, erasures and cascades that a request has begun: what it left is done here.

use crate::{
    run::{SweepRun, TaskOutcome},
    services::Services,
};
use lambdesk_domain::id::{CascadeId, ContactId, JobId, WorkspaceId};
use lambdesk_objects::Progress;
use lambdesk_store_tickets::CascadeProgress;
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

    /// Works on a cascade, which takes what was deleted off the tickets that have it or
    /// copies a contact anew onto its own, until the pass is through or the run is over. Says
    /// whether there is something left to do at once.
    pub async fn cascade(&self, workspace: WorkspaceId, cascade: CascadeId) -> Result<bool, TableError> {
        let Services { tickets, directories, .. } = self.services;
        let (now, is_over) = (|| self.now(), || self.is_over());
        let progress = tickets.work_on_cascade(directories, workspace, cascade, now, is_over).await?;
        let is_through = progress == CascadeProgress::Rests;
        self.job(if is_through { TaskOutcome::Done } else { TaskOutcome::Skipped });
        Ok(progress == CascadeProgress::Unfinished)
    }
}
