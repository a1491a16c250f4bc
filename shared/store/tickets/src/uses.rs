//! Which tickets and accounts a contact has.

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    item::{Item, text},
    keys::{self, Index, Tenant},
    tickets::Page,
};
use lambdesk_domain::id::{ContactId, TicketId, WorkspaceId};
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

impl Store {
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
    ) -> Result<Page<TicketId>, StoreError> {
        let from = after.map_or_else(|| "!".to_owned(), |id| keys::short(id.uuid()));
        let started = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::Lookup.name());
        let request = request
            .key_condition_expression("x_pk = :pk AND x_sk > :from")
            .expression_attribute_values(":pk", text(Tenant::new(workspace).contact_tickets(contact)))
            .expression_attribute_values(":from", text(from))
            .limit(i32::from(limit) + 1)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", started, output.consumed_capacity());
        let id = |item: &Item| keys::parse_ticket(item.get("pk")?.as_s().ok()?);
        let mut items: Vec<_> = output.items().iter().filter_map(id).map(|(_, ticket)| ticket).collect();
        let has_more = items.len() > usize::from(limit) || output.last_evaluated_key.is_some();
        items.truncate(usize::from(limit));
        Ok(Page { items, has_more })
    }

    /// What uses any of these contacts; what is found in a moment at most.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn uses_of_contacts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Result<Vec<UsedBy>, StoreError> {
        let mut tickets = UsedBy { kind: "ticket", ids: Vec::new(), is_exact: true };
        let mut accounts = UsedBy { kind: "account", ids: Vec::new(), is_exact: true };
        for contact in contacts {
            let page = self.tickets_of(workspace, *contact, None, LOOKED_FOR).await?;
            tickets.ids.extend(page.items.into_iter().map(TicketId::uuid));
            tickets.is_exact &= !page.has_more;
            let page = self.accounts_of(workspace, *contact, None, LOOKED_FOR).await?;
            accounts.ids.extend(page.accounts.into_iter().map(|account| account.id.uuid()));
            accounts.is_exact &= page.next.is_none();
        }
        Ok([tickets, accounts].into_iter().filter(|uses| !uses.ids.is_empty()).collect())
    }
}
