//! The directory of a workspace: read whole, remembered for a short while.

use crate::{
    client::Store,
    error::StoreError,
    item::{Item, read_document, text},
    keys::{self, Tenant},
    tickets::Page,
};
use aws_sdk_dynamodb::types::AttributeValue as Av;
use lambdesk_domain::{directory::Directory, id::WorkspaceId};
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
}
