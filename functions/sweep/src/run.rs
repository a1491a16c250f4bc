//! What one run has at hand, and what it counts.

use crate::{Sweep, purge::Chore};
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::Context,
    sweep::{Lateness, Reconciled, Run, Tally},
    time::Timestamp,
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// One run.
pub struct Pass<'a> {
    pub sweep: &'a Sweep,
    pub started_at: Timestamp,
    began: Instant,
    budget: Duration,
    counts: Mutex<Counts>,
    chores: Mutex<Vec<Chore>>,
}

#[derive(Default)]
struct Counts {
    follow_ups: Tally,
    deliveries: Tally,
    rechecks: Tally,
    jobs: Tally,
    deleted: Tally,
    purged: Tally,
    reconciled: Reconciled,
    lateness: Vec<u64>,
    errors: u64,
    is_complete: bool,
}

/// What became of something that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Dealt with.
    Done,
    /// No longer due, or left to a later run.
    Skipped,
}

impl<'a> Pass<'a> {
    pub fn new(sweep: &'a Sweep, started_at: Timestamp, budget: Duration) -> Self {
        Self { sweep, started_at, began: Instant::now(), budget, counts: Mutex::default(), chores: Mutex::default() }
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

    /// Puts something off until all rows have been looked at.
    pub fn put_off(&self, chore: Chore) {
        self.chores.lock().unwrap_or_else(PoisonError::into_inner).push(chore);
    }

    pub fn take_chores(&self) -> Vec<Chore> {
        std::mem::take(&mut *self.chores.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing new is to be begun.
    pub fn is_over(&self) -> bool {
        self.began.elapsed() >= self.budget
    }

    /// Everything that was due has been dealt with.
    pub fn complete(&self) {
        self.count(|counts| counts.is_complete = true);
    }

    /// Something failed and is left to a later run.
    pub fn failed(&self) {
        self.count(|counts| counts.errors += 1);
    }

    pub fn follow_up(&self, step: Step, due: Timestamp) {
        let late = u64::try_from(self.now().since(due).as_millis()).unwrap_or(u64::MAX);
        self.count(|counts| {
            add(&mut counts.follow_ups, step);
            if step == Step::Done {
                counts.lateness.push(late);
            }
        });
    }

    pub fn recheck(&self, step: Step) {
        self.count(|counts| add(&mut counts.rechecks, step));
    }

    pub fn job(&self, step: Step) {
        self.count(|counts| add(&mut counts.jobs, step));
    }

    pub fn deleted(&self, step: Step) {
        self.count(|counts| add(&mut counts.deleted, step));
    }

    pub fn purged(&self, step: Step) {
        self.count(|counts| add(&mut counts.purged, step));
    }

    pub fn deliveries(&self, found: usize, hinted: usize) {
        self.count(|counts| {
            let tally = &mut counts.deliveries;
            tally.found += found as u64;
            tally.done += hinted as u64;
            tally.skipped += (found - hinted) as u64;
        });
    }

    pub fn reconciled(&self, repaired: usize) {
        self.count(|counts| {
            counts.reconciled.found += 1;
            counts.reconciled.done += repaired as u64;
        });
    }

    pub fn reconcile_ended(&self) {
        self.count(|counts| counts.reconciled.is_complete = true);
    }

    fn count(&self, with: impl FnOnce(&mut Counts)) {
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
            rechecks: counts.rechecks,
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

fn add(tally: &mut Tally, step: Step) {
    tally.found += 1;
    match step {
        Step::Done => tally.done += 1,
        Step::Skipped => tally.skipped += 1,
    }
}
