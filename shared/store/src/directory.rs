//! The directory of a workspace: read whole, remembered for a short while.

use crate::{
    client::{Store, Transaction, primary},
    error::{CommitError, StoreError},
    item::{Item, document, json, read_document, text},
    keys::{self, Key, Tenant},
    tickets::Page,
};
use aws_sdk_dynamodb::types::{AttributeValue as Av, ConditionCheck, Delete, Put, TransactWriteItem};
use lambdesk_domain::{
    directory::{ApiKey, Directory, Entry, Workspace},
    id::WorkspaceId,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long another instance's change may go unnoticed. A reference that is not
/// found is looked up afresh, so new entries work at once everywhere.
const REMEMBERED: Duration = Duration::from_secs(30);
/// Beyond so many workspaces the cache starts over.
const CACHED: usize = 1_000;

#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<WorkspaceId, (Instant, Arc<Directory>)>>);

impl Cache {
    fn get(&self, workspace: WorkspaceId) -> Option<Arc<Directory>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, directory) = cache.get(&workspace)?;
        (read.elapsed() < REMEMBERED).then(|| Arc::clone(directory))
    }

    fn put(&self, workspace: WorkspaceId, directory: &Arc<Directory>) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(workspace, (Instant::now(), Arc::clone(directory)));
    }

    fn forget(&self, workspace: WorkspaceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
    }
}

impl Store {
    /// The directory, at most half a minute old; none for an unknown workspace.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn directory(&self, workspace: WorkspaceId) -> Result<Option<Arc<Directory>>, StoreError> {
        match self.memory.directories.get(workspace) {
            Some(directory) => Ok(Some(directory)),
            None => self.fresh_directory(workspace).await,
        }
    }

    /// The directory as it is now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn fresh_directory(&self, workspace: WorkspaceId) -> Result<Option<Arc<Directory>>, StoreError> {
        let items = self.whole(&Tenant::new(workspace).settings().pk, keys::DIRECTORY).await?;
        let (settings, entries): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| item.get("sk") == Some(&text("S")));
        let Some(settings) = settings.first() else {
            return Ok(None);
        };
        let mut directory = Directory::new(read_document(settings)?);
        for entry in &entries {
            directory.insert(read_document(entry)?);
        }
        directory.fields.sort_by(|a, b| a.key.cmp(&b.key));
        let directory = Arc::new(directory);
        self.memory.directories.put(workspace, &directory);
        Ok(Some(directory))
    }

    /// All items of a range, however many answers it takes.
    pub(crate) async fn whole(&self, pk: &str, (from, to): (&str, &str)) -> Result<Vec<Item>, StoreError> {
        let mut items: Vec<Item> = Vec::new();
        let mut from = from.to_owned();
        loop {
            let Page { items: more, has_more } = self.between(pk, (&from, to), true, 1_000).await?;
            if let Some(Av::S(last)) = more.last().and_then(|item| item.get("sk")) {
                from = keys::after(last);
            }
            items.extend(more);
            if !has_more {
                return Ok(items);
            }
        }
    }

    /// Makes a workspace with its first user and key.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn create_workspace(
        &self,
        workspace: &Workspace,
        owner: Entry,
        key: &ApiKey,
        hash: &str,
    ) -> Result<(), CommitError> {
        let tenant = Tenant::new(workspace.id);
        let mut items = vec![self.put_new_document(tenant.settings(), workspace)?];
        items.extend(self.put_entry(&tenant, &owner)?);
        items.extend(self.put_api_key(key, hash)?);
        self.written(items, "the workspace").await
    }

    /// Replaces the settings.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_workspace(&self, workspace: &Workspace) -> Result<(), StoreError> {
        let item = document(Tenant::new(workspace.id).settings(), workspace);
        self.put(item, Some("attribute_exists(pk)")).await?;
        self.memory.directories.forget(workspace.id);
        Ok(())
    }

    /// Adds an entry whose name is free among its kind.
    ///
    /// # Errors
    /// [`CommitError::Taken`], [`CommitError::Answered`], or the table's failure.
    pub async fn add_entry(&self, workspace: WorkspaceId, entry: &Entry) -> Result<(), CommitError> {
        let items = self.put_entry(&Tenant::new(workspace), entry)?;
        let written = self.written(items, "the name").await;
        self.memory.directories.forget(workspace);
        written
    }

    /// Replaces an entry; its new name must be free among its kind.
    ///
    /// # Errors
    /// [`CommitError::Taken`], [`CommitError::Absent`], [`StoreError::Contended`] when
    /// it was renamed meanwhile, or the table's failure.
    pub async fn replace_entry(&self, workspace: WorkspaceId, old: &Entry, new: &Entry) -> Result<(), CommitError> {
        let tenant = Tenant::new(workspace);
        let (old_name, new_name) = (unique_name(&tenant, old), unique_name(&tenant, new));
        let mut items = vec![self.put_document(tenant.entry(new.id()), new, "attribute_exists(pk)")?];
        if old_name == new_name {
            items.push(self.holds_name(old_name, old)?);
        } else {
            items.push(self.frees_name(old_name, old)?);
            items.push(self.put_new_document(new_name, &new.id())?);
        }
        let written = self.transact(items).await;
        self.memory.directories.forget(workspace);
        match written? {
            Transaction::Written => Ok(()),
            Transaction::Cancelled(cancelled) => Err(match (cancelled.failed(0), cancelled.failed(2)) {
                (Some(_), _) => CommitError::Absent,
                (None, Some(_)) => CommitError::Taken("the name"),
                (None, None) => StoreError::Contended.into(),
            }),
        }
    }

    /// Removes an entry and frees its name; nothing happens when it is gone already.
    ///
    /// # Errors
    /// [`StoreError::Contended`] when it was renamed meanwhile, or the table's failure.
    pub async fn remove_entry(&self, workspace: WorkspaceId, entry: &Entry) -> Result<(), CommitError> {
        let tenant = Tenant::new(workspace);
        let items =
            vec![self.delete_item(tenant.entry(entry.id()))?, self.frees_name(unique_name(&tenant, entry), entry)?];
        let written = self.transact(items).await;
        self.memory.directories.forget(workspace);
        match written? {
            Transaction::Written => Ok(()),
            Transaction::Cancelled(_) if self.get(tenant.entry(entry.id()), true).await?.is_none() => Ok(()),
            Transaction::Cancelled(_) => Err(StoreError::Contended.into()),
        }
    }

    /// As one item of a transaction: holds while the name is this entry's.
    fn holds_name(&self, name: Key, entry: &Entry) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(name)))
            .condition_expression("doc = :id")
            .expression_attribute_values(":id", json(&entry.id()))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// As one item of a transaction: frees the name if it is this entry's, so that
    /// nobody who works on an old copy takes away another's name.
    fn frees_name(&self, name: Key, entry: &Entry) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(name)))
            .condition_expression("doc = :id")
            .expression_attribute_values(":id", json(&entry.id()))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn put_entry(&self, tenant: &Tenant, entry: &Entry) -> Result<Vec<TransactWriteItem>, StoreError> {
        let name = unique_name(tenant, entry);
        Ok(vec![self.put_new_document(name, &entry.id())?, self.put_new_document(tenant.entry(entry.id()), entry)?])
    }

    /// Commits; a failed condition means that `what` is taken.
    pub(crate) async fn written(&self, items: Vec<TransactWriteItem>, what: &'static str) -> Result<(), CommitError> {
        match self.transact(items).await? {
            Transaction::Written => Ok(()),
            Transaction::Cancelled(_) => Err(CommitError::Taken(what)),
        }
    }

    pub(crate) fn put_new_document(
        &self,
        key: Key,
        value: &impl serde::Serialize,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put_document(key, value, "attribute_not_exists(pk)")
    }

    pub(crate) fn put_document(
        &self,
        key: Key,
        value: &impl serde::Serialize,
        condition: &str,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(document(key, value)))
            .condition_expression(condition);
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(crate) fn delete_item(&self, key: Key) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&*self.table).set_key(Some(primary(key))).build();
        let delete = delete.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn unique_name(tenant: &Tenant, entry: &Entry) -> Key {
    tenant.unique_name(entry.kind(), &entry.unique_name())
}
