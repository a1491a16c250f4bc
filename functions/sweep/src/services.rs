//! Stores and queue: what every part of a run works with.

use lambdesk_objects::{JobWorker, Objects};
use lambdesk_runtime::HintQueue;
use lambdesk_store_contacts::Contacts;
use lambdesk_store_directory::Directories;
use lambdesk_store_events::Events;
use lambdesk_store_search::SearchIndex;
use lambdesk_store_tickets::Tickets;
use lambdesk_table::Table;

/// What a run works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    pub contacts: Contacts,
    pub directories: Directories,
    pub events: Events,
    pub search: SearchIndex,
    pub tickets: Tickets,
    pub jobs: JobWorker,
    /// Where files are; none where tickets have no files.
    pub objects: Option<Objects>,
    /// Where hints of due deliveries go.
    pub queue: HintQueue,
}

impl Services {
    pub fn new(table: &Table, objects: Option<Objects>, queue: HintQueue) -> Self {
        let (contacts, directories, tickets) = (Contacts::new(table), Directories::new(table), Tickets::new(table));
        Self {
            jobs: JobWorker::new(&contacts, &tickets, &directories, objects.as_ref()),
            search: SearchIndex::new(table, &tickets),
            events: Events::new(table),
            contacts,
            directories,
            tickets,
            objects,
            queue,
        }
    }
}
