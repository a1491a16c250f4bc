//! The handle of the crate: [`Contacts`].

use lambdesk_table::Table;

/// The contacts of every workspace, their accounts, and the jobs on them. Cheap to clone;
/// remembers nothing.
#[derive(Debug, Clone)]
pub struct Contacts {
    pub(crate) table: Table,
}

impl Contacts {
    /// Over this table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }
}
