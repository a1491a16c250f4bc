//! Looking after search indexes: merges that take more than a moment, and words that
//! were to be forgotten.

use crate::pass::Pass;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store::{Pace, StoreError};

/// Steps between two looks at the run's budget: about two seconds.
const STEPS: u32 = 8;

impl Pass<'_> {
    /// Goes on until nothing is left or the run is over. What is left stays due.
    pub async fn look_after_index(&self, workspace: WorkspaceId, at: Timestamp) -> Result<(), StoreError> {
        let store = &self.sweep.store;
        let mut is_done = store.index_due(workspace, at, Pace::Steps(STEPS), self.now()).await?;
        while !is_done && !self.is_over() {
            let next = store.tend_index(workspace, Pace::Steps(STEPS), self.now()).await?.next;
            is_done = next.is_none_or(|next| next > self.now());
        }
        Ok(())
    }
}
