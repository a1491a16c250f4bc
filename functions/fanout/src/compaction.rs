//! The words of new and changed texts go into the search index.

use crate::Fanout;
use futures_util::{FutureExt as _, future::join_all};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store::{Image, Pace};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// Of so many batches with words of a workspace one looks after its index, the first
/// one of a process among them.
const ONE_IN: u32 = 16;
/// Beyond so many workspaces the memory starts over.
const REMEMBERED: usize = 1_000;
/// What an index is looked after at most while the next batch waits. Stopping anywhere
/// is safe; the sweep goes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// The batches with words that this process saw, by workspace.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<WorkspaceId, u32>>>);

impl Turns {
    /// Notes a batch; whether its workspace has its turn.
    fn take(&self, workspace: WorkspaceId) -> bool {
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if batches.len() >= REMEMBERED {
            batches.clear();
        }
        let batch = batches.entry(workspace).or_default();
        let is_turn = batch.is_multiple_of(ONE_IN);
        *batch = batch.wrapping_add(1);
        is_turn
    }
}

impl Fanout {
    /// Indexes what a batch tells. Answers the sequence numbers of the records that
    /// failed, and the workspaces whose index has grown.
    pub(crate) async fn index(&self, records: &[Value]) -> (Vec<String>, Vec<WorkspaceId>) {
        let images: Vec<_> = records.iter().map(Image::of).collect();
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let (unindexed, grown) = self.store.index_words(&images, self.clock.now()).boxed().await;
        let failed = unindexed.into_iter().map(|unindexed| {
            let (sequence, error) = (unindexed.sequence, unindexed.error);
            tracing::error!(sequence, %error, "words could not be indexed; their records are to be repeated");
            sequence
        });
        (failed.collect(), grown)
    }

    /// Looks after the indexes whose turn it is: merges what is little; the sweep does
    /// the rest. A failure is only logged: the index answers the same, and who looks
    /// after it next makes up for it.
    pub(crate) async fn tend(&self, grown: &[WorkspaceId]) {
        let now = self.clock.now();
        let turns = grown.iter().filter(|workspace| self.turns.take(**workspace));
        join_all(turns.map(|workspace| self.tend_one(*workspace, now).boxed())).await;
    }

    async fn tend_one(&self, workspace: WorkspaceId, now: Timestamp) {
        match timeout(PATIENCE, self.store.tend_index(workspace, Pace::Brief, now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%workspace, %error, "the search index is looked after later"),
            Err(_) => tracing::warn!(%workspace, "looking after the search index takes long; it goes on later"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_has_its_turn_at_first_and_with_every_sixteenth_batch() {
        let workspace = |number: u8| format!("00000000-0000-7000-8000-{number:012x}").parse().expect("an id");
        let turns = Turns::default();
        let taken: Vec<_> = (0..33).filter(|_| turns.take(workspace(1))).collect();
        assert_eq!(taken, [0, 16, 32]);
        assert!(turns.take(workspace(2)));
    }
}
