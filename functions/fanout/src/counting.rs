//! The counting of events for reports, brought on now and then after everything else is
//! done: the workspaces of a batch in, their counters moved on. At most two pages of the
//! feed per workspace and batch.
//!
//! Nothing depends on when: events are counted from the feed, each once, and whoever
//! reads a report counts what is left.

use futures_util::{FutureExt as _, future::join_all};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store_directory::Directories;
use lambdesk_store_reports::Reports;
use lambdesk_table::{TableError, log_failure};
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
const TIMEOUT: Duration = Duration::from_secs(2);
/// Beyond so many workspaces the schedule starts over.
const CAPACITY: usize = 1_000;

/// Counts events for reports. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Counting {
    directories: Directories,
    reports: Reports,
    schedule: CountSchedule,
}

/// When this process has counted last, by workspace.
#[derive(Debug, Clone, Default)]
struct CountSchedule(Arc<Mutex<HashMap<WorkspaceId, LastCount>>>);

#[derive(Debug, Clone, Copy)]
struct LastCount {
    counted_at: Timestamp,
    /// Events since then.
    events: usize,
}

impl CountSchedule {
    /// Notes the events of a batch, and answers the workspaces whose turn it is.
    fn due(&self, events: &HashMap<WorkspaceId, usize>, now: Timestamp) -> Vec<WorkspaceId> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CAPACITY {
            counts.clear();
        }
        let mut due = Vec::new();
        for (workspace, more) in events {
            let last = counts.get(workspace).copied();
            let last = last.map(|last| LastCount { events: last.events + more, ..last });
            let is_due = last.is_none_or(|last| last.events >= EVENTS || now.since(last.counted_at) >= INTERVAL);
            if is_due && due.len() < WORKSPACES {
                due.push(*workspace);
                counts.insert(*workspace, LastCount { counted_at: now, events: 0 });
            } else if let Some(last) = last {
                counts.insert(*workspace, last);
            }
        }
        due
    }

    /// There is more to count: it is this workspace's turn again at once.
    fn again(&self, workspace: WorkspaceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
    }
}

impl Counting {
    /// Over these stores, with nothing counted yet.
    pub fn new(directories: &Directories, reports: &Reports) -> Self {
        Self { directories: directories.clone(), reports: reports.clone(), schedule: CountSchedule::default() }
    }

    /// Counts for the workspaces whose turn it is. A failure is only logged: the next
    /// one who counts makes up for it.
    pub async fn count(&self, events: &HashMap<WorkspaceId, usize>, now: Timestamp) {
        let due = self.schedule.due(events, now);
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work = due.into_iter().map(|workspace| self.count_in(workspace, now).boxed());
        join_all(work).await;
    }

    async fn count_in(&self, workspace: WorkspaceId, now: Timestamp) {
        match timeout(TIMEOUT, self.fold(workspace, now)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) | Err(_) => self.schedule.again(workspace),
            Ok(Err(error)) => log_failure!(error, %workspace, "the counters are brought on later"),
        }
    }

    /// Says whether all was counted.
    async fn fold(&self, workspace: WorkspaceId, now: Timestamp) -> Result<bool, TableError> {
        let Some(directory) = self.directories.directory(workspace).await? else {
            return Ok(true);
        };
        let created_at = directory.workspace.created_at;
        let folded = self.reports.fold_counts(workspace, created_at, now, PAGES).await?;
        if folded.is_recounting {
            self.reports.continue_recount(workspace, now, PAGES).await?;
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
        let schedule = CountSchedule::default();
        let turns = [(0, 1, 1), (1, 1, 0), (2, 48, 0), (3, 1, 1), (4, 49, 0), (603, 1, 1)];
        for (seconds, more, expected) in turns {
            assert_eq!(schedule.due(&events(&[(1, more)]), at(seconds)).len(), expected, "at {seconds}");
        }
    }

    #[test]
    fn those_who_had_no_turn_have_it_with_a_later_batch() {
        let schedule = CountSchedule::default();
        let all: Vec<_> = (1..=6).map(|id| (id, 1)).collect();
        let (first, second) = (schedule.due(&events(&all), at(0)), schedule.due(&events(&all), at(1)));
        assert_eq!((first.len(), second.len()), (4, 2));
        assert!(first.iter().all(|workspace| !second.contains(workspace)));
    }

    #[test]
    fn what_was_left_over_is_counted_with_the_next_batch() {
        let schedule = CountSchedule::default();
        assert_eq!(schedule.due(&events(&[(1, 1)]), at(0)).len(), 1);
        schedule.again(workspace(1));
        assert_eq!(schedule.due(&events(&[(1, 1)]), at(0)).len(), 1);
    }
}
