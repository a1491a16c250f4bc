//! State of the directory function: beside what every function has, the stores of what may
//! use an entry.

use crate::uses::Uses;
use lambdesk_api::{state::App, state_parts};

/// The state of this function. Cheap to clone.
#[derive(Clone)]
pub struct DirectoryState {
    app: App,
    uses: Uses,
}

impl DirectoryState {
    /// Over the table of this state.
    pub fn of(app: &App) -> Self {
        Self { uses: Uses::of(app), app: app.clone() }
    }
}

state_parts!(DirectoryState { app: App, uses: Uses });
