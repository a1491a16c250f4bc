//! Due rows, found hour by hour in every shard: hints for deliveries, follow-ups and
//! retries done at once, everything else deferred. One query per page of 100 rows.

use crate::{run::SweepRun, task::DeferredTask};
use futures_util::{FutureExt as _, StreamExt as _, future::join_all, stream};
use lambdesk_runtime::Hint;
use lambdesk_store_events::Due;
use lambdesk_table::{
    TableError,
    keys::{DUE_SHARDS, hour},
};

/// Rows of one page.
const PAGE: u16 = 100;
/// Rows of one shard that are worked on at once: 64 over all.
const ROWS_AT_ONCE: usize = 16;

impl SweepRun<'_> {
    /// Deals with everything that is due; whether it got through. The shards go side
    /// by side, each from the first hour on.
    pub async fn due(&self, first_hour: u64) -> bool {
        let shards = (0..DUE_SHARDS).map(|shard| self.shard(shard, first_hour));
        join_all(shards).await.into_iter().all(|is_through| is_through)
    }

    async fn shard(&self, shard: u8, first_hour: u64) -> bool {
        let mut is_through = true;
        for hour in first_hour..=hour(self.started_at) {
            is_through &= self.partition(hour, shard).await;
        }
        is_through
    }

    async fn partition(&self, hour: u64, shard: u8) -> bool {
        let (mut cursor, mut is_through) = (None, true);
        while !self.is_over() {
            match self.services.events.due_page((hour, shard), self.started_at, cursor, PAGE).await {
                Ok(page) => {
                    is_through &= self.page(&page.rows).await;
                    cursor = page.next;
                    if cursor.is_none() {
                        return is_through;
                    }
                }
                Err(error) => {
                    self.failed(format_args!("what is due in hour {hour}, shard {shard}"), &error);
                    return false;
                }
            }
        }
        false
    }

    async fn page(&self, rows: &[Due]) -> bool {
        let hints: Vec<_> = rows.iter().filter_map(hint).collect();
        let hinted = self.services.queue.send(&hints).await;
        self.deliveries(hints.len(), hinted);
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = rows.iter().map(|row| self.row(row).boxed()).collect();
        let done: Vec<bool> = stream::iter(work).buffer_unordered(ROWS_AT_ONCE).collect().await;
        done.into_iter().all(|is_through| is_through)
    }

    /// Whether it got through; what failed stays due.
    async fn row(&self, row: &Due) -> bool {
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
        self.defer(task);
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
