//! What every handler has at hand: the stores that the edge itself needs, the sealing
//! key and the clock.

use crate::{problem::Problem, seal::SealingKey};
use lambdesk_objects::Objects;
use lambdesk_runtime::Clock;
use lambdesk_store_contacts::Contacts;
use lambdesk_store_directory::Directories;
use lambdesk_store_tickets::Tickets;
use lambdesk_table::Table;
use std::sync::Arc;
use uuid::Uuid;

/// The state of an HTTP function. Cheap to clone. A function that needs further stores
/// has a state of its own with this in it.
#[derive(Debug, Clone)]
pub struct App {
    /// The table, for remembered answers and for further stores.
    pub table: Table,
    /// Workspaces, their entries and keys.
    pub directories: Directories,
    /// Contacts and accounts.
    pub contacts: Contacts,
    /// Tickets and their threads.
    pub tickets: Tickets,
    /// Object storage, in functions that are given a bucket.
    pub objects: Option<Objects>,
    /// Seals cursors and remembered answers, signs sessions and public tokens.
    pub sealing: Arc<SealingKey>,
    /// The time.
    pub clock: Clock,
}

impl App {
    /// Over this table and key, with the system's clock and nothing remembered.
    #[must_use]
    pub fn new(table: &Table, sealing: SealingKey) -> Self {
        Self {
            table: table.clone(),
            directories: Directories::new(table),
            contacts: Contacts::new(table),
            tickets: Tickets::new(table),
            objects: None,
            sealing: Arc::new(sealing),
            clock: Clock::system(),
        }
    }

    /// Object storage.
    ///
    /// # Errors
    /// 500 in a function that was given no bucket: a defect of the set-up.
    pub fn objects(&self) -> Result<&Objects, Problem> {
        self.objects.as_ref().ok_or_else(|| {
            tracing::error!("this function was given no bucket: set LAMBDESK_BUCKET");
            Problem::internal()
        })
    }

    /// A fresh id that sorts by creation.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.clock.new_uuid()
    }
}

/// The fields of a function's state that its handlers take by their types (`State<Events>`).
#[macro_export]
macro_rules! state_parts {
    ($state:ident { $($field:ident: $part:ty),+ }) => {$(
        impl ::axum::extract::FromRef<$state> for $part {
            fn from_ref(state: &$state) -> Self {
                state.$field.clone()
            }
        }
    )+};
}
