//! The handle of the crate: [`Tickets`].

use crate::number_reserve::NumberReserve;
use lambdesk_domain::id::WorkspaceId;
use lambdesk_store_contacts::Contacts;
use lambdesk_table::Table;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;

/// The tickets of every workspace with their threads and files. Cheap to clone; a process
/// makes it once, because it remembers the ticket numbers that it has taken.
#[derive(Debug, Clone)]
pub struct Tickets {
    pub(crate) table: Table,
    pub(crate) contacts: Contacts,
    /// Ticket numbers that this process has taken and not given out.
    pub(crate) numbers: Arc<Mutex<HashMap<WorkspaceId, NumberReserve>>>,
}

impl Tickets {
    /// Over this table, with no numbers taken yet.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), contacts: Contacts::new(table), numbers: Arc::default() }
    }
}
