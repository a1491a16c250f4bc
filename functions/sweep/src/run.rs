//! One run of the sweep: its time and budget, the tasks that it has deferred, and what it
//! counts for its record.

use crate::{
    services::Services,
    task::{DeferredTask, DueTask},
};
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::Context,
    sweep::{Lateness, Reconciled, Run, RunTally},
    time::Timestamp,
};
use lambdesk_table::{TableError, log_failure};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// One run.
pub struct SweepRun<'a> {
    pub services: &'a Services,
    pub started_at: Timestamp,
    began: Instant,
    budget: Duration,
    counts: Mutex<RunCounts>,
    deferred: Mutex<Vec<DueTask>>,
}

#[derive(Default)]
struct RunCounts {
    follow_ups: RunTally,
    deliveries: RunTally,
    retries: RunTally,
    jobs: RunTally,
    deleted: RunTally,
    purged: RunTally,
    reconciled: Reconciled,
    lateness: Vec<u64>,
    errors: u64,
    is_complete: bool,
}

/// What became of something that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskOutcome {
    /// Dealt with.
    Done,
    /// No longer due, or left to a later run.
    Skipped,
}

impl<'a> SweepRun<'a> {
    pub fn new(services: &'a Services, started_at: Timestamp, budget: Duration) -> Self {
        let (counts, deferred) = (Mutex::default(), Mutex::default());
        Self { services, started_at, began: Instant::now(), budget, counts, deferred }
    }

    /// The time, counted from the run's own beginning.
    pub fn now(&self) -> Timestamp {
        self.started_at.plus(self.began.elapsed())
    }

    /// The circumstances of what the product does by itself.
    pub fn context(&self) -> Context {
        Context {
            actor: Actor::System,
            rules: AccessRules::default(),
            request_id: None,
            is_silent: false,
            if_match: None,
            now: self.now(),
        }
    }

    /// Defers a task until all due rows have been looked at.
    pub fn defer(&self, hour: u64, task: DeferredTask) {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).push((hour, task));
    }

    /// The tasks that were deferred until now.
    pub fn take_deferred(&self) -> Vec<DueTask> {
        std::mem::take(&mut *self.deferred.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing new is to be begun.
    pub fn is_over(&self) -> bool {
        self.began.elapsed() >= self.budget
    }

    /// Everything that was due has been dealt with.
    pub fn complete(&self) {
        self.count(|counts| counts.is_complete = true);
    }

    /// Counts and logs that a part of the run failed and is left to a later one.
    pub fn failed(&self, what: impl fmt::Display, error: &TableError) {
        self.count(|counts| counts.errors += 1);
        log_failure!(error, %what, "a part of the sweep is left to a later run");
    }

    pub fn follow_up(&self, outcome: TaskOutcome, due: Timestamp) {
        let late = u64::try_from(self.now().since(due).as_millis()).unwrap_or(u64::MAX);
        self.count(|counts| {
            add(&mut counts.follow_ups, outcome);
            if outcome == TaskOutcome::Done {
                counts.lateness.push(late);
            }
        });
    }

    pub fn retry(&self, outcome: TaskOutcome) {
        self.count(|counts| add(&mut counts.retries, outcome));
    }

    pub fn job(&self, outcome: TaskOutcome) {
        self.count(|counts| add(&mut counts.jobs, outcome));
    }

    pub fn deleted(&self, outcome: TaskOutcome) {
        self.count(|counts| add(&mut counts.deleted, outcome));
    }

    pub fn purged(&self, outcome: TaskOutcome) {
        self.count(|counts| add(&mut counts.purged, outcome));
    }

    pub fn deliveries(&self, found: usize, hinted: usize) {
        self.count(|counts| {
            let tally = &mut counts.deliveries;
            tally.found += found as u64;
            tally.done += hinted as u64;
            tally.skipped += (found - hinted) as u64;
        });
    }

    pub fn reconciled(&self, requested: usize) {
        self.count(|counts| {
            counts.reconciled.found += 1;
            counts.reconciled.done += requested as u64;
        });
    }

    pub fn reconcile_ended(&self) {
        self.count(|counts| counts.reconciled.is_complete = true);
    }

    fn count(&self, with: impl FnOnce(&mut RunCounts)) {
        with(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The run as it is recorded.
    pub fn report(self) -> Run {
        let ended_at = self.now();
        let counts = self.counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        Run {
            started_at: self.started_at,
            ended_at,
            follow_ups: counts.follow_ups,
            deliveries: counts.deliveries,
            rechecks: counts.retries,
            jobs: counts.jobs,
            deleted: counts.deleted,
            purged: counts.purged,
            reconciled: counts.reconciled,
            lateness_ms: Lateness::of(counts.lateness),
            errors: counts.errors,
            is_complete: counts.is_complete,
        }
    }
}

fn add(tally: &mut RunTally, outcome: TaskOutcome) {
    tally.found += 1;
    match outcome {
        TaskOutcome::Done => tally.done += 1,
        TaskOutcome::Skipped => tally.skipped += 1,
    }
}
