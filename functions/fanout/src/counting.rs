//! The counters of reports, brought on now and then after everything else is done.
//!
//! Nothing depends on when: events are counted from the feed, each once, and whoever
//! reads a report counts what is left.

use crate::Fanout;
use futures_util::{FutureExt as _, future::join_all};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store::StoreError;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// A workspace's events are counted after so many of them, or after so long.
const EVENTS: usize = 50;
const INTERVAL: Duration = Duration::from_mins(10);
/// Pages of 100 events that are counted at a time.
const PAGES: usize = 2;
/// Workspaces that one batch counts for; the others have their turn with later ones.
const WORKSPACES: usize = 4;
/// What is not counted within this is left for later: the next batch is waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// Beyond so many workspaces the memory starts over.
const REMEMBERED: usize = 1_000;

/// What this process remembers of its counting.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<Mutex<HashMap<WorkspaceId, Seen>>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    counted_at: Timestamp,
    /// Events since then.
    events: usize,
}

impl Pace {
    /// Notes the events of a batch, and answers the workspaces whose turn it is.
    fn due(&self, events: &HashMap<WorkspaceId, usize>, now: Timestamp) -> Vec<WorkspaceId> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= REMEMBERED {
            memory.clear();
        }
        let mut due = Vec::new();
        for (workspace, more) in events {
            let seen = memory.get(workspace).copied();
            let seen = seen.map(|seen| Seen { events: seen.events + more, ..seen });
            let is_due = seen.is_none_or(|seen| seen.events >= EVENTS || now.since(seen.counted_at) >= INTERVAL);
            if is_due && due.len() < WORKSPACES {
                due.push(*workspace);
                memory.insert(*workspace, Seen { counted_at: now, events: 0 });
            } else if let Some(seen) = seen {
                memory.insert(*workspace, seen);
            }
        }
        due
    }

    /// There is more to count: it is this workspace's turn again at once.
    fn again(&self, workspace: WorkspaceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
    }
}

impl Fanout {
    /// Counts for the workspaces whose turn it is. A failure is only logged: the next
    /// one who counts makes up for it.
    pub(crate) async fn count(&self, events: &HashMap<WorkspaceId, usize>) {
        let now = self.clock.now();
        let due = self.pace.due(events, now);
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work = due.into_iter().map(|workspace| self.count_in(workspace, now).boxed());
        join_all(work).await;
    }

    async fn count_in(&self, workspace: WorkspaceId, now: Timestamp) {
        match timeout(PATIENCE, self.fold(workspace, now)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) | Err(_) => self.pace.again(workspace),
            Ok(Err(error)) => tracing::warn!(%workspace, %error, "the counters are brought on later"),
        }
    }

    /// Says whether all was counted.
    async fn fold(&self, workspace: WorkspaceId, now: Timestamp) -> Result<bool, StoreError> {
        let Some(directory) = self.store.directory(workspace).await? else {
            return Ok(true);
        };
        let created_at = directory.workspace.created_at;
        let folded = self.store.fold_counts(workspace, created_at, now, PAGES).await?;
        if folded.is_recounting {
            self.store.go_on_recounting(workspace, now, PAGES).await?;
        }
        Ok(folded.is_current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(number: u128) -> WorkspaceId {
        format!("00000000-0000-7000-8000-{number:012x}").parse().expect("an id")
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1000)
    }

    fn events(counts: &[(u128, usize)]) -> HashMap<WorkspaceId, usize> {
        counts.iter().map(|(id, events)| (workspace(*id), *events)).collect()
    }

    #[test]
    fn a_workspace_has_its_turn_at_first_and_then_after_many_events_or_a_while() {
        let pace = Pace::default();
        let turns = [(0, 1, 1), (1, 1, 0), (2, 48, 0), (3, 1, 1), (4, 49, 0), (603, 1, 1)];
        for (seconds, more, expected) in turns {
            assert_eq!(pace.due(&events(&[(1, more)]), at(seconds)).len(), expected, "at {seconds}");
        }
    }

    #[test]
    fn those_who_had_no_turn_have_it_with_a_later_batch() {
        let pace = Pace::default();
        let all: Vec<_> = (1..=6).map(|id| (id, 1)).collect();
        let (first, second) = (pace.due(&events(&all), at(0)), pace.due(&events(&all), at(1)));
        assert_eq!((first.len(), second.len()), (4, 2));
        assert!(first.iter().all(|workspace| !second.contains(workspace)));
    }

    #[test]
    fn what_was_left_over_is_counted_with_the_next_batch() {
        let pace = Pace::default();
        assert_eq!(pace.due(&events(&[(1, 1)]), at(0)).len(), 1);
        pace.again(workspace(1));
        assert_eq!(pace.due(&events(&[(1, 1)]), at(0)).len(), 1);
    }
}
