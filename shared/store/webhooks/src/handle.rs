//! The handle of the crate: [`Webhooks`].

use lambdesk_table::Table;

/// The webhook endpoints and deliveries of all workspaces. Cheap to clone; nothing is
/// cached.
#[derive(Debug, Clone)]
pub struct Webhooks {
    pub(crate) table: Table,
}

impl Webhooks {
    /// In this table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }
}
