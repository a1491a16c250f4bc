//! Due rows, found hour by hour in every shard: hints for deliveries, follow-ups and
//! retries done at once, everything else deferred. One query per page of 100 rows.

use crate::{run::SweepRun, state::LookedHours, task::DeferredTask};
use futures_util::{FutureExt as _, StreamExt as _, future::join_all, stream};
use lambdesk_runtime::Hint;
use lambdesk_store_events::Due;
use lambdesk_table::{TableError, keys::due_shards};

/// What has become of rows that were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RowsOutcome {
    /// They are dealt with, or deferred.
    Served,
    /// Deliveries among them have hints, and stay until their attempts move them
    /// elsewhere: a hint may be lost.
    Hinted,
    /// Something failed, or there was no time for it.
    Failed,
}

/// Rows of one page.
const PAGE: u16 = 100;
/// Rows of one shard that are worked on at once: 64 over all.
const ROWS_AT_ONCE: usize = 16;

impl SweepRun<'_> {
    /// Deals with everything that is due in these hours. The shards go side by side, each
    /// from the first hour on.
    pub async fn due(&self, hours: &[u64]) -> LookedHours {
        let shards = (0..due_shards()).map(|shard| self.shard(shard, hours));
        let mut looked = LookedHours::default();
        for of_shard in join_all(shards).await {
            looked.left.extend(of_shard.left);
            looked.unreached = [looked.unreached, of_shard.unreached].into_iter().flatten().min();
            looked.has_failed |= of_shard.has_failed;
        }
        looked
    }

    async fn shard(&self, shard: u8, hours: &[u64]) -> LookedHours {
        let mut looked = LookedHours::default();
        for hour in hours {
            if self.is_over() {
                (looked.unreached, looked.has_failed) = (Some(*hour), true);
                break;
            }
            let outcome = self.partition(*hour, shard).await;
            if outcome > RowsOutcome::Served {
                looked.left.insert(*hour);
            }
            looked.has_failed |= outcome == RowsOutcome::Failed;
        }
        looked
    }

    async fn partition(&self, hour: u64, shard: u8) -> RowsOutcome {
        let (mut cursor, mut outcome) = (None, RowsOutcome::Served);
        while !self.is_over() {
            match self.services.events.due_page((hour, shard), self.started_at, cursor, PAGE).await {
                Ok(page) => {
                    outcome = outcome.max(self.page(hour, &page.rows).await);
                    cursor = page.next;
                    if cursor.is_none() {
                        return outcome;
                    }
                }
                Err(error) => {
                    self.failed(format_args!("what is due in hour {hour}, shard {shard}"), &error);
                    return RowsOutcome::Failed;
                }
            }
        }
        RowsOutcome::Failed
    }

    async fn page(&self, hour: u64, rows: &[Due]) -> RowsOutcome {
        let hints: Vec<_> = rows.iter().filter_map(hint).collect();
        let hinted = self.services.queue.send(&hints).await;
        self.deliveries(hints.len(), hinted);
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = rows.iter().map(|row| self.row(hour, row).boxed()).collect();
        let done: Vec<bool> = stream::iter(work).buffer_unordered(ROWS_AT_ONCE).collect().await;
        match (done.into_iter().all(|is_through| is_through), hints.is_empty()) {
            (false, _) => RowsOutcome::Failed,
            (true, false) => RowsOutcome::Hinted,
            (true, true) => RowsOutcome::Served,
        }
    }

    /// Whether it got through; what failed stays due.
    async fn row(&self, hour: u64, row: &Due) -> bool {
        let task = match *row {
            // Its page has sent the hint.
            Due::Delivery { .. } => return true,
            Due::FollowUp { .. } | Due::Retry { .. } if self.is_over() => return false,
            Due::FollowUp { workspace, ticket, at } => {
                let done = self.follow_up_row(workspace, ticket, at).await;
                return self.row_done(row, done.map(|(outcome, due)| self.follow_up(outcome, due)));
            }
            Due::Retry { workspace, of, at } => {
                let done = self.retry_row(workspace, of, at).await;
                return self.row_done(row, done.map(|outcome| self.retry(outcome)));
            }
            Due::RetentionSweep { workspace, .. } => DeferredTask::RetentionSweep(workspace),
            Due::PurgePending { workspace, ticket, .. } => DeferredTask::FinishPurge(workspace, ticket),
            Due::Job { workspace, contact, job, .. } => DeferredTask::Job(workspace, contact, job),
            Due::Cascade { workspace, cascade, .. } => DeferredTask::Cascade(workspace, cascade),
            Due::Compaction { workspace, at } => DeferredTask::Compaction(workspace, at),
        };
        self.defer(hour, task);
        true
    }

    fn row_done(&self, row: &Due, done: Result<(), TableError>) -> bool {
        done.inspect_err(|error| self.failed(format_args!("{row:?}"), error)).is_ok()
    }
}

fn hint(row: &Due) -> Option<Hint> {
    match *row {
        Due::Delivery { workspace, endpoint, delivery, .. } => Some(Hint { workspace, endpoint, delivery }),
        Due::FollowUp { .. }
        | Due::Retry { .. }
        | Due::RetentionSweep { .. }
        | Due::PurgePending { .. }
        | Due::Job { .. }
        | Due::Cascade { .. }
        | Due::Compaction { .. } => None,
    }
}
