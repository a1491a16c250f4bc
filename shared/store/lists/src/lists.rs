//! The handle of lists: the table, the search index and the reports' counters.

use crate::affordable::RecentSizes;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;
use lambdesk_table::Table;

/// The lists of tickets of all workspaces. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lists {
    pub(crate) table: Table,
    pub(crate) search: SearchIndex,
    pub(crate) reports: Reports,
    pub(crate) recent: RecentSizes,
}

impl Lists {
    /// Over this table; words are looked for in this index, and of very many tickets
    /// these counters tell how many there are.
    #[must_use]
    pub fn new(table: &Table, search: &SearchIndex, reports: &Reports) -> Self {
        Self { table: table.clone(), search: search.clone(), reports: reports.clone(), recent: RecentSizes::default() }
    }
}
