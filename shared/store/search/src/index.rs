//! The handle of the search index: the table, tickets and accounts, and the manifests read last.

use crate::cache::ManifestCache;
use lambdesk_store_contacts::Contacts;
use lambdesk_store_tickets::Tickets;
use lambdesk_table::Table;
use std::sync::Arc;

/// The search index of all workspaces. Cheap to clone; a process makes it once, because
/// clones share the cache of manifests.
#[derive(Debug, Clone)]
pub struct SearchIndex {
    pub(crate) table: Table,
    pub(crate) tickets: Tickets,
    pub(crate) contacts: Contacts,
    pub(crate) manifests: Arc<ManifestCache>,
}

impl SearchIndex {
    /// Over this table; tickets that are indexed anew are read from these, accounts beside
    /// them.
    #[must_use]
    pub fn new(table: &Table, tickets: &Tickets) -> Self {
        Self {
            table: table.clone(),
            tickets: tickets.clone(),
            contacts: Contacts::new(table),
            manifests: Arc::default(),
        }
    }
}
