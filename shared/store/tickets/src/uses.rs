//! Uses of contacts: which tickets and accounts they have, from the lookup index. One
//! query for each contact and kind.

use crate::Tickets;
use lambdesk_domain::id::{ContactId, TicketId, WorkspaceId};
use lambdesk_table::{Index, Item, Page, Query, TableError, Tenant, keys};
use uuid::Uuid;

/// How many uses are looked for: enough to tell that it is used.
const LOOKED_FOR: u16 = 100;

/// Things of one kind that use another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedBy {
    /// `ticket` or `account`.
    pub kind: &'static str,
    /// Some of them.
    pub ids: Vec<Uuid>,
    /// These are all.
    pub is_exact: bool,
}

impl Tickets {
    /// A contact's tickets in order of their ids, from the index: one made a moment
    /// ago may be missing, one that is somebody else's by now still there.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn tickets_of(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        after: Option<TicketId>,
        limit: u16,
    ) -> Result<Page<TicketId>, TableError> {
        let from = after.map_or_else(|| "!".to_owned(), |id| keys::short(id.uuid()));
        let partition = Tenant::new(workspace).contact_tickets(contact);
        let page = self.table.page(Query::in_index(Index::Lookup, partition).beyond(from), limit).await?;
        let id = |item: &Item| keys::parse_ticket(item.get("pk")?.as_s().ok()?);
        let items = page.items.iter().filter_map(id).map(|(_, ticket)| ticket).collect();
        Ok(Page { items, has_more: page.has_more })
    }

    /// What uses any of these contacts; what is found in a moment at most.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn uses_of_contacts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Result<Vec<UsedBy>, TableError> {
        let mut tickets = UsedBy { kind: "ticket", ids: Vec::new(), is_exact: true };
        let mut accounts = UsedBy { kind: "account", ids: Vec::new(), is_exact: true };
        for contact in contacts {
            let page = self.tickets_of(workspace, *contact, None, LOOKED_FOR).await?;
            tickets.ids.extend(page.items.into_iter().map(TicketId::uuid));
            tickets.is_exact &= !page.has_more;
            let page = self.contacts.accounts_of(workspace, *contact, None, LOOKED_FOR).await?;
            accounts.ids.extend(page.accounts.into_iter().map(|account| account.id.uuid()));
            accounts.is_exact &= page.next.is_none();
        }
        Ok([tickets, accounts].into_iter().filter(|uses| !uses.ids.is_empty()).collect())
    }
}
