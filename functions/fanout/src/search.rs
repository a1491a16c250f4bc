//! The words of new and changed texts go into the search index.

use crate::Fanout;
use futures_util::{FutureExt as _, future::join_all};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store::{Image, Pace};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// What an index is looked after at most while the next batch waits. Stopping anywhere
/// is safe; the sweep goes on.
const PATIENCE: Duration = Duration::from_secs(2);

impl Fanout {
    /// Indexes what a batch tells. Answers the sequence numbers of the records that
    /// failed, and the workspaces whose index is to be looked after.
    pub(crate) async fn index(&self, records: &[Value]) -> (Vec<String>, Vec<WorkspaceId>) {
        let images: Vec<_> = records.iter().map(Image::of).collect();
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let (unindexed, wanting) = self.store.index_words(&images, self.clock.now()).boxed().await;
        let failed = unindexed.into_iter().map(|unindexed| {
            let (sequence, error) = (unindexed.sequence, unindexed.error);
            tracing::error!(sequence, %error, "words could not be indexed; their records are to be repeated");
            sequence
        });
        (failed.collect(), wanting)
    }

    /// Merges what is little; the sweep does the rest. A failure is only logged: the
    /// index answers the same, and who looks after it next makes up for it.
    pub(crate) async fn tend(&self, workspaces: &[WorkspaceId]) {
        let now = self.clock.now();
        join_all(workspaces.iter().map(|workspace| self.tend_one(*workspace, now).boxed())).await;
    }

    async fn tend_one(&self, workspace: WorkspaceId, now: Timestamp) {
        match timeout(PATIENCE, self.store.tend_index(workspace, Pace::Brief, now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%workspace, %error, "the search index is looked after later"),
            Err(_) => tracing::warn!(%workspace, "looking after the search index takes long; it goes on later"),
        }
    }
}
