//! Uses of contacts: which tickets and accounts they have, from the lookup index. One
//! query for each contact and kind.

use crate::Tickets;
use lambdesk_domain::id::{ContactId, TicketId, WorkspaceId};
use lambdesk_table::{
    Index, Item, Page, Query, Table, TableError, Tenant,
    item::Reader,
    keys::{self, IndexedValue},
};
use uuid::Uuid;

/// How many uses are looked for: enough to tell that it is used.
const LOOKED_FOR: u16 = 100;

/// What kind of thing uses another; callers are told its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// A ticket.
    Ticket,
    /// An account.
    Account,
    /// A channel.
    Channel,
    /// An endpoint of webhooks.
    Webhook,
    /// An API key.
    ApiKey,
}

/// Things of one kind that use another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedBy {
    /// The kind.
    pub kind: UserKind,
    /// Some of them.
    pub ids: Vec<Uuid>,
    /// These are all.
    pub is_exact: bool,
}

impl UsedBy {
    /// By these; none when it is used by none for sure. Where some were not looked at, as
    /// behind index entries of tickets that have it no more, it may be used.
    #[must_use]
    pub fn of(kind: UserKind, ids: Vec<Uuid>, is_exact: bool) -> Option<Self> {
        (!ids.is_empty() || !is_exact).then_some(Self { kind, ids, is_exact })
    }
}

/// The tickets with an index entry under a value, the newest first, or those older than one:
/// a superset of those that have the value, some 100 ms late. One query.
///
/// # Errors
/// When the table fails.
pub async fn index_entries(
    table: &Table,
    workspace: WorkspaceId,
    value: &IndexedValue,
    (below, limit): (Option<TicketId>, u16),
) -> Result<Page<TicketId>, TableError> {
    let entries = Query::of(Tenant::new(workspace).index_entries(value)).ascending(false);
    let entries = match below {
        Some(ticket) => entries.below(keys::short(ticket.uuid())),
        None => entries,
    };
    let page = table.page(entries, limit).await?;
    let ticket = |row| Reader(row).text("sk").ok().and_then(keys::ticket_at);
    Ok(Page { items: page.items.iter().filter_map(ticket).collect(), has_more: page.has_more })
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
        let (mut tickets, mut accounts) = ((Vec::new(), true), (Vec::new(), true));
        for contact in contacts {
            let page = self.tickets_of(workspace, *contact, None, LOOKED_FOR).await?;
            tickets.0.extend(page.items.into_iter().map(TicketId::uuid));
            tickets.1 &= !page.has_more;
            let page = self.contacts.accounts_of(workspace, *contact, None, LOOKED_FOR).await?;
            accounts.0.extend(page.accounts.into_iter().map(|account| account.id.uuid()));
            accounts.1 &= page.next.is_none();
        }
        let tickets = UsedBy::of(UserKind::Ticket, tickets.0, tickets.1);
        Ok(tickets.into_iter().chain(UsedBy::of(UserKind::Account, accounts.0, accounts.1)).collect())
    }
}
