//! The keys of what the sweep purges by.

use super::{encoding::long, index::Key, tenant::Tenant};
use lambdesk_domain::id::{TicketId, WorkspaceId};

const ROUND: &str = "purge";
const PENDING_PURGE: &str = "W";

/// The sort keys of all that a ticket has, but for its events, which tell nothing
/// personal and stay.
pub const BELONGINGS: (&str, &str) = ("E$", "~");

impl Tenant {
    /// The workspace's round: what is too old is looked for when it is due.
    #[must_use]
    pub fn retention_sweep(&self) -> Key {
        self.key(ROUND, PENDING_PURGE)
    }

    /// The row that says that a purged ticket still has items.
    #[must_use]
    pub fn pending_purge(&self, ticket: TicketId) -> Key {
        Key { sk: PENDING_PURGE.to_owned(), ..self.ticket(ticket) }
    }
}

/// Whether this sort key is the row of what remains of a ticket.
#[must_use]
pub fn is_pending_purge(sk: &str) -> bool {
    sk == PENDING_PURGE
}

/// The workspace whose round this key names.
#[must_use]
pub fn parse_retention_sweep(key: &Key) -> Option<WorkspaceId> {
    let (workspace, kind) = key.pk.split_once('#')?;
    (kind == ROUND).then(|| long(workspace).map(WorkspaceId::new)).flatten()
}
