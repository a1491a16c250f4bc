#![doc = include_str!("../README.md")]

mod accounts;
mod error;
mod jobs;
#[cfg(test)]
mod model;
mod plan;
mod read;
mod reconcile;
mod slot;
mod write;

pub use accounts::AccountPage;
pub use error::{ContactError, OtherContact};
pub use plan::ContactPlan;
pub use read::{ContactPage, contact_id};
pub use reconcile::ContactSlice;
pub use slot::{Alias, ContactSlot, Holder, Owner, Redirect};
pub use write::ContactUpsert;

use lambdesk_table::Table;

/// The contacts of every workspace, their accounts, and the jobs on them. Cheap to clone;
/// remembers nothing.
#[derive(Debug, Clone)]
pub struct Contacts {
    table: Table,
}

impl Contacts {
    /// Over this table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }
}
