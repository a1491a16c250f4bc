//! The handle of the crate: [`Events`].

use lambdesk_table::Table;

/// The events of every workspace, what comes due, and the runs of the sweep. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Events {
    pub(crate) table: Table,
}

impl Events {
    /// Over this table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }
}
