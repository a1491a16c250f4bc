//! API keys: found by the hash of their secret, listed by workspace. A lookup is one
//! cached read; an addition or change is one transaction of the listed key and an item
//! per secret.

use crate::{
    AddKeyError, Directories,
    listed_key::{KeyChange, KeyDocument, LAST_USED, ListedKey},
};
use lambdesk_domain::{
    directory::{ApiKey, Entry},
    id::{ApiKeyId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{
    AnswerError, Held, Record, TableError, Tenant, Tx, Versioned, Write,
    item::{document, json, number, read_document},
    keys,
    retry::{ATTEMPTS, Attempts},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long a revoked key may still be taken by another process.
pub const KEY_TTL: Duration = Duration::from_mins(1);
/// How many keys are cached.
pub const KEYS_CACHED: usize = 10_000;

/// The hour in which each key was last used here.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<HashMap<ApiKeyId, u64>>);

impl KeyUses {
    /// Whether this is the key's first use in this hour.
    fn note(&self, key: ApiKeyId, hour: u64) -> bool {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hours.len() >= KEYS_CACHED {
            hours.clear();
        }
        hours.insert(key, hour) != Some(hour)
    }
}

/// An API key to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// The key.
    pub key: &'a ApiKey,
    /// The hash of its secret.
    pub hash: &'a str,
    /// The entry that it stands for, which must still be as it was read.
    pub holder: Option<&'a Versioned<Entry>>,
}

impl NewApiKey<'_> {
    /// Creates its items: the id and the hash must be free.
    pub(crate) fn writes(&self) -> [Write; 2] {
        let listed = KeyDocument { hash: self.hash.to_owned(), key: self.key.clone(), previous: None };
        let listed_key = Tenant::new(self.key.workspace_id).listed_api_key(self.key.id);
        [document(keys::api_key(self.hash), self.key), document(listed_key, &listed)].map(Write::create)
    }
}

impl Directories {
    /// The key with this hash, if this process has it in its cache.
    #[must_use]
    pub fn cached_api_key(&self, hash: &str) -> Option<ApiKey> {
        self.caches.api_keys.get(hash)
    }

    /// The key with this hash; a revoked one for a minute more. Only keys that exist are
    /// cached.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn api_key(&self, hash: &str) -> Result<Option<ApiKey>, TableError> {
        if let Some(key) = self.cached_api_key(hash) {
            return Ok(Some(key));
        }
        let item = self.table.get(keys::api_key(hash)).await?;
        let key = item.map(|item| read_document::<ApiKey>(&item)).transpose()?;
        if let Some(key) = &key {
            self.caches.api_keys.put(hash.to_owned(), key.clone());
        }
        Ok(key)
    }

    /// The workspace's keys, oldest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn api_keys(&self, workspace: WorkspaceId) -> Result<Vec<ListedKey>, TableError> {
        let items = self.table.whole(&Tenant::new(workspace).api_keys(), keys::API_KEYS).await?;
        items.iter().map(ListedKey::read).collect()
    }

    /// One of the workspace's keys.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn listed_api_key(&self, workspace: WorkspaceId, id: ApiKeyId) -> Result<Option<ListedKey>, TableError> {
        let item = self.table.get(Tenant::new(workspace).listed_api_key(id)).await?;
        item.as_ref().map(ListedKey::read).transpose()
    }

    /// Adds an API key to its workspace, together with the answer to remember.
    ///
    /// # Errors
    /// As [`AddKeyError`] says.
    pub async fn add_api_key(
        &self,
        new: NewApiKey<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), AddKeyError> {
        let workspace = new.key.workspace_id;
        let mut tx = Tx::new();
        tx.remember(workspace, answer, now);
        for write in new.writes() {
            tx.require(write, AddKeyError::Taken);
        }
        if let Some(holder) = new.holder {
            let check = Write::check(Tenant::new(workspace).entry(holder.value.id()));
            tx.require(check.when_unchanged(holder), AddKeyError::HolderChanged);
        }
        tx.commit(&self.table).await
    }

    /// Changes a key, together with the answer to remember. False when it is no longer
    /// as it was read: then nothing is written.
    ///
    /// # Errors
    /// As [`AnswerError`] says.
    pub async fn change_api_key(
        &self,
        before: &ListedKey,
        change: KeyChange<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, AnswerError> {
        let mut tx = Tx::<Held<AnswerError>>::new();
        tx.remember(before.key.workspace_id, answer, now);
        change_steps(&mut tx, before, change, now);
        let is_unchanged = tx.commit_held(&self.table).await?;
        self.uncache(before);
        Ok(is_unchanged)
    }

    /// Revokes a key; says whether there was one.
    ///
    /// # Errors
    /// [`TableError::Contended`] when others changed it each time, or the table's failure.
    pub async fn revoke_api_key(
        &self,
        workspace: WorkspaceId,
        id: ApiKeyId,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let mut attempts = Attempts::new();
        while let Some(before) = self.listed_api_key(workspace, id).await? {
            let mut tx = Tx::<Held<TableError>>::new();
            change_steps(&mut tx, &before, KeyChange::Revoke, now);
            let is_unchanged = tx.commit_held(&self.table).await?;
            self.uncache(&before);
            if is_unchanged {
                return Ok(true);
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended);
            }
        }
        Ok(false)
    }

    /// Looks the key up again when it is used next.
    fn uncache(&self, key: &ListedKey) {
        key.hashes().for_each(|hash| self.caches.api_keys.remove(hash));
    }

    /// The hour of a key's use, if this process has not noted it yet: then it is to
    /// be recorded.
    #[must_use]
    pub fn note_key_use(&self, key: ApiKeyId, now: Timestamp) -> Option<Timestamp> {
        let hour = keys::hour(now);
        let is_first = self.caches.key_uses.note(key, hour);
        is_first.then(|| Timestamp::from_millis(hour.saturating_mul(3_600_000)))
    }

    /// Records when a key was last used, unless a later time is there or the key is gone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn record_key_use(
        &self,
        workspace: WorkspaceId,
        key: ApiKeyId,
        hour: Timestamp,
    ) -> Result<(), TableError> {
        let write = Write::update(Tenant::new(workspace).listed_api_key(key), "SET #lu = :hour")
            .when("attribute_exists(pk) AND (attribute_not_exists(#lu) OR #lu < :hour)")
            .name("#lu", LAST_USED)
            .value(":hour", number(hour.millis()));
        self.table.write(write).await.map(drop)
    }
}

/// The steps of a change. What becomes of the secrets follows from the listed key, so its
/// condition holds for them, too.
fn change_steps<E>(tx: &mut Tx<Held<E>>, before: &ListedKey, change: KeyChange<'_>, now: Timestamp)
where
    E: From<TableError> + Send + 'static,
{
    let listed_key = Tenant::new(before.key.workspace_id).listed_api_key(before.key.id);
    let after = before.document_after(change);
    let write = match &after {
        // An update, because the item tells of the last use, too.
        Some(after) => Write::update(listed_key, "SET doc = :after").value(":after", json(after)),
        None => Write::delete(listed_key),
    };
    tx.hold(write.when_unchanged(&before.read));
    let secrets = after.as_ref().map(|after| after.secrets(now)).unwrap_or_default();
    for hash in before.hashes().filter(|hash| !secrets.iter().any(|(kept, _)| kept == hash)) {
        tx.write(Write::delete(keys::api_key(hash)));
    }
    for (_, write) in secrets {
        tx.write(write);
    }
}
