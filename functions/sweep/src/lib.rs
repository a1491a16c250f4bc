//! Every minute, what is due: follow-ups come back, overdue deliveries get a hint, the
//! events of tickets and contacts with poison records are checked, what is too old is
//! deleted and purged. Every night, the events of all that changed lately are checked. The
//! sweep writes no events: it requests those that are missing from the fan-out.
//!
//! The table says what is due ([`Events::due_page`](lambdesk_store_events::Events)). What a
//! run does is conditional, or the same however often it is done (requests to the fan-out,
//! hints, due rows that are put off), so runs may overlap and may stop anywhere: the next one
//! finds what is left.

mod backfill;
mod compaction;
mod deferred;
mod due;
mod failed_batches;
mod follow_ups;
mod jobs;
mod rebuild;
mod reconcile;
mod retention;
mod retries;
mod run;
mod services;
mod state;
mod task;

use failed_batches::FailedBatches;
use lambdesk_domain::{sweep::Run, time::Timestamp};
use lambdesk_objects::Objects;
use lambdesk_runtime::{Clock, Config, Error, HintQueue, aws, serve_batch};
use lambdesk_store_events::KeptState;
use lambdesk_table::{Table, TableError, log_failure};
use run::SweepRun;
use serde_json::{Value, json};
use services::Services;
use state::SweepState;
use std::time::Duration;

/// How long a run takes at most: less than the function's 55 s by one operation on
/// the table with all its attempts.
pub const BUDGET: Duration = Duration::from_secs(45);

/// What the sweep works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sweep {
    services: Services,
    clock: Clock,
}

impl Sweep {
    /// Over this table and the store of the files that tickets have; without one they have
    /// none. Hints of overdue deliveries go to the queue.
    #[must_use]
    pub fn new(table: &Table, objects: Option<Objects>, queue: HintQueue, clock: Clock) -> Self {
        Self { services: Services::new(table, objects, queue), clock }
    }

    /// Handles one tick of the schedule, and answers with the run. Or takes what the stream
    /// has given up from the queue of the fan-out's failures, and answers what it could not.
    pub async fn handle(&self, event: Value) -> Value {
        match FailedBatches::of(&event) {
            Some(failed) => failed.take(&self.services.events).await,
            None => json!(self.run(self.clock.now(), BUDGET).await),
        }
    }

    /// One run at this time, which begins nothing new after its budget is spent. What
    /// it did is recorded, unless the table can't be reached at all.
    pub async fn run(&self, now: Timestamp, budget: Duration) -> Run {
        let run = SweepRun::new(&self.services, now, budget);
        // Boxed: all that a run does side by side makes a large future.
        if let Err(error) = Box::pin(self.sweep(&run)).await {
            run.failed("the state of the sweep", &error);
        }
        let run = run.report();
        tracing::info!(
            follow_ups = run.follow_ups.done,
            deliveries = run.deliveries.found,
            retries = run.rechecks.found,
            deleted = run.deleted.done,
            purged = run.purged.done,
            backfills = run.reconciled.done,
            lateness_ms = run.lateness_ms.max,
            errors = run.errors,
            complete = run.is_complete,
            "swept"
        );
        if let Err(error) = self.services.events.record_run(now, &run).await {
            log_failure!(error, "a run was not recorded");
        }
        run
    }

    async fn sweep(&self, run: &SweepRun<'_>) -> Result<(), TableError> {
        let events = &self.services.events;
        let KeptState { state: known, lost_since } = events.sweep_state::<SweepState>().await?;
        let mut state = known.as_ref().map_or_else(SweepState::of_new_table, |known| known.value.clone());
        let used_since = if state.is_first() { events.used_since().await? } else { None };
        let mut looked = run.due(&state.hours(used_since, run.started_at)).await;
        let undone = run.do_deferred().await;
        if undone.is_empty() && !looked.has_failed {
            run.complete();
        }
        looked.left.extend(undone);
        state.looked(used_since, run.started_at, looked);
        let begun = run.reconcile(&mut state, lost_since).await;
        run.rebuild_indexes(&mut state.rebuild).await;
        if known.as_ref().is_some_and(|known| known.value == state) {
            return Ok(());
        }
        // The other one has looked at the same hours and noted what it found left in them, and
        // a slice is checked twice.
        if !events.put_sweep_state(&state, known.as_ref(), begun).await? {
            tracing::warn!("another run has ended meanwhile; how far this one came is not kept");
        }
        Ok(())
    }
}

/// Serves as a Lambda.
///
/// # Errors
/// When the configuration lacks something, or the Runtime API can't be reached.
pub async fn serve(config: Config) -> Result<(), Error> {
    config.bucket()?;
    let queue = HintQueue::sqs(&config)?;
    let sweep = Sweep::new(&aws::table(&config), aws::objects(&config), queue, Clock::system());
    serve_batch(|event| sweep.handle(event)).await
}
