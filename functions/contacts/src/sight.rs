//! Which contacts and accounts a caller sees. Restricted users, who see their own tickets
//! alone, see the contacts of these, the accounts of those contacts, and the accounts that
//! their tickets are about; the others are as good as absent.

use crate::access::load;
use axum::http::StatusCode;
use lambdesk_api::{auth::Session, listing::Listing, problem::Problem};
use lambdesk_domain::{
    access::VisibilityScope,
    contact::{Account, Contact},
    id::{AccountId, ContactId, TicketId},
};
use lambdesk_store_contacts::ContactSlot;
use lambdesk_store_lists::{Filter, ListPage, Lists, OneOf};
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

    /// Whether every contact and account is in sight: then nothing is read for it.
    pub fn is_whole(self) -> bool {
        !matches!(self.session.visibility(), VisibilityScope::Own(_))
    }

    /// Whether a contact is on a ticket in sight.
    pub async fn has(self, contact: &Contact) -> Result<bool, Problem> {
        if self.is_whole() {
            return Ok(true);
        }
        self.has_ticket(OneOf::new(contact.ids()).map(Filter::Contact)).await
    }

    /// Whether an account is on a ticket in sight, or its contact is.
    pub async fn has_account(self, account: &Account) -> Result<bool, Problem> {
        if self.is_whole() || self.has_ticket(OneOf::new([account.id]).map(Filter::Account)).await? {
            return Ok(true);
        }
        let (contacts, workspace) = (&self.session.app.contacts, self.session.workspace());
        match account.contact_id {
            Some(owner) => match contacts.contact(workspace, owner).await? {
                Some(owner) => self.has(&owner).await,
                None => Ok(false),
            },
            None => Ok(false),
        }
    }

    async fn has_ticket(self, filter: Option<Filter>) -> Result<bool, Problem> {
        match filter {
            Some(filter) => Ok(!self.tickets(&filter, 1).await?.0.is_empty()),
            None => Ok(false),
        }
    }

    async fn tickets(self, filter: &Filter, limit: u16) -> Result<(Vec<TicketId>, bool), Problem> {
        let Self { session, lists } = self;
        Ok(lists.in_sight(&session.tenant(), session.visibility(), filter, limit, session.now).await?)
    }

    /// How many tickets in sight have something: some of them, and whether these are all.
    pub async fn count(self, filter: &Filter) -> Result<(Vec<TicketId>, bool), Problem> {
        self.tickets(filter, COUNTED).await
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
        let rule = "restricted users see and change contacts and accounts of their own tickets only; a ticket's sender \
                    becomes a contact by itself";
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
        let Self { session, lists } = self;
        Ok(lists.reach(&session.tenant(), session.visibility(), listing.after()?, listing.limit, session.now).await?)
    }
}
