//! The state of this function: the edge's own, and the counters.

use axum::extract::FromRef;
use lambdesk_api::state::App;
use lambdesk_store_events::Events;
use lambdesk_store_reports::Reports;

/// The state of this function. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReportsState {
    app: App,
    reports: Reports,
}

impl ReportsState {
    /// Over the edge's table.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), reports: Reports::new(&app.table, &Events::new(&app.table)) }
    }
}

impl FromRef<ReportsState> for App {
    fn from_ref(state: &ReportsState) -> Self {
        state.app.clone()
    }
}

impl FromRef<ReportsState> for Reports {
    fn from_ref(state: &ReportsState) -> Self {
        state.reports.clone()
    }
}
