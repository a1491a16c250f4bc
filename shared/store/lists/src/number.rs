//! The ticket of a number: its number row, one query; and before the row is there the
//! newest tickets that are open or wait for screening, one query each at once. So a number
//! that nobody has costs three queries; a new ticket that was given another status before its
//! row is there is found when it is.

use crate::lists::Lists;
use futures_util::future::try_join;
use lambdesk_domain::{
    id::{TicketId, TicketNumber, WorkspaceId},
    status::Status,
};
use lambdesk_store_tickets::item as ticket_item;
use lambdesk_table::{
    Query, TableError, Tenant,
    item::{Reader, number},
    keys::{self, Index, State},
};

/// How many of the newest of each state are looked at.
const NEWEST: i32 = 10;

impl Lists {
    /// The ticket with a number. Its row comes with its event; before that it is
    /// looked for among the newest that are open or wait for screening.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn numbered(&self, workspace: WorkspaceId, wanted: TicketNumber) -> Result<Option<TicketId>, TableError> {
        let tenant = Tenant::new(workspace);
        let from = format!("{}{}", keys::NUMBER, keys::number_key(wanted));
        let query = Query::of(tenant.number_rows()).between(&from, format!("{from}~")).ascending(false);
        let page = self.table.page(query, 1).await?;
        let row = page.items.iter().find_map(|row| Reader(row).text("sk").ok().and_then(keys::ticket_at));
        match row {
            Some(ticket) => Ok(Some(ticket)),
            None => self.newest_numbered(&tenant, wanted).await,
        }
    }

    /// Looks for a number among the tickets that were active last: a new ticket is one of
    /// them, unless its status was changed before its row is there.
    async fn newest_numbered(&self, tenant: &Tenant, wanted: TicketNumber) -> Result<Option<TicketId>, TableError> {
        let newest = |state| self.newest_of(tenant.list(state), wanted);
        let (open, held) = try_join(newest(State::Live(Status::Open)), newest(State::Unprocessed)).await?;
        Ok(open.or(held))
    }

    async fn newest_of(&self, partition: String, wanted: TicketNumber) -> Result<Option<TicketId>, TableError> {
        let query = Query::in_index(Index::List, partition).ascending(false).limit(NEWEST);
        let query = query.filter(Some("#num = :num".to_owned())).name("#num", ticket_item::filterable::NUMBER);
        let found = self.table.query(query.value(":num", number(wanted.0))).await?.items.into_iter().next();
        Ok(found.map(|item| ticket_item::decode(&item)).transpose()?.map(|ticket| ticket.id))
    }
}
