//! The accounts that tickets are about, shown as they are now.

use super::ClientDetail;
use lambdesk_domain::{
    contact::Account,
    id::{AccountId, ContactId, WorkspaceId},
    text::{AccountKind, Currency, ExternalId, Name},
    ticket::Ticket,
};
use lambdesk_store_contacts::Contacts;
use lambdesk_table::TableError;
use serde::Serialize;
use std::collections::BTreeMap;

/// An account on a ticket; all but the id is null once it has been deleted, for keys
/// without the scope `contacts:read`, and for channel keys.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TicketAccount {
    id: AccountId,
    kind: Option<AccountKind>,
    name: Option<Name>,
    external_id: Option<ExternalId>,
    status: Option<Name>,
    current_balance_cents: Option<i64>,
    currency: Option<Currency>,
    contact_id: Option<ContactId>,
}

/// The accounts of some tickets, read when they are shown.
#[derive(Debug, Clone, Default)]
pub struct Accounts(BTreeMap<AccountId, Account>);

impl Accounts {
    /// Those that the tickets are about: no request when they are about none, or when the
    /// ids are all that is told.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn of<'a>(
        contacts: &Contacts,
        workspace: WorkspaceId,
        tickets: impl IntoIterator<Item = &'a Ticket>,
        detail: ClientDetail,
    ) -> Result<Self, TableError> {
        if !detail.is_whole() {
            return Ok(Self::default());
        }
        let ids = tickets.into_iter().filter_map(|ticket| ticket.account).collect();
        Ok(contacts.accounts(workspace, &ids).await?.into_iter().collect())
    }

    pub(super) fn view(&self, id: AccountId, detail: ClientDetail) -> TicketAccount {
        let account = self.0.get(&id).filter(|_| detail.is_whole()).cloned();
        TicketAccount {
            id,
            kind: account.as_ref().map(|account| account.kind.clone()),
            current_balance_cents: account.as_ref().and_then(|account| account.current_balance_cents),
            contact_id: account.as_ref().and_then(|account| account.contact_id),
            name: account.as_ref().and_then(|account| account.name.clone()),
            external_id: account.as_ref().and_then(|account| account.external_id.clone()),
            status: account.as_ref().and_then(|account| account.status.clone()),
            currency: account.and_then(|account| account.currency),
        }
    }
}

impl FromIterator<Account> for Accounts {
    fn from_iter<I: IntoIterator<Item = Account>>(accounts: I) -> Self {
        Self(accounts.into_iter().map(|account| (account.id, account)).collect())
    }
}
