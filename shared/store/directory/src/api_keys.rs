//! API keys: found by the hash of their secret, listed by workspace.

use crate::{
    changes::{AS_SEEN, Refusal, Seen, Step, as_seen},
    client::{CAPACITY, Store, failure, is_condition_failure, primary},
    error::{CommitError, StoreError},
    idempotency::Record,
    item::{Item, Reader, document, json, number, read_document, text},
    keys::{self, Key, Tenant},
};
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use lambdesk_domain::{
    directory::ApiKey,
    id::{ApiKeyId, Version, WorkspaceId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a revoked key may still be taken by another instance.
const REMEMBERED: Duration = Duration::from_mins(1);
/// Beyond so many keys the cache starts over.
const CACHED: usize = 10_000;

/// How often a key is revoked anew because others changed it meanwhile.
const ATTEMPTS: u32 = 8;
/// When a key was last used, in its list: beside the document, so that writing it
/// changes nothing that anyone has seen.
const LAST_USED: &str = "lu";

#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<String, (Instant, ApiKey)>>, Uses);

/// The hour in which each key was last used here.
#[derive(Debug, Default)]
struct Uses(Mutex<HashMap<ApiKeyId, u64>>);

impl Uses {
    /// Whether this is news.
    fn note(&self, key: ApiKeyId, hour: u64) -> bool {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hours.len() >= CACHED {
            hours.clear();
        }
        hours.insert(key, hour) != Some(hour)
    }
}

impl Cache {
    fn get(&self, hash: &str) -> Option<ApiKey> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, key) = cache.get(hash)?;
        (read.elapsed() < REMEMBERED).then(|| key.clone())
    }

    fn put(&self, hash: &str, key: &ApiKey) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(hash.to_owned(), (Instant::now(), key.clone()));
    }

    fn forget(&self, hash: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}

/// A key in its workspace's list, with the hash that it is found by.
#[derive(Clone, Serialize, Deserialize)]
struct Listed {
    hash: String,
    #[serde(flatten)]
    key: ApiKey,
    /// The secret before, while it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Previous>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Previous {
    hash: String,
    until: Timestamp,
}

/// A key as its workspace lists it.
#[derive(Clone)]
pub struct ListedKey {
    /// The key.
    pub key: ApiKey,
    /// The beginning of the hour in which it was last used, as far as anyone has told.
    pub last_used_at: Option<Timestamp>,
    /// Until when the secret before its last rotation is taken, too.
    pub previous_until: Option<Timestamp>,
    seen: Seen<Listed>,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy)]
pub enum KeyChange<'a> {
    /// It is narrowed, widened, renamed.
    Edit(&'a ApiKey),
    /// It gets another secret; the one before is taken until a time, any older one no more.
    Rotate {
        /// The hash of the new secret.
        hash: &'a str,
        /// The end of the secret that it has now.
        until: Timestamp,
    },
    /// It is refused from now on.
    Revoke,
}

impl ListedKey {
    /// A new key as it will be listed.
    #[must_use]
    pub fn new(key: ApiKey, hash: &str) -> Self {
        Self::of(Listed { hash: hash.to_owned(), key, previous: None }, None)
    }

    fn of(listed: Listed, last_used_at: Option<Timestamp>) -> Self {
        let previous_until = listed.previous.as_ref().map(|previous| previous.until);
        let document = serde_json::to_string(&listed).unwrap_or_default();
        let key = listed.key.clone();
        Self { key, last_used_at, previous_until, seen: Seen { value: listed, document } }
    }

    fn read(item: &Item) -> Result<Self, StoreError> {
        let document = Reader(item).text("doc")?.to_owned();
        let seen: Seen<Listed> = Seen { value: read_document(item)?, document };
        Ok(Self {
            key: seen.value.key.clone(),
            last_used_at: Reader(item).time_if_any(LAST_USED)?,
            previous_until: seen.value.previous.as_ref().map(|previous| previous.until),
            seen,
        })
    }

    /// Names what was seen: any other state has another one.
    #[must_use]
    pub fn version(&self) -> Version {
        self.seen.version()
    }

    /// It after a change; none when it is revoked.
    #[must_use]
    pub fn after(&self, change: KeyChange<'_>) -> Option<Self> {
        Some(Self::of(self.listed_after(change)?, self.last_used_at))
    }

    fn listed_after(&self, change: KeyChange<'_>) -> Option<Listed> {
        let now = self.seen.value.clone();
        match change {
            KeyChange::Edit(key) => Some(Listed { key: key.clone(), ..now }),
            KeyChange::Rotate { hash, until } => {
                let previous = Some(Previous { hash: now.hash, until });
                Some(Listed { hash: hash.to_owned(), key: now.key, previous })
            }
            KeyChange::Revoke => None,
        }
    }

    /// All hashes that it was found by when it was seen.
    fn hashes(&self) -> impl Iterator<Item = &str> {
        let listed = &self.seen.value;
        [listed.hash.as_str()].into_iter().chain(listed.previous.iter().map(|previous| previous.hash.as_str()))
    }
}

impl Store {
    /// The key with this hash, as far as this process remembers it.
    #[must_use]
    pub fn remembered_api_key(&self, hash: &str) -> Option<ApiKey> {
        self.memory.api_keys.get(hash)
    }

    /// The key with this hash. Only found keys are remembered.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn api_key(&self, hash: &str) -> Result<Option<ApiKey>, StoreError> {
        if let Some(key) = self.remembered_api_key(hash) {
            return Ok(Some(key));
        }
        let item = self.get(keys::api_key(hash), true).await?;
        let key = item.map(|item| read_document::<ApiKey>(&item)).transpose()?;
        if let Some(key) = &key {
            self.memory.api_keys.put(hash, key);
        }
        Ok(key)
    }

    /// As items of a transaction: adds a key whose id and hash are free.
    pub(crate) fn put_api_key(&self, key: &ApiKey, hash: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        let listed = Listed { hash: hash.to_owned(), key: key.clone(), previous: None };
        let listed_key = Tenant::new(key.workspace_id).listed_api_key(key.id);
        Ok(vec![self.put_fresh(document(keys::api_key(hash), key))?, self.put_fresh(document(listed_key, &listed))?])
    }

    /// The workspace's keys, oldest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn api_keys(&self, workspace: WorkspaceId) -> Result<Vec<ListedKey>, StoreError> {
        let items = self.whole(&Tenant::new(workspace).api_keys(), keys::API_KEYS).await?;
        items.iter().map(ListedKey::read).collect()
    }

    /// One of the workspace's keys.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn listed_api_key(&self, workspace: WorkspaceId, id: ApiKeyId) -> Result<Option<ListedKey>, StoreError> {
        let item = self.get(Tenant::new(workspace).listed_api_key(id), true).await?;
        item.as_ref().map(ListedKey::read).transpose()
    }

    /// Changes a key, and says whether it was still as it was seen: if not, nothing
    /// is written.
    ///
    /// # Errors
    /// [`CommitError::Answered`], or the table's failure.
    pub async fn change_api_key(
        &self,
        seen: &ListedKey,
        change: KeyChange<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        let mut steps = self.remembering(seen.key.workspace_id, answer, now)?;
        steps.extend(self.key_steps(seen, change, now)?);
        let is_as_seen = as_seen(self.take(steps).await)?;
        seen.hashes().for_each(|hash| self.memory.api_keys.forget(hash));
        Ok(is_as_seen)
    }

    /// Revokes a key; says whether there was one.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn revoke_api_key(
        &self,
        workspace: WorkspaceId,
        id: ApiKeyId,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        for _ in 0..ATTEMPTS {
            let Some(seen) = self.listed_api_key(workspace, id).await? else {
                return Ok(false);
            };
            if self.change_api_key(&seen, KeyChange::Revoke, None, now).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Contended.into())
    }

    /// The list's item holds for all of them: whatever else is written follows from it.
    fn key_steps(&self, seen: &ListedKey, change: KeyChange<'_>, now: Timestamp) -> Result<Vec<Step>, StoreError> {
        let tenant = Tenant::new(seen.key.workspace_id);
        let listed_key = tenant.listed_api_key(seen.key.id);
        let Some(after) = seen.listed_after(change) else {
            let mut steps = vec![(self.delete_if_seen(listed_key, &seen.seen)?, Refusal::NotAsSeen)];
            for hash in seen.hashes() {
                steps.push((self.delete_item(keys::api_key(hash))?, Refusal::NotAsSeen));
            }
            return Ok(steps);
        };
        let mut steps = vec![(self.list_anew(listed_key, &after, &seen.seen)?, Refusal::NotAsSeen)];
        let secrets = document(keys::api_key(&after.hash), &after.key);
        steps.push((self.put_item(secrets)?, Refusal::NotAsSeen));
        let live = after.previous.as_ref().filter(|previous| previous.until > now);
        if let Some(Previous { hash, until }) = live {
            let ends = after.key.expires_at.map_or(*until, |expiry| expiry.min(*until));
            let mut item = document(keys::api_key(hash), &ApiKey { expires_at: Some(ends), ..after.key.clone() });
            item.insert(crate::table::TTL_ATTRIBUTE.to_owned(), number(ends.seconds() + 1));
            steps.push((self.put_item(item)?, Refusal::NotAsSeen));
        }
        let kept = [Some(&after.hash), live.map(|previous| &previous.hash)];
        for hash in seen.hashes().filter(|hash| !kept.iter().flatten().any(|kept| kept == hash)) {
            steps.push((self.delete_item(keys::api_key(hash))?, Refusal::NotAsSeen));
        }
        Ok(steps)
    }

    /// An update, because the item tells of the last use, too.
    fn list_anew(&self, key: Key, after: &Listed, seen: &Seen<Listed>) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(key)))
            .update_expression("SET doc = :after")
            .condition_expression(AS_SEEN)
            .expression_attribute_values(":after", json(after))
            .expression_attribute_values(":seen", text(&seen.document))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The hour of a key's use, if this process has not noted it yet: then it is to
    /// be recorded.
    #[must_use]
    pub fn note_key_use(&self, key: ApiKeyId, now: Timestamp) -> Option<Timestamp> {
        let hour = keys::hour(now);
        let is_news = self.memory.api_keys.1.note(key, hour);
        is_news.then(|| Timestamp::from_millis(hour.saturating_mul(3_600_000)))
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
    ) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let request = self.client.update_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(Tenant::new(workspace).listed_api_key(key))))
            .update_expression("SET #lu = :hour")
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(#lu) OR #lu < :hour)")
            .expression_attribute_names("#lu", LAST_USED)
            .expression_attribute_values(":hour", number(hour.millis()))
            .return_consumed_capacity(CAPACITY);
        match self.persist("UpdateItem", || request.clone().send()).await {
            Ok(output) => self.record("UpdateItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("UpdateItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }
}
