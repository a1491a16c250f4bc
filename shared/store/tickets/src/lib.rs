#![doc = include_str!("../README.md")]

mod attachments;
mod commit;
mod create;
mod erase;
mod error;
pub mod item;
pub mod message;
mod numbers;
mod purge;
mod reconcile;
mod thread;
mod uses;

pub use create::NewItems;
pub use error::{AnnounceError, CommitError, CreateError};
pub use purge::OldestTickets;
pub use reconcile::TicketSlice;
pub use thread::ThreadPage;
pub use uses::UsedBy;

use lambdesk_store_contacts::Contacts;
use lambdesk_table::Table;
use std::sync::Arc;

/// The tickets of every workspace with their threads and files. Cheap to clone; a process
/// makes it once, because it remembers the ticket numbers that it has leased.
#[derive(Debug, Clone)]
pub struct Tickets {
    table: Table,
    contacts: Contacts,
    numbers: Arc<numbers::Leases>,
}

impl Tickets {
    /// Over this table, with no numbers leased yet.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), contacts: Contacts::new(table), numbers: Arc::default() }
    }
}
