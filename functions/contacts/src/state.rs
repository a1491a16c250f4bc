//! State of the contacts function: the stores that its handlers use beyond those of every
//! function.

use axum::extract::FromRef;
use lambdesk_api::state::App;
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

impl FromRef<ContactsState> for App {
    fn from_ref(state: &ContactsState) -> Self {
        state.app.clone()
    }
}

impl FromRef<ContactsState> for Events {
    fn from_ref(state: &ContactsState) -> Self {
        state.events.clone()
    }
}

impl FromRef<ContactsState> for Lists {
    fn from_ref(state: &ContactsState) -> Self {
        state.lists.clone()
    }
}

impl FromRef<ContactsState> for JobWorker {
    fn from_ref(state: &ContactsState) -> Self {
        state.worker.clone()
    }
}
