//! The handle of the search index: the table, tickets and accounts, and what was read
//! last: manifests and blocks.

use crate::{blocks::BlockCache, cache::ManifestCache};
use lambdesk_store_contacts::Contacts;
use lambdesk_store_tickets::Tickets;
use lambdesk_table::Table;
use std::sync::Arc;

/// The search index of all workspaces. Cheap to clone; a process makes it once, because
/// clones share the caches of manifests and of blocks.
#[derive(Debug, Clone)]
pub struct SearchIndex {
    pub(crate) table: Table,
    pub(crate) tickets: Tickets,
    pub(crate) contacts: Contacts,
    pub(crate) manifests: Arc<ManifestCache>,
    pub(crate) blocks: Arc<BlockCache>,
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
            blocks: Arc::default(),
        }
    }
}
