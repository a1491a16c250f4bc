//! The state of this function: the edge's own, and the counters.

use lambdesk_api::{state::App, state_parts};
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

state_parts!(ReportsState { app: App, reports: Reports });
