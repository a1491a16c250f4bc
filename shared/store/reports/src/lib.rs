#![doc = include_str!("../README.md")]

mod checkpoint;
mod fold;
mod names;
mod read;
mod recount;

pub use fold::Folded;
pub use read::Standings;
pub use recount::Recounted;

use lambdesk_store_events::Events;
use lambdesk_table::Table;

/// The counters of every workspace. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reports {
    table: Table,
    events: Events,
}

impl Reports {
    /// Over this table, counting these events.
    #[must_use]
    pub fn new(table: &Table, events: &Events) -> Self {
        Self { table: table.clone(), events: events.clone() }
    }
}
