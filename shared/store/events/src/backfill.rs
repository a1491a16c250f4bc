//! Backfill requests: an item by which the sweep asks the fan-out, through the table's
//! stream, to write the events that a ticket or contact lacks. One write per request;
//! it expires by itself.

use crate::{Events, GapWindow};
use lambdesk_domain::{events::EventSubject, id::WorkspaceId, time::Timestamp};
use lambdesk_table::{
    Corrupt, Item, TableError, Tenant, Write,
    item::{document, number, read_document},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a request stays in the table: longer than the stream keeps its record.
const KEPT: Duration = Duration::from_hours(48);

/// The request that the events of a ticket or contact be backfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillRequest {
    /// Which versions count as missing, however late the stream brings the request.
    pub window: GapWindow,
    /// When it was made: the stream has no record of a write that changes nothing.
    pub requested_at: Timestamp,
}

impl BackfillRequest {
    pub(crate) fn read(item: &Item) -> Result<Self, Corrupt> {
        read_document(item)
    }
}

impl Events {
    /// Asks for the events that a ticket or contact lacks; replaces an earlier request.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn request_backfill(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        request: BackfillRequest,
    ) -> Result<(), TableError> {
        let mut item = document(Tenant::new(workspace).backfill_request(of), &request);
        item.insert("expires_at".to_owned(), number(request.requested_at.plus(KEPT).seconds()));
        self.table.write(Write::put(item)).await.map(drop)
    }
}
