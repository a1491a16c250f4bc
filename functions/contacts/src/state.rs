//! State of the contacts function: the stores that its handlers use beyond those of every
//! function.

use lambdesk_api::{state::App, state_parts};
use lambdesk_objects::JobWorker;
use lambdesk_store_events::Events;
use lambdesk_store_lists::Lists;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;

/// The state of this function. Cheap to clone.
#[derive(Clone)]
pub struct ContactsState {
    app: App,
    /// What an export tells of a ticket's past.
    events: Events,
    /// Which tickets an account is on.
    lists: Lists,
    /// Works on merges and erasures within their request.
    worker: JobWorker,
}

impl ContactsState {
    /// Over the table of this state.
    pub fn of(app: &App) -> Self {
        let events = Events::new(&app.table);
        let (search, reports) = (SearchIndex::new(&app.table, &app.tickets), Reports::new(&app.table, &events));
        Self {
            lists: Lists::new(&app.table, &search, &reports),
            worker: JobWorker::new(&app.contacts, &app.tickets, &app.directories, app.objects.as_ref()),
            events,
            app: app.clone(),
        }
    }
}

state_parts!(ContactsState { app: App, events: Events, lists: Lists, worker: JobWorker });
