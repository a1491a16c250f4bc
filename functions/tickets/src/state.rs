//! The state of this function: the edge's own, and the stores of lists and events.

use lambdesk_api::{state::App, state_parts};
use lambdesk_store_events::Events;
use lambdesk_store_lists::Lists;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;

/// The state of this function. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TicketsState {
    app: App,
    lists: Lists,
    events: Events,
}

impl TicketsState {
    /// Over the edge's table.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let events = Events::new(&app.table);
        let search = SearchIndex::new(&app.table, &app.tickets);
        let reports = Reports::new(&app.table, &events);
        Self { app: app.clone(), lists: Lists::new(&app.table, &search, &reports), events }
    }
}

state_parts!(TicketsState { app: App, lists: Lists, events: Events });
