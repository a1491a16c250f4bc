//! Which contacts and accounts a caller sees, by [`ClientSight`]; the others are as good as
//! absent.

use crate::access::load;
use axum::http::StatusCode;
use lambdesk_api::{auth::Session, listing::Listing, problem::Problem};
use lambdesk_domain::{
    contact::{Account, Contact},
    id::{AccountId, ContactId, TicketId},
};
use lambdesk_store_contacts::ContactSlot;
use lambdesk_store_lists::{ClientSight, Filter, ListPage, Lists};
use std::collections::BTreeSet;

/// How many tickets are counted for a refusal.
const COUNTED: u16 = 100;

/// What a caller sees of contacts and accounts.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    session: &'a Session,
    lists: &'a Lists,
}

impl<'a> Sight<'a> {
    pub const fn of(session: &'a Session, lists: &'a Lists) -> Self {
        Self { session, lists }
    }

    /// Whose sight it is.
    pub const fn session(self) -> &'a Session {
        self.session
    }

    fn clients(self) -> ClientSight<'a> {
        let Self { session, lists } = self;
        ClientSight::new(lists, session.workspace(), session.visibility(), session.now)
    }

    /// Whether every contact and account is in sight: then nothing is read for it.
    pub fn is_whole(self) -> bool {
        self.clients().is_whole()
    }

    /// Whether a contact is on a ticket in sight.
    pub async fn has(self, contact: &Contact) -> Result<bool, Problem> {
        Ok(self.clients().has(contact).await?)
    }

    /// Whether an account is on a ticket in sight, or its contact is.
    pub async fn has_account(self, account: &Account) -> Result<bool, Problem> {
        Ok(self.clients().has_account(&self.session.app.contacts, account).await?)
    }

    /// Those of the accounts, of few contacts, that are in sight.
    pub async fn seen(self, accounts: Vec<Account>) -> Result<Vec<Account>, Problem> {
        Ok(self.clients().accounts(&self.session.app.contacts, accounts).await?)
    }

    /// How many tickets in sight have something: some of them, and whether these are all.
    pub async fn count(self, filter: &Filter) -> Result<(Vec<TicketId>, bool), Problem> {
        Ok(self.clients().count(filter, COUNTED).await?)
    }

    /// The contact that an id means, where it is in sight.
    ///
    /// # Errors
    /// 404.
    pub async fn load(self, id: ContactId) -> Result<(ContactSlot, Contact), Problem> {
        let (slot, contact) = load(self.session, id).await?;
        if self.has(&contact).await? { Ok((slot, contact)) } else { Err(Problem::not_found()) }
    }

    /// Whoever sees some contacts alone makes none: it would be on no ticket of theirs.
    ///
    /// # Errors
    /// 403 `restricted_may_not`.
    pub fn require_whole(self) -> Result<(), Problem> {
        if self.is_whole() {
            return Ok(());
        }
        let rule =
            "restricted users see and change contacts and accounts of their own tickets only; others make new ones";
        Err(Problem::new(StatusCode::FORBIDDEN, "restricted_may_not", rule))
    }

    /// A page of the contacts of the tickets in sight: in the order of these, so one may
    /// come again on a later page.
    pub async fn contacts(self, listing: &Listing) -> Result<(Vec<Contact>, Option<String>), Problem> {
        let page = self.page(listing).await?;
        let ids: BTreeSet<_> = page.tickets.iter().filter_map(|ticket| Some(ticket.contact.as_ref()?.id)).collect();
        let (contacts, workspace) = (&self.session.app.contacts, self.session.workspace());
        let ids: Vec<_> = ids.into_iter().collect();
        let slots = if ids.is_empty() { Vec::new() } else { contacts.slots(workspace, &ids).await? };
        let found = slots.iter().filter_map(|slot| slot.contact().cloned()).collect();
        Ok((found, page.next.map(|next| next.to_string())))
    }

    /// The same of the accounts that the tickets in sight are about.
    pub async fn accounts(self, listing: &Listing) -> Result<(Vec<Account>, Option<String>), Problem> {
        let page = self.page(listing).await?;
        let ids: BTreeSet<AccountId> = page.tickets.iter().filter_map(|ticket| ticket.account).collect();
        let (contacts, workspace) = (&self.session.app.contacts, self.session.workspace());
        let found = contacts.accounts(workspace, &ids).await?.into_iter().collect();
        Ok((found, page.next.map(|next| next.to_string())))
    }

    async fn page(self, listing: &Listing) -> Result<ListPage, Problem> {
        Ok(self.clients().page(listing.after()?, listing.limit).await?)
    }
}
