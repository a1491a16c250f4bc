//! The handle of the crate: [`Reports`].

use lambdesk_store_events::Events;
use lambdesk_table::Table;

/// The counters of every workspace. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reports {
    pub(crate) table: Table,
    pub(crate) events: Events,
}

impl Reports {
    /// Over this table, counting these events.
    #[must_use]
    pub fn new(table: &Table, events: &Events) -> Self {
        Self { table: table.clone(), events: events.clone() }
    }
}
