//! The handles of every store crate over one table.

use lambdesk_api::{seal::SealingKey, state::App};
use lambdesk_domain::time::Timestamp;
use lambdesk_store_contacts::Contacts;
use lambdesk_store_directory::Directories;
use lambdesk_store_events::{Due, Events};
use lambdesk_store_lists::Lists;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;
use lambdesk_store_tickets::Tickets;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::{
    Table,
    keys::{due_shards, hour},
};

/// Every handle, as one process has them: with the caches of that process.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The table below.
    pub table: Table,
    /// Workspaces, their entries and keys.
    pub directories: Directories,
    /// Webhook endpoints and deliveries.
    pub webhooks: Webhooks,
    /// Contacts and accounts.
    pub contacts: Contacts,
    /// Tickets and their threads.
    pub tickets: Tickets,
    /// Events and what is due.
    pub events: Events,
    /// The search index.
    pub search: SearchIndex,
    /// Lists of tickets.
    pub lists: Lists,
    /// The counters of reports.
    pub reports: Reports,
}

impl Stores {
    /// Nothing remembered yet.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let (events, tickets) = (Events::new(table), Tickets::new(table));
        let search = SearchIndex::new(table, &tickets);
        let reports = Reports::new(table, &events);
        Self {
            directories: Directories::new(table),
            webhooks: Webhooks::new(table),
            contacts: Contacts::new(table),
            tickets,
            lists: Lists::new(table, &search, &reports),
            events,
            search,
            reports,
            table: table.clone(),
        }
    }

    /// All that is due by a time and was due in the day before it.
    pub async fn due(&self, until: Timestamp) -> Vec<Due> {
        let mut rows = Vec::new();
        for shard in 0..due_shards() {
            for hour in hour(until) - 24..=hour(until) {
                rows.extend(self.events.due_page((hour, shard), until, None, 100).await.unwrap().rows);
            }
        }
        rows
    }

    /// The state of HTTP functions of the same process: what is written through these
    /// handles refreshes its caches.
    #[must_use]
    pub fn app(&self, sealing: SealingKey) -> App {
        App {
            directories: self.directories.clone(),
            contacts: self.contacts.clone(),
            tickets: self.tickets.clone(),
            ..App::new(&self.table, sealing)
        }
    }
}
