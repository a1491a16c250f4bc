//! The deferred tasks of a run, some side by side until its budget is spent.

use crate::{run::SweepRun, task::DeferredTask};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::collections::BTreeSet;

/// Tasks that are worked on at once.
const TASKS_AT_ONCE: usize = 4;

impl SweepRun<'_> {
    /// Does the tasks that were deferred; answers the hours of those that are left, which
    /// stay due.
    pub async fn do_deferred(&self) -> BTreeSet<u64> {
        let task = async |(hour, task)| (!self.task(task).await).then_some(hour);
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = self.take_deferred().into_iter().map(|due| task(due).boxed()).collect();
        let left: Vec<_> = stream::iter(work).buffer_unordered(TASKS_AT_ONCE).collect().await;
        left.into_iter().flatten().collect()
    }

    async fn task(&self, task: DeferredTask) -> bool {
        if self.is_over() {
            return false;
        }
        let done = match task {
            DeferredTask::RetentionSweep(workspace) => self.retention_sweep(workspace).await,
            DeferredTask::FinishPurge(workspace, ticket) => self.finish_purge(workspace, ticket).await,
            DeferredTask::Compaction(workspace, at) => self.compact_index(workspace, at).await,
            DeferredTask::Job(workspace, contact, job) => self.work_on(workspace, contact, job).await,
            DeferredTask::Cascade(workspace, cascade) => match self.cascade(workspace, cascade).await {
                Ok(true) => return false,
                done => done.map(drop),
            },
        };
        done.inspect_err(|error| self.failed(format_args!("{task:?}"), error)).is_ok()
    }
}
