//! API keys: found by the hash of their secret, listed by workspace.

use crate::{
    client::Store,
    error::StoreError,
    item::{document, read_document},
    keys::{self, Tenant},
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use lambdesk_domain::{
    directory::ApiKey,
    id::{ApiKeyId, WorkspaceId},
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

#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<String, (Instant, ApiKey)>>);

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
#[derive(Serialize, Deserialize)]
struct Listed {
    hash: String,
    #[serde(flatten)]
    key: ApiKey,
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
        let listed = Listed { hash: hash.to_owned(), key: key.clone() };
        let listed_key = Tenant::new(key.workspace_id).listed_api_key(key.id);
        Ok(vec![self.put_fresh(document(keys::api_key(hash), key))?, self.put_fresh(document(listed_key, &listed))?])
    }

    /// The workspace's keys, oldest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn api_keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StoreError> {
        let items = self.whole(&Tenant::new(workspace).api_keys(), keys::API_KEYS).await?;
        let listed = items.iter().map(read_document::<Listed>).collect::<Result<Vec<_>, _>>()?;
        Ok(listed.into_iter().map(|listed| listed.key).collect())
    }

    /// Revokes a key; says whether there was one.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn revoke_api_key(&self, workspace: WorkspaceId, id: ApiKeyId) -> Result<bool, StoreError> {
        let listed_key = Tenant::new(workspace).listed_api_key(id);
        let Some(item) = self.get(listed_key.clone(), true).await? else {
            return Ok(false);
        };
        let listed: Listed = read_document(&item)?;
        let items = vec![self.delete_item(keys::api_key(&listed.hash))?, self.delete_item(listed_key)?];
        // Nothing is asked of the items, so that no condition can fail.
        self.transact(items).await?;
        self.memory.api_keys.forget(&listed.hash);
        Ok(true)
    }
}
