//! The tickets that still have a value: an entry of the directory or an account. One
//! query of index entries and one batch of ticket items, a unit each.

use crate::{lists::Lists, rows::indexed_values};
use lambdesk_domain::id::{TicketId, WorkspaceId};
use lambdesk_store_tickets::item as ticket_item;
use lambdesk_table::{
    Page, Query, TableError, Tenant,
    item::Reader,
    keys::{self, IndexedValue},
};

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
        let page = self.index_entries(workspace, value, LOOKED_AT).await?;
        let tenant = Tenant::new(workspace);
        let items = self.table.batch_get(page.items.iter().map(|ticket| tenant.ticket(*ticket)).collect()).await?;
        let tickets = items.iter().map(ticket_item::decode).collect::<Result<Vec<_>, _>>()?;
        let using = tickets.iter().filter(|ticket| indexed_values(ticket).contains(value)).map(|ticket| ticket.id);
        Ok(ValueUsers { tickets: using.collect(), may_be_more: page.has_more })
    }

    /// The tickets with an index entry under a value, newest first: a superset of those
    /// that have it, some 100 ms late.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn index_entries(
        &self,
        workspace: WorkspaceId,
        value: &IndexedValue,
        limit: u16,
    ) -> Result<Page<TicketId>, TableError> {
        let query = Query::of(Tenant::new(workspace).index_entries(value)).ascending(false);
        let page = self.table.page(query, limit).await?;
        let ticket = |row| Reader(row).text("sk").ok().and_then(keys::ticket_at);
        Ok(Page { items: page.items.iter().filter_map(ticket).collect(), has_more: page.has_more })
    }
}
