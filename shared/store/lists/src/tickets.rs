//! The tickets of a page by their ids: ticket items in batches, half a unit each.

use crate::{affordable::ItemsRead, lists::Lists, query::ListQuery};
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use lambdesk_store_tickets::item as ticket_item;
use lambdesk_table::{TableError, Tenant, meter};
use std::collections::BTreeSet;

/// Ticket items that tell how large those are that are read with them.
const PROBED: usize = 8;

/// What stepping through some tickets leaves out.
fn not_in_steps(ids: &[TicketId], step: usize) -> Vec<TicketId> {
    ids.iter().enumerate().filter(|(at, _)| at % step != 0).map(|(_, id)| *id).collect()
}

impl Lists {
    /// The same of all of some tickets, where the request may read them all. Where it is
    /// not certain, the first of them tell how large they are.
    pub(crate) async fn matching_within(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        ids: &[TicketId],
        read: &mut ItemsRead,
    ) -> Result<Option<Vec<Ticket>>, TableError> {
        // Spread over all of them: those that were made together are often alike.
        let step = if ids.len() <= read.certainly_affordable() { 1 } else { ids.len().div_ceil(PROBED) };
        let (mut tickets, parts) = (Vec::new(), [ids.iter().step_by(step).copied().collect(), not_in_steps(ids, step)]);
        for part in parts {
            if !read.is_empty() && part.len() > read.affordable() {
                return Ok(None);
            }
            if !part.is_empty() {
                let (count, spent) = (part.len(), meter::spent());
                tickets.extend(self.matching(tenant, query, part).await?);
                read.add_by_key(count, spent);
            }
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
        let keys = ids.into_iter().map(|id| tenant.ticket(id)).collect();
        let items = self.table.batch_get_only(keys, &ticket_item::DECODED).await?;
        let tickets = items.iter().map(ticket_item::decode).collect::<Result<Vec<_>, _>>()?;
        Ok(tickets.into_iter().filter(|ticket| query.matches(ticket)).collect())
    }
}
