//! Every minute, what is due: follow-ups come back, overdue deliveries get a hint,
//! tickets with unusable records are checked, what is too old is deleted and purged;
//! every night, the reconcile of
//! versions with events.
//!
//! The table says what is due ([`Store::due_page`]), and everything a run does is
//! conditional, so runs may overlap and may stop anywhere: the next one finds what
//! is left.

mod due;
mod jobs;
mod pass;
mod purge;
mod reconcile;
mod search;
mod state;

use lambdesk_domain::{sweep::Run, time::Timestamp};
use lambdesk_objects::Objects;
use lambdesk_runtime::{Clock, Config, Error, HintQueue, aws, serve_batch};
use lambdesk_store::{Store, StoreError};
use pass::Pass;
use serde_json::{Value, json};
use state::State;
use std::time::Duration;

/// How long a run takes at most: less than the function's 55 s by one operation on
/// the table with all its attempts.
pub const BUDGET: Duration = Duration::from_secs(45);

/// What the sweep works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sweep {
    store: Store,
    queue: HintQueue,
    clock: Clock,
    objects: Option<Objects>,
}

impl Sweep {
    /// Over this table; hints of overdue deliveries go to the queue.
    #[must_use]
    pub const fn new(store: Store, queue: HintQueue, clock: Clock) -> Self {
        Self { store, queue, clock, objects: None }
    }

    /// With the store of the files that tickets have; without one they have none.
    #[must_use]
    pub fn with_objects(self, objects: Option<Objects>) -> Self {
        Self { objects, ..self }
    }

    /// Handles one tick of the schedule, and answers with the run.
    pub async fn handle(&self, _event: Value) -> Value {
        json!(self.run(self.clock.now(), BUDGET).await)
    }

    /// One run at this time, which begins nothing new after its budget is spent. What
    /// it did is recorded, unless the table can't be reached at all.
    pub async fn run(&self, now: Timestamp, budget: Duration) -> Run {
        let pass = Pass::new(self, now, budget);
        // Boxed: all that a run does side by side makes a large future.
        if let Err(error) = Box::pin(self.pass(&pass)).await {
            tracing::error!(%error, "the sweep could not read or write its state");
            pass.failed();
        }
        let run = pass.report();
        tracing::info!(
            follow_ups = run.follow_ups.done,
            deliveries = run.deliveries.found,
            rechecks = run.rechecks.found,
            deleted = run.deleted.done,
            purged = run.purged.done,
            repaired = run.reconciled.done,
            lateness_ms = run.lateness_ms.max,
            errors = run.errors,
            complete = run.is_complete,
            "swept"
        );
        if let Err(error) = self.store.record_run(now, &run).await {
            tracing::error!(%error, "a run was not recorded");
        }
        run
    }

    async fn pass(&self, pass: &Pass<'_>) -> Result<(), StoreError> {
        let before: State = self.store.sweep_state().await?.unwrap_or_default();
        let mut state = before.clone();
        let is_through = pass.due(state.first_hour(pass.started_at)).await;
        if pass.chores().await && is_through {
            state.done_until(pass.started_at);
            pass.complete();
        }
        pass.reconcile(&mut state).await;
        if state == before { Ok(()) } else { self.store.put_sweep_state(&state).await }
    }
}

/// Serves as a Lambda.
///
/// # Errors
/// When the configuration lacks something, or the Runtime API can't be reached.
pub async fn serve(config: Config) -> Result<(), Error> {
    config.bucket()?;
    let queue = HintQueue::sqs(&config)?;
    let sweep = Sweep::new(aws::store(&config), queue, Clock::system()).with_objects(aws::objects(&config));
    serve_batch(|event| sweep.handle(event)).await
}
