//! Additions and changes of what is not a ticket: each is one transaction with
//! all that it must hold — names that are free, what was seen before, and the
//! answer remembered under an idempotency key.

use crate::{
    client::{Store, Transaction, primary},
    error::{CommitError, StoreError},
    idempotency::Record,
    item::{Item, Reader, document, read_document, text},
    keys::{Key, Tenant},
};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use lambdesk_domain::{
    directory::{ApiKey, Entry, Workspace},
    id::{Version, WorkspaceId},
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Something as it was read, so that a write can be held to just that.
#[derive(Debug, Clone)]
pub struct Seen<T> {
    /// What it is.
    pub value: T,
    pub(crate) document: String,
}

impl<T> Seen<T> {
    /// Names what was seen: any other state has another one.
    #[must_use]
    pub fn version(&self) -> Version {
        fingerprint(&self.document)
    }
}

/// The version that something has once it is written.
///
/// # Panics
/// Never: our types have string keys and finite numbers.
#[must_use]
pub fn version_of(value: &impl Serialize) -> Version {
    fingerprint(&serde_json::to_string(value).expect("our types are representable in JSON"))
}

/// 53 bits, which every reader of JSON takes for the same number.
fn fingerprint(document: &str) -> Version {
    let hash = Sha256::digest(document);
    let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    Version(bits >> 11)
}

/// Something to be added.
#[derive(Debug, Clone, Copy)]
pub enum New<'a> {
    /// A workspace with its first user and key.
    Workspace {
        /// Its settings.
        workspace: &'a Workspace,
        /// The user.
        owner: &'a Entry,
        /// The user's key.
        key: &'a ApiKey,
        /// The hash of the key's secret.
        hash: &'a str,
    },
    /// An entry of the directory, whose name must be free among its kind.
    Entry(&'a Entry),
    /// An API key.
    ApiKey {
        /// The key.
        key: &'a ApiKey,
        /// The hash of its secret.
        hash: &'a str,
        /// The entry that it stands for, which must still be as it was seen.
        holder: Option<&'a Seen<Entry>>,
    },
}

/// What becomes of an entry of the directory.
#[derive(Debug, Clone, Copy)]
pub struct EntryChange<'a> {
    /// The entry as it was seen.
    pub seen: &'a Seen<Entry>,
    /// What it becomes; none removes it.
    pub after: Option<&'a Entry>,
    /// Another entry without which this must not happen.
    pub witness: Option<&'a Seen<Entry>>,
}

/// What is unique about an entry among its kind, in words.
#[must_use]
pub const fn unique_part(entry: &Entry) -> &'static str {
    match entry {
        Entry::User(_) => "the e-mail address",
        Entry::Field(_) => "the key",
        Entry::Team(_) | Entry::Tag(_) | Entry::Category(_) | Entry::Channel(_) => "the name",
    }
}

/// What it means when an item of the transaction fails its condition.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    Answered,
    Taken(&'static str),
    NotAsSeen,
}

impl Refusal {
    fn error(self, old: Option<&Item>) -> Result<CommitError, StoreError> {
        Ok(match (self, old) {
            (Self::Answered, Some(old)) => CommitError::Answered(Box::new(Record::read(old)?)),
            (Self::Taken(what), _) => CommitError::Taken(what),
            (Self::NotAsSeen | Self::Answered, _) => CommitError::Absent,
        })
    }
}

pub(crate) type Step = (TransactWriteItem, Refusal);

impl Store {
    /// An entry of the directory as it is now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn entry(&self, workspace: WorkspaceId, id: Uuid) -> Result<Option<Seen<Entry>>, StoreError> {
        self.seen(Tenant::new(workspace).entry(id)).await
    }

    /// The settings as they are now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn settings(&self, workspace: WorkspaceId) -> Result<Option<Seen<Workspace>>, StoreError> {
        self.seen(Tenant::new(workspace).settings()).await
    }

    pub(crate) async fn seen<T: DeserializeOwned>(&self, key: Key) -> Result<Option<Seen<T>>, StoreError> {
        let Some(item) = self.get(key, true).await? else {
            return Ok(None);
        };
        let document = Reader(&item).text("doc")?.to_owned();
        Ok(Some(Seen { value: read_document(&item)?, document }))
    }

    /// Adds something to the workspace, and with it the answer that is remembered
    /// there. A new workspace is its own; only its answer is remembered in the
    /// caller's.
    ///
    /// # Errors
    /// [`CommitError::Answered`] when the request was answered before;
    /// [`CommitError::Taken`] for a name, key or external id in use;
    /// [`CommitError::OtherContact`] with the contact that has the id already;
    /// [`CommitError::Absent`] when a key's holder is no longer as it was seen, or
    /// an account's contact isn't there; or the table's failure.
    pub async fn add(
        &self,
        workspace: WorkspaceId,
        new: New<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let mut steps = self.remembering(workspace, answer, now)?;
        steps.extend(self.additions(&Tenant::new(workspace), new)?);
        self.take(steps).await?;
        if matches!(new, New::Entry(_)) {
            self.refresh(workspace).await;
        }
        Ok(())
    }

    /// Changes or removes an entry of the directory, and says whether all was
    /// still as it was seen: if not, nothing is written.
    ///
    /// # Errors
    /// [`CommitError::Answered`], [`CommitError::Taken`], or the table's failure.
    pub async fn change_entry(
        &self,
        workspace: WorkspaceId,
        change: EntryChange<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        let mut steps = self.remembering(workspace, answer, now)?;
        steps.extend(self.entry_steps(&Tenant::new(workspace), change)?);
        let is_as_seen = as_seen(self.take(steps).await)?;
        self.refresh(workspace).await;
        Ok(is_as_seen)
    }

    /// Changes the settings, and says whether they were still as they were seen:
    /// if not, nothing is written.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn change_settings(
        &self,
        seen: &Seen<Workspace>,
        after: &Workspace,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        let workspace = seen.value.id;
        let put = self.put_if_seen(Tenant::new(workspace).settings(), after, seen)?;
        let mut steps = vec![(put, Refusal::NotAsSeen)];
        if after.retention != seen.value.retention {
            steps.push((self.round_now(workspace, now)?, Refusal::NotAsSeen));
        }
        let is_as_seen = as_seen(self.take(steps).await)?;
        self.refresh(workspace).await;
        Ok(is_as_seen)
    }

    /// What this process remembers of the directory becomes what is written. If
    /// that fails it stays as another process has it: old for half a minute.
    async fn refresh(&self, workspace: WorkspaceId) {
        if let Err(error) = self.fresh_directory(workspace).await {
            tracing::warn!(%error, "the directory could not be read again");
        }
    }

    pub(crate) async fn take(&self, steps: Vec<Step>) -> Result<(), CommitError> {
        let (items, refusals): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
        let Transaction::Cancelled(cancelled) = self.transact(items).await? else {
            return Ok(());
        };
        let refused =
            refusals.into_iter().enumerate().find_map(|(index, refusal)| Some((refusal, cancelled.failed(index)?)));
        match refused {
            Some((refusal, old)) => Err(refusal.error(old)?),
            None => Err(StoreError::Contended.into()),
        }
    }

    pub(crate) fn remembering(
        &self,
        workspace: WorkspaceId,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<Vec<Step>, StoreError> {
        answer.map(|record| Ok((record.put(&self.table, workspace, now)?, Refusal::Answered))).into_iter().collect()
    }

    fn additions(&self, tenant: &Tenant, new: New<'_>) -> Result<Vec<Step>, StoreError> {
        match new {
            New::Workspace { workspace, owner, key, hash } => {
                let own = Tenant::new(workspace.id);
                let settings = self.put_fresh(document(own.settings(), workspace))?;
                let mut steps = vec![(settings, Refusal::Taken("the workspace"))];
                steps.extend(self.entry_additions(&own, owner)?);
                steps.extend(self.key_additions(key, hash)?);
                Ok(steps)
            }
            New::Entry(entry) => self.entry_additions(tenant, entry),
            New::ApiKey { key, hash, holder } => {
                let mut steps = self.key_additions(key, hash)?;
                if let Some(holder) = holder {
                    steps.push(self.check_seen(tenant.entry(holder.value.id()), holder)?);
                }
                Ok(steps)
            }
        }
    }

    fn entry_additions(&self, tenant: &Tenant, entry: &Entry) -> Result<Vec<Step>, StoreError> {
        let name = tenant.unique_name(entry.kind(), &entry.unique_name());
        let taken = Refusal::Taken(unique_part(entry));
        Ok(vec![
            (self.put_fresh(document(name, &entry.id()))?, taken),
            (self.put_fresh(document(tenant.entry(entry.id()), entry))?, taken),
        ])
    }

    fn key_additions(&self, key: &ApiKey, hash: &str) -> Result<Vec<Step>, StoreError> {
        let items = self.put_api_key(key, hash)?;
        Ok(items.into_iter().map(|item| (item, Refusal::Taken("the key"))).collect())
    }

    fn entry_steps(
        &self,
        tenant: &Tenant,
        EntryChange { seen, after, witness }: EntryChange<'_>,
    ) -> Result<Vec<Step>, StoreError> {
        let (before, key) = (&seen.value, tenant.entry(seen.value.id()));
        let item = match after {
            Some(after) => self.put_if_seen(key, after, seen)?,
            None => self.delete_if_seen(key, seen)?,
        };
        let mut steps = vec![(item, Refusal::NotAsSeen)];
        if let Some(witness) = witness {
            steps.push(self.check_seen(tenant.entry(witness.value.id()), witness)?);
        }
        if after.map(Entry::unique_name).as_ref() != Some(&before.unique_name()) {
            let old = tenant.unique_name(before.kind(), &before.unique_name());
            steps.push((self.delete_item(old)?, Refusal::NotAsSeen));
            if let Some(after) = after {
                let new = tenant.unique_name(after.kind(), &after.unique_name());
                steps.push((self.put_fresh(document(new, &after.id()))?, Refusal::Taken(unique_part(after))));
            }
        }
        Ok(steps)
    }

    fn put_if_seen<T: Serialize>(&self, key: Key, after: &T, seen: &Seen<T>) -> Result<TransactWriteItem, StoreError> {
        let put =
            Put::builder().table_name(&*self.table).set_item(Some(document(key, after))).condition_expression(AS_SEEN);
        let put = put.expression_attribute_values(":seen", text(&seen.document)).build().map_err(built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(crate) fn delete_if_seen<T>(&self, key: Key, seen: &Seen<T>) -> Result<TransactWriteItem, StoreError> {
        let delete =
            Delete::builder().table_name(&*self.table).set_key(Some(primary(key))).condition_expression(AS_SEEN);
        let delete = delete.expression_attribute_values(":seen", text(&seen.document)).build().map_err(built)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn check_seen<T>(&self, key: Key, seen: &Seen<T>) -> Result<Step, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(key)))
            .condition_expression(AS_SEEN);
        let check = check.expression_attribute_values(":seen", text(&seen.document)).build().map_err(built)?;
        Ok((TransactWriteItem::builder().condition_check(check).build(), Refusal::NotAsSeen))
    }
}

/// The item is just as it was read: compared as written, not as it would be
/// written today, so that a document of an older version can be changed too.
pub(crate) const AS_SEEN: &str = "doc = :seen";

pub(crate) fn as_seen(taken: Result<(), CommitError>) -> Result<bool, CommitError> {
    match taken {
        Ok(()) => Ok(true),
        Err(CommitError::Absent) => Ok(false),
        Err(error) => Err(error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err, which hands it over")]
fn built(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Refused(error.to_string())
}
