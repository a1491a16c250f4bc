//! What somebody sees of contacts and accounts: restricted users, who see their own tickets
//! alone, see the contacts of these, the accounts of those contacts, and the accounts that
//! their tickets are about; the others are as good as absent. To all others every one is in
//! sight, and nothing is read for it.

use crate::{
    filter::{Filter, OneOf},
    lists::Lists,
    position::{ListPosition, ListStart},
    query::{ListPage, ListQuery},
    sort::Sort,
};
use lambdesk_domain::{
    access::VisibilityScope,
    contact::{Account, Contact},
    id::{ContactId, TicketId, WorkspaceId},
    status::Status,
    text::EmailAddress,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_contacts::Contacts;
use lambdesk_table::{TableError, Tenant, keys::State};
use std::collections::BTreeSet;

/// How many pages are read for it at most: where a filter leaves out much, they are short.
const PAGES: usize = 8;
/// How many tickets are looked for at once, where they tell of several accounts.
const TICKETS: u16 = 100;
/// How many accounts are looked for at once.
const ACCOUNTS: usize = 25;

/// Where contacts and accounts are looked for.
#[derive(Debug, Clone, Copy)]
pub struct ClientSight<'a> {
    lists: &'a Lists,
    workspace: WorkspaceId,
    reach: VisibilityScope,
    now: Timestamp,
}

impl<'a> ClientSight<'a> {
    /// Of somebody with this reach.
    #[must_use]
    pub const fn new(lists: &'a Lists, workspace: WorkspaceId, reach: VisibilityScope, now: Timestamp) -> Self {
        Self { lists, workspace, reach, now }
    }

    /// Whether every contact and account is in sight.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        !matches!(self.reach, VisibilityScope::Own(_))
    }

    /// Whether a contact is on a ticket in sight.
    ///
    /// # Errors
    /// [`TableError::Unavailable`] when the search has come to no end, or the table's failure.
    pub async fn has(self, contact: &Contact) -> Result<bool, TableError> {
        if self.is_whole() {
            return Ok(true);
        }
        self.has_any(contact.ids()).await?.ok_or_else(no_end)
    }

    /// The contact with an address, where it is in sight. Whether there is one shows in no
    /// number of requests, nor whether the search has come to an end.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact_with_email(
        self,
        contacts: &Contacts,
        salt: &str,
        email: &EmailAddress,
    ) -> Result<Option<Contact>, TableError> {
        let (slot, found) = contacts.owner_evenly(self.workspace, salt, email).await?;
        if self.is_whole() {
            return Ok(found);
        }
        let is_seen = match &found {
            Some(contact) => self.has_any(contact.ids()).await?,
            None => self.has_any([slot.id]).await?,
        };
        Ok(found.filter(|_| is_seen == Some(true)))
    }

    /// Whether an account is on a ticket in sight, or its contact is.
    ///
    /// # Errors
    /// As [`ClientSight::has`].
    pub async fn has_account(self, contacts: &Contacts, account: &Account) -> Result<bool, TableError> {
        Ok(!self.accounts(contacts, vec![account.clone()]).await?.is_empty())
    }

    /// Those of the accounts, of few contacts, that are in sight. A search for each contact
    /// and for some accounts at once.
    ///
    /// # Errors
    /// As [`ClientSight::has`].
    pub async fn accounts(self, contacts: &Contacts, accounts: Vec<Account>) -> Result<Vec<Account>, TableError> {
        if self.is_whole() {
            return Ok(accounts);
        }
        let mut seen = BTreeSet::new();
        let owners: BTreeSet<_> = accounts.iter().filter_map(|account| account.contact_id).collect();
        for id in owners {
            if let Some(owner) = contacts.contact(self.workspace, id).await?
                && self.has(&owner).await?
            {
                let theirs = accounts.iter().filter(|account| account.contact_id == Some(id));
                seen.extend(theirs.map(|account| account.id));
            }
        }
        let others: Vec<_> = accounts.iter().map(|account| account.id).filter(|id| !seen.contains(id)).collect();
        for some in others.chunks(ACCOUNTS) {
            let mut left: BTreeSet<_> = some.iter().copied().collect();
            while let Some(filter) = OneOf::new(left.iter().copied()).map(Filter::Account) {
                // One account needs no more than one ticket.
                let limit = if left.len() == 1 { 1 } else { TICKETS };
                let (tickets, is_all) = self.tickets(&filter, limit).await?;
                let found: Vec<_> = tickets.iter().filter_map(|ticket| ticket.account).collect();
                let before = left.len();
                left.retain(|id| !found.contains(id));
                seen.extend(found);
                if is_all {
                    break;
                }
                if left.len() == before {
                    return Err(no_end());
                }
            }
        }
        Ok(accounts.into_iter().filter(|account| seen.contains(&account.id)).collect())
    }

    /// Tickets in sight, but for those in the trash: up to `limit`, at most 100, and whether
    /// these are all.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn count(self, filter: &Filter, limit: u16) -> Result<(Vec<TicketId>, bool), TableError> {
        let (tickets, is_all) = self.tickets(filter, limit).await?;
        Ok((tickets.into_iter().map(|ticket| ticket.id).collect(), is_all))
    }

    /// A page of all tickets in sight, but for those in the trash.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn page(self, after: Option<ListPosition>, limit: u16) -> Result<ListPage, TableError> {
        let start = after.map_or(ListStart::First { skip: 0 }, ListStart::After);
        self.lists.list(&Tenant::new(self.workspace), &self.within(Vec::new(), start, limit)).await
    }

    /// Whether a ticket in sight has one of these contacts; none when the search has come to
    /// no end.
    async fn has_any(self, contacts: impl IntoIterator<Item = ContactId>) -> Result<Option<bool>, TableError> {
        let Some(filter) = OneOf::new(contacts).map(Filter::Contact) else { return Ok(Some(false)) };
        let (found, is_all) = self.tickets(&filter, 1).await?;
        Ok(found_any(&found, is_all))
    }

    async fn tickets(self, filter: &Filter, limit: u16) -> Result<(Vec<Ticket>, bool), TableError> {
        let mut found = Vec::new();
        let mut start = ListStart::First { skip: 0 };
        for _ in 0..PAGES {
            let query = self.within(vec![filter.clone()], start, limit);
            let page = self.lists.list(&Tenant::new(self.workspace), &query).await?;
            found.extend(page.tickets);
            match page.next {
                None => return Ok((found, true)),
                Some(_) if found.len() >= usize::from(limit) => break,
                Some(next) => start = ListStart::After(next),
            }
        }
        found.truncate(limit.into());
        Ok((found, false))
    }

    fn within(self, filters: Vec<Filter>, start: ListStart, limit: u16) -> ListQuery {
        let live = Status::ALL.iter().copied().map(State::Live);
        let states = live.chain([State::Unprocessed, State::Archived]).collect();
        ListQuery {
            states,
            filters,
            search: None,
            hide_snoozed: false,
            visibility: self.reach,
            sort: Sort::default(),
            start,
            limit,
            now: self.now,
        }
    }
}

/// Whether there is one: none when some were not looked at, and none was found.
fn found_any<T>(found: &[T], is_all: bool) -> Option<bool> {
    if found.is_empty() && !is_all { None } else { Some(!found.is_empty()) }
}

/// Out of sight is not told on the word of a search that has looked at a part.
const fn no_end() -> TableError {
    TableError::Unavailable("a search for a ticket in sight has come to no end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_search_without_an_end_has_not_found_is_not_taken_for_out_of_sight() {
        assert_eq!(found_any::<u8>(&[], false), None);
        assert_eq!(found_any::<u8>(&[], true), Some(false));
        assert_eq!(found_any(&[1], false), Some(true));
        assert_eq!(found_any(&[1], true), Some(true));
    }
}
