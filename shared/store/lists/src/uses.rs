//! The tickets that still have a value: an entry of the directory or an account. One
//! query of index entries and one batch of ticket items, a unit each.

use crate::{lists::Lists, rows::indexed_values};
use lambdesk_domain::id::{TicketId, WorkspaceId};
use lambdesk_store_tickets::{index_entries, item as ticket_item};
use lambdesk_table::{TableError, Tenant, keys::IndexedValue};

/// Tickets that are looked at.
const LOOKED_AT: u16 = 100;

/// The tickets that have a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueUsers {
    /// Those that were found.
    pub tickets: Vec<TicketId>,
    /// There may be more.
    pub may_be_more: bool,
}

impl Lists {
    /// The tickets that have a value: those among the newest 100 with an index entry,
    /// some 100 ms late.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn users_of(&self, workspace: WorkspaceId, value: &IndexedValue) -> Result<ValueUsers, TableError> {
        let page = index_entries(&self.table, workspace, value, (None, LOOKED_AT)).await?;
        let tenant = Tenant::new(workspace);
        let items = self.table.batch_get(page.items.iter().map(|ticket| tenant.ticket(*ticket)).collect()).await?;
        let tickets = items.iter().map(ticket_item::decode).collect::<Result<Vec<_>, _>>()?;
        let using = tickets.iter().filter(|ticket| indexed_values(ticket).contains(value)).map(|ticket| ticket.id);
        Ok(ValueUsers { tickets: using.collect(), may_be_more: page.has_more })
    }
}
