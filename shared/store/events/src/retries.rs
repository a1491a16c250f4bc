//! Retries of poison records: a due row per ticket or contact of which the fan-out
//! could not handle a record, so that the sweep checks its events later.

use crate::Events;
use lambdesk_domain::{events::EventSubject, id::WorkspaceId, time::Timestamp};
use lambdesk_table::{
    TableError, Tenant, Write,
    item::{document, json, text},
    keys,
};

impl Events {
    /// Asks the sweep to check the events of a ticket or contact at this time; replaces
    /// what was asked for before.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn schedule_retry(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        at: Timestamp,
    ) -> Result<(), TableError> {
        let key = Tenant::new(workspace).retry(of);
        let (hour, place) = keys::due(at, &key);
        let mut item = document(key, &at);
        item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
        self.table.write(Write::put(item)).await.map(drop)
    }

    /// Removes the retry that was due at this time; a later one stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn clear_retry(&self, workspace: WorkspaceId, of: EventSubject, at: Timestamp) -> Result<(), TableError> {
        let delete = Write::delete(Tenant::new(workspace).retry(of)).when("doc = :at");
        self.table.write(delete.value(":at", json(&at))).await.map(drop)
    }
}
