//! The handle of the crate: [`Tickets`].

use lambdesk_domain::id::WorkspaceId;
use lambdesk_store_contacts::Contacts;
use lambdesk_table::Table;
use std::{collections::HashMap, ops::Range, sync::Arc};
use tokio::sync::Mutex;

/// The tickets of every workspace with their threads and files. Cheap to clone; a process
/// makes it once, because it remembers the ticket numbers that it has leased.
#[derive(Debug, Clone)]
pub struct Tickets {
    pub(crate) table: Table,
    pub(crate) contacts: Contacts,
    /// Ticket numbers that this process has leased and not given out.
    pub(crate) leases: Arc<Mutex<HashMap<WorkspaceId, Range<u64>>>>,
}

impl Tickets {
    /// Over this table, with no numbers leased yet.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), contacts: Contacts::new(table), leases: Arc::default() }
    }
}
