//! The compaction of search indexes, brought on now and then: the workspaces whose index a
//! batch has grown in, small merges out. The sweep does the rest.

use futures_util::{FutureExt as _, future::join_all};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store_search::{CompactionBudget, SearchIndex};
use lambdesk_table::log_failure;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// Of so many batches with words of a workspace one compacts its index, the first one of
/// a process among them.
const ONE_IN: u32 = 16;
/// Beyond so many workspaces the turns start over.
const CAPACITY: usize = 1_000;
/// What a compaction takes at most while the next batch waits. Stopping anywhere is safe;
/// the sweep goes on.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Compacts search indexes in turn. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Compaction {
    index: SearchIndex,
    turns: CompactionTurns,
}

/// The batches with words that this process saw, by workspace.
#[derive(Debug, Clone, Default)]
struct CompactionTurns(Arc<Mutex<HashMap<WorkspaceId, u32>>>);

impl CompactionTurns {
    /// Notes a batch; whether its workspace has its turn.
    fn take(&self, workspace: WorkspaceId) -> bool {
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if batches.len() >= CAPACITY {
            batches.clear();
        }
        let batch = batches.entry(workspace).or_default();
        let is_turn = batch.is_multiple_of(ONE_IN);
        *batch = batch.wrapping_add(1);
        is_turn
    }
}

impl Compaction {
    /// Of this index, with nothing compacted yet.
    pub fn new(index: &SearchIndex) -> Self {
        Self { index: index.clone(), turns: CompactionTurns::default() }
    }

    /// Compacts the indexes whose turn it is. A failure is only logged: the index answers
    /// the same, and the next compaction makes up for it.
    pub async fn compact(&self, grown: &[WorkspaceId], now: Timestamp) {
        let turns = grown.iter().filter(|workspace| self.turns.take(**workspace));
        join_all(turns.map(|workspace| self.compact_one(*workspace, now).boxed())).await;
    }

    async fn compact_one(&self, workspace: WorkspaceId, now: Timestamp) {
        match timeout(TIMEOUT, self.index.compact(workspace, CompactionBudget::Brief, now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => log_failure!(error, %workspace, "the search index is compacted later"),
            Err(_) => tracing::warn!(%workspace, "compacting the search index takes long; it goes on later"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_has_its_turn_at_first_and_with_every_sixteenth_batch() {
        let workspace = |number: u8| format!("00000000-0000-7000-8000-{number:012x}").parse().expect("an id");
        let turns = CompactionTurns::default();
        let taken: Vec<_> = (0..33).filter(|_| turns.take(workspace(1))).collect();
        assert_eq!(taken, [0, 16, 32]);
        assert!(turns.take(workspace(2)));
    }
}
