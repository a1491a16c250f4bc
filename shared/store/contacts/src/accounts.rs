//! Accounts: found by id, by external id among their kind, and by contact.

use crate::{
    changes::{Refusal, Seen, Step},
    client::{CAPACITY, Store, failure, primary},
    error::{CommitError, StoreError},
    idempotency::Record,
    item::{Item, document, read_document, text},
    keys::{self, ACCOUNTS, Index, Tenant, Unique},
    sifted::Sifting,
};
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};
use lambdesk_domain::{
    contact::Account,
    id::{AccountId, ContactId, WorkspaceId},
    text::{AccountKind, ExternalId},
    time::Timestamp,
};
use uuid::Uuid;

/// Some accounts, and where their list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts, in order of their ids.
    pub accounts: Vec<Account>,
    /// The next page begins after this id; none after the last.
    pub next: Option<AccountId>,
}

impl Store {
    /// One account.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn account(&self, workspace: WorkspaceId, account: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.seen_account(workspace, account).await?.map(|seen| seen.value))
    }

    /// One account, to be changed.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn seen_account(
        &self,
        workspace: WorkspaceId,
        account: AccountId,
    ) -> Result<Option<Seen<Account>>, StoreError> {
        self.seen(Tenant::new(workspace).account(account)).await
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
    ) -> Result<Option<Account>, StoreError> {
        let name = Tenant::new(workspace).unique(Unique::Account(kind, external_id.as_str()));
        let Some(item) = self.get(name, true).await? else {
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
    ) -> Result<AccountPage, StoreError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.account(AccountId::new(Uuid::nil())).pk;
        let after = after.map(|id| tenant.account(id).sk);
        let sifting = Sifting { pk: &pk, range: ACCOUNTS, after: after.as_deref(), limit };
        let page = match kind {
            Some(kind) => self.sifted(sifting, "kd = :value", Some(text(kind.as_str()))).await?,
            None => self.sifted(sifting, "attribute_exists(doc)", None).await?,
        };
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
    ) -> Result<AccountPage, StoreError> {
        let tenant = Tenant::new(workspace);
        let started = self.meter.ended();
        let from = after.map(|id| tenant.account(id).sk).unwrap_or_default();
        let request = self.client.query().table_name(&*self.table).index_name(Index::Lookup.name());
        let request = request
            .key_condition_expression("x_pk = :pk AND x_sk > :from")
            .expression_attribute_values(":pk", text(tenant.accounts_of(contact)))
            .expression_attribute_values(":from", text(if from.is_empty() { ACCOUNTS.0 } else { &from }))
            .limit(i32::from(limit) + 1)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", started, output.consumed_capacity());
        let id = |item: &Item| keys::parse_account(item.get("sk")?.as_s().ok()?);
        let mut ids: Vec<_> = output.items().iter().filter_map(id).collect();
        let has_more = ids.len() > usize::from(limit);
        ids.truncate(usize::from(limit));
        let next = ids.last().copied().filter(|_| has_more);
        let items = self.batch_get(ids.into_iter().map(|id| tenant.account(id)).collect()).await?;
        let mut accounts: Vec<Account> = items.iter().map(read_document).collect::<Result<_, _>>()?;
        accounts.retain(|account| account.contact_id == Some(contact));
        accounts.sort_by_key(|account| account.id);
        Ok(AccountPage { accounts, next })
    }

    /// Adds an account, with the answer to remember.
    ///
    /// # Errors
    /// [`CommitError::Answered`]; [`CommitError::Taken`] for an external id in use;
    /// [`CommitError::Absent`] when its contact isn't there; or the table's failure.
    pub async fn add_account(
        &self,
        workspace: WorkspaceId,
        account: &Account,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let mut steps = self.remembering(workspace, answer, now)?;
        steps.push((self.put_fresh(item(workspace, account))?, Refusal::Taken("the id")));
        steps.extend(self.take_name(workspace, account)?);
        steps.extend(self.require_owner(workspace, account)?);
        self.take(steps).await
    }

    /// Changes an account, or removes it where `after` is none; says whether it was
    /// still as it was seen, and its contact there: if not, nothing is written.
    ///
    /// # Errors
    /// [`CommitError::Answered`], [`CommitError::Taken`], or the table's failure.
    pub async fn change_account(
        &self,
        workspace: WorkspaceId,
        seen: &Seen<Account>,
        after: Option<&Account>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        let (before, tenant) = (&seen.value, Tenant::new(workspace));
        let mut steps = self.remembering(workspace, answer, now)?;
        let step = match after {
            Some(after) => self.put_item_if_seen(item(workspace, after), seen)?,
            None => self.delete_if_seen(tenant.account(before.id), seen)?,
        };
        steps.push((step, Refusal::NotAsSeen));
        if after.is_none_or(|after| named(after) != named(before)) {
            if let Some(name) = named(before) {
                steps.push((self.delete_item(tenant.unique(name))?, Refusal::NotAsSeen));
            }
            if let Some(after) = after {
                steps.extend(self.take_name(workspace, after)?);
            }
        }
        if let Some(after) = after.filter(|after| after.contact_id != before.contact_id) {
            steps.extend(self.require_owner(workspace, after)?);
        }
        crate::changes::as_seen(self.take(steps).await)
    }

    fn take_name(&self, workspace: WorkspaceId, account: &Account) -> Result<Option<Step>, StoreError> {
        let Some(name) = named(account) else {
            return Ok(None);
        };
        let key = Tenant::new(workspace).unique(name);
        Ok(Some((self.put_fresh(document(key, &account.id))?, Refusal::Taken("the external id"))))
    }

    fn require_owner(&self, workspace: WorkspaceId, account: &Account) -> Result<Option<Step>, StoreError> {
        let Some(contact) = account.contact_id else {
            return Ok(None);
        };
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(Tenant::new(workspace).contact(contact))))
            .condition_expression("attribute_exists(doc)")
            .build();
        let check = check.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(Some((TransactWriteItem::builder().condition_check(check).build(), Refusal::NotAsSeen)))
    }

    /// As one item of a transaction: the item, if its document is still as it was seen.
    pub(crate) fn put_item_if_seen<T>(&self, item: Item, seen: &Seen<T>) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&*self.table).set_item(Some(item)).condition_expression("doc = :seen");
        let put = put.expression_attribute_values(":seen", text(&seen.document)).build();
        let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

fn named(account: &Account) -> Option<Unique<'_>> {
    account.external_id.as_ref().map(|id| Unique::Account(&account.kind, id.as_str()))
}

/// The account, and its contact's place in the lookup index.
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
