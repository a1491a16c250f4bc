//! The request that a ticket be indexed anew: an item beside the ticket, which the stream
//! brings to the fan-out. One write unit.

use crate::Tickets;
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{
    TableError, Tenant, Write,
    item::{document, number},
};
use std::time::Duration;

/// How long the request stays in the table.
const REINDEX_TTL: Duration = Duration::from_hours(48);

impl Tickets {
    /// Has a ticket indexed anew by the stream's reader, in the order of the stream.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn request_reindex(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let mut request = document(Tenant::new(workspace).reindex_request(ticket), &now);
        request.insert("expires_at".to_owned(), number(now.plus(REINDEX_TTL).seconds()));
        self.table.write(Write::put(request)).await.map(drop)
    }
}
