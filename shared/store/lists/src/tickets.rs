//! The tickets of a page by their ids: ticket items in batches of 100, half a unit each.

use crate::{
    affordable::{ItemsRead, UNKNOWN},
    lists::Lists,
    query::ListQuery,
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use lambdesk_store_tickets::item as ticket_item;
use lambdesk_table::{TableError, Tenant, meter};
use std::collections::BTreeSet;

/// What one request for items takes.
const ITEMS_AT_ONCE: usize = 100;

impl Lists {
    /// The same of all of some tickets, where the request may read them all. How large they
    /// are is known by the first of them.
    pub(crate) async fn matching_within(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        ids: &[TicketId],
    ) -> Result<Option<Vec<Ticket>>, TableError> {
        let (first, rest) = ids.split_at(ids.len().min(UNKNOWN));
        let (mut read, spent) = (ItemsRead::none(query), meter::spent());
        let mut tickets = self.matching(tenant, query, first.iter().copied()).await?;
        read.add(first.len(), spent);
        if rest.len() > read.affordable() {
            return Ok(None);
        }
        if !rest.is_empty() {
            tickets.extend(self.matching(tenant, query, rest.iter().copied()).await?);
        }
        Ok(Some(tickets))
    }

    /// Those of some tickets that belong in the list, in no order.
    pub(crate) async fn matching(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        ids: impl IntoIterator<Item = TicketId>,
    ) -> Result<Vec<Ticket>, TableError> {
        // A row that is out of date may name a ticket beside the one that is not.
        let ids: BTreeSet<_> = ids.into_iter().collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let batches = ids.chunks(ITEMS_AT_ONCE).map(|some| {
            let keys = some.iter().map(|id| tenant.ticket(*id)).collect();
            self.table.batch_get_only(keys, &ticket_item::DECODED)
        });
        let items = try_join_all(batches).await?;
        let tickets = items.iter().flatten().map(ticket_item::decode).collect::<Result<Vec<_>, _>>()?;
        Ok(tickets.into_iter().filter(|ticket| query.matches(ticket)).collect())
    }
}
