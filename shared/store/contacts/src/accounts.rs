//! Accounts, an item each: found by id, by external id among their kind, and by contact.
//! One request for each page or change; two for a contact's, from the index and by key.

use crate::{ContactError, Contacts};
use lambdesk_domain::{
    contact::Account,
    id::{AccountId, ContactId, WorkspaceId},
    text::{AccountKind, ExternalId},
    time::Timestamp,
};
use lambdesk_table::{
    FilteredQuery, Held, Index, Item, Page, Query, Record, TableError, Tenant, Tx, Versioned, Write,
    item::{document, read_document, text},
    keys::{self, ACCOUNTS, Unique},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Some accounts, and where their list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts, in order of their ids.
    pub accounts: Vec<Account>,
    /// The next page begins after this id; none after the last.
    pub next: Option<AccountId>,
}

/// What becomes of an account.
#[derive(Debug, Clone)]
pub struct AccountChange<'a> {
    /// The account as it was read.
    pub before: &'a Versioned<Account>,
    /// What it becomes; none removes it.
    pub after: Option<&'a Account>,
    /// What is written together with it.
    pub beside: Vec<Write>,
}

impl<'a> AccountChange<'a> {
    /// Of the account alone.
    #[must_use]
    pub const fn new(before: &'a Versioned<Account>, after: Option<&'a Account>) -> Self {
        Self { before, after, beside: Vec::new() }
    }
}

impl Contacts {
    /// One account.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn account(&self, workspace: WorkspaceId, account: AccountId) -> Result<Option<Account>, TableError> {
        Ok(self.versioned_account(workspace, account).await?.map(|read| read.value))
    }

    /// One account, to be changed.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn versioned_account(
        &self,
        workspace: WorkspaceId,
        account: AccountId,
    ) -> Result<Option<Versioned<Account>>, TableError> {
        self.table.versioned(Tenant::new(workspace).account(account)).await
    }

    /// The account of this kind with this external id.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn account_named(
        &self,
        workspace: WorkspaceId,
        kind: &AccountKind,
        external_id: &ExternalId,
    ) -> Result<Option<Account>, TableError> {
        let name = Tenant::new(workspace).unique(Unique::Account(kind, external_id.as_str()));
        let Some(item) = self.table.get(name).await? else {
            return Ok(None);
        };
        let id: Uuid = read_document(&item)?;
        self.account(workspace, AccountId::new(id)).await
    }

    /// The workspace's accounts, or those of a kind, in order of their ids. A page of a
    /// rare kind may be short, even empty, and still say where it goes on.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn account_list(
        &self,
        workspace: WorkspaceId,
        kind: Option<&AccountKind>,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<AccountPage, TableError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.account(AccountId::new(Uuid::nil())).pk;
        let after = after.map(|id| tenant.account(id).sk);
        let filter = if kind.is_some() { "kd = :value" } else { "attribute_exists(doc)" };
        let value = kind.map(|kind| text(kind.as_str()));
        let query = FilteredQuery { pk: &pk, range: ACCOUNTS, after: after.as_deref(), limit, filter, value };
        let page = self.table.filtered_page(query).await?;
        let accounts = page.items.iter().map(read_document).collect::<Result<_, _>>()?;
        Ok(AccountPage { accounts, next: page.next.as_deref().and_then(keys::parse_account) })
    }

    /// A contact's accounts, in order of their ids: from the index, so that a new one
    /// may be missing for a moment.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn accounts_of(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<AccountPage, TableError> {
        let tenant = Tenant::new(workspace);
        let Page { items: ids, has_more } = self.account_ids_of(workspace, contact, after, limit).await?;
        let next = ids.last().copied().filter(|_| has_more);
        let items = self.table.batch_get(ids.into_iter().map(|id| tenant.account(id)).collect()).await?;
        let mut accounts: Vec<Account> = items.iter().map(read_document).collect::<Result<_, _>>()?;
        accounts.retain(|account| account.contact_id == Some(contact));
        accounts.sort_by_key(|account| account.id);
        Ok(AccountPage { accounts, next })
    }

    /// The same as the index has it, in one request: an account that is somebody else's by
    /// now may still be there.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn account_ids_of(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<Page<AccountId>, TableError> {
        let tenant = Tenant::new(workspace);
        let from = after.map_or_else(|| ACCOUNTS.0.to_owned(), |id| tenant.account(id).sk);
        let query = Query::in_index(Index::Lookup, tenant.accounts_of(contact)).beyond(from);
        let page = self.table.page(query, limit).await?;
        let id = |item: &Item| keys::parse_account(item.get("sk")?.as_s().ok()?);
        Ok(Page { items: page.items.iter().filter_map(id).collect(), has_more: page.has_more })
    }

    /// Those of the accounts that are there: no request for none, one read for one,
    /// one request for each hundred of them.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn accounts(
        &self,
        workspace: WorkspaceId,
        ids: &BTreeSet<AccountId>,
    ) -> Result<Vec<Account>, TableError> {
        if let (Some(only), 1) = (ids.first(), ids.len()) {
            return Ok(self.account(workspace, *only).await?.into_iter().collect());
        }
        let tenant = Tenant::new(workspace);
        let items = self.table.batch_get(ids.iter().map(|id| tenant.account(*id)).collect()).await?;
        Ok(items.iter().map(read_document).collect::<Result<_, _>>()?)
    }

    /// Adds an account, with the answer to remember; says whether its contact is there:
    /// if not, nothing is written.
    ///
    /// # Errors
    /// [`ContactError::Answered`]; [`ContactError::Taken`] for an external id in use; or
    /// the table's failure.
    pub async fn add_account(
        &self,
        workspace: WorkspaceId,
        account: &Account,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, ContactError> {
        let mut tx = Tx::<Held<ContactError>>::new();
        tx.remember(workspace, answer, now);
        tx.require(Write::create(item(workspace, account)), Held::Failed(ContactError::Taken("the id")));
        take_name(&mut tx, workspace, account);
        hold_contact(&mut tx, workspace, account);
        tx.commit_held(&self.table).await
    }

    /// Changes or removes an account; says whether it was still as it was read, and its
    /// contact there: if not, nothing is written.
    ///
    /// # Errors
    /// [`ContactError::Answered`], [`ContactError::Taken`], or the table's failure.
    pub async fn change_account(
        &self,
        workspace: WorkspaceId,
        change: AccountChange<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, ContactError> {
        let AccountChange { before: read, after, beside } = change;
        let (before, tenant) = (&read.value, Tenant::new(workspace));
        let mut tx = Tx::<Held<ContactError>>::new();
        tx.remember(workspace, answer, now);
        let write =
            after.map_or_else(|| Write::delete(tenant.account(before.id)), |after| Write::put(item(workspace, after)));
        tx.hold(write.when_unchanged(read));
        for write in beside {
            tx.write(write);
        }
        if after.is_none_or(|after| named(after) != named(before)) {
            if let Some(name) = named(before) {
                tx.write(Write::delete(tenant.unique(name)));
            }
            if let Some(after) = after {
                take_name(&mut tx, workspace, after);
            }
        }
        if let Some(after) = after.filter(|after| after.contact_id != before.contact_id) {
            hold_contact(&mut tx, workspace, after);
        }
        tx.commit_held(&self.table).await
    }
}

/// The account's external id must be free.
fn take_name(tx: &mut Tx<Held<ContactError>>, workspace: WorkspaceId, account: &Account) {
    if let Some(name) = named(account) {
        let create = Write::create(document(Tenant::new(workspace).unique(name), &account.id));
        tx.require(create, Held::Failed(ContactError::Taken("the external id")));
    }
}

/// The account's contact must be there.
fn hold_contact(tx: &mut Tx<Held<ContactError>>, workspace: WorkspaceId, account: &Account) {
    if let Some(contact) = account.contact_id {
        tx.hold(Write::check(Tenant::new(workspace).contact(contact)).when("attribute_exists(doc)"));
    }
}

fn named(account: &Account) -> Option<Unique<'_>> {
    account.external_id.as_ref().map(|id| Unique::Account(&account.kind, id.as_str()))
}

/// The account, with its place among its contact's in the lookup index.
fn item(workspace: WorkspaceId, account: &Account) -> Item {
    let tenant = Tenant::new(workspace);
    let key = tenant.account(account.id);
    let place = key.sk.clone();
    let mut item = document(key, account);
    item.insert("kd".to_owned(), text(account.kind.as_str()));
    if let Some(contact) = account.contact_id {
        item.extend([("x_pk".to_owned(), text(tenant.accounts_of(contact))), ("x_sk".to_owned(), text(place))]);
    }
    item
}
