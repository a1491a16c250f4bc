//! The compaction of search indexes: merges that take more than a moment, and words whose
//! tombstones are due. Ends with the run's budget.

use crate::run::SweepRun;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_store_search::CompactionBudget;
use lambdesk_table::TableError;

/// Steps between two looks at the run's budget: about two seconds.
const STEPS: CompactionBudget = CompactionBudget::Steps(8);

impl SweepRun<'_> {
    /// Goes on until nothing is left or the run is over. What is left stays due.
    pub async fn compact_index(&self, workspace: WorkspaceId, at: Timestamp) -> Result<(), TableError> {
        let search = &self.services.search;
        let mut next = search.compact(workspace, STEPS, self.now()).await?.next;
        while next.is_some_and(|next| next <= self.now()) && !self.is_over() {
            next = search.compact(workspace, STEPS, self.now()).await?.next;
        }
        search.end_compaction(workspace, at, next, self.now()).await
    }
}
