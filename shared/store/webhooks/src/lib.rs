#![doc = include_str!("../README.md")]

mod deliveries;
mod endpoints;
mod fanout;
mod redelivery;

pub use deliveries::Lease;
pub use fanout::delivery_of;
pub use redelivery::Replaces;

use lambdesk_table::Table;

/// The webhook endpoints and deliveries of all workspaces. Cheap to clone; nothing is
/// cached.
#[derive(Debug, Clone)]
pub struct Webhooks {
    table: Table,
}

impl Webhooks {
    /// In this table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }
}
