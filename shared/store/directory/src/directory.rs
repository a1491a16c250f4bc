//! The directory of a workspace, read whole in one query and cached by this process.

use crate::Directories;
use lambdesk_domain::{
    directory::{Channel, Directory, Entry},
    id::{ChannelId, WorkspaceId},
};
use lambdesk_table::{
    TableError, Tenant,
    item::{read_document, text},
    keys, log_failure,
};
use std::sync::Arc;

impl Directories {
    /// The directory, at most half a minute old; none for an unknown workspace.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn directory(&self, workspace: WorkspaceId) -> Result<Option<Arc<Directory>>, TableError> {
        match self.caches.directories.get(&workspace) {
            Some(directory) => Ok(Some(directory)),
            None => self.fresh_directory(workspace).await,
        }
    }

    /// The directory, if this process has it in its cache.
    #[must_use]
    pub fn cached_directory(&self, workspace: WorkspaceId) -> Option<Arc<Directory>> {
        self.caches.directories.get(&workspace)
    }

    /// Whether a text with this hash has opened nothing within the last minute. Only for
    /// texts that can't be good later: random ones, which are made before they are told.
    #[must_use]
    pub fn is_refused(&self, hash: &[u8; 32]) -> bool {
        self.caches.refusals.get(hash).is_some()
    }

    /// Remembers that a text with this hash opens nothing.
    pub fn refuse(&self, hash: [u8; 32]) {
        self.caches.refusals.put(hash, ());
    }

    /// A channel as it is now, without the rest of the directory: one item.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn channel(&self, workspace: WorkspaceId, id: ChannelId) -> Result<Option<Channel>, TableError> {
        let entry = self.entry(workspace, id.uuid()).await?;
        Ok(entry.and_then(|read| if let Entry::Channel(channel) = read.value { Some(channel) } else { None }))
    }

    /// The directory as it is now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn fresh_directory(&self, workspace: WorkspaceId) -> Result<Option<Arc<Directory>>, TableError> {
        let settings_key = Tenant::new(workspace).settings();
        let items = self.table.whole(&settings_key.pk, keys::DIRECTORY).await?;
        let settings_sk = text(settings_key.sk);
        let (settings, entries): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| item.get("sk") == Some(&settings_sk));
        let Some(settings) = settings.first() else {
            return Ok(None);
        };
        let mut directory = Directory::new(read_document(settings)?);
        for entry in &entries {
            directory.insert(read_document(entry)?);
        }
        directory.fields.sort_by(|a, b| a.key.cmp(&b.key));
        let directory = Arc::new(directory);
        self.caches.directories.put(workspace, Arc::clone(&directory));
        Ok(Some(directory))
    }

    /// Caches the directory as this process has just written it. If reading it fails,
    /// the cache stays as other processes have it: old for half a minute.
    pub(crate) async fn refresh(&self, workspace: WorkspaceId) {
        if let Err(error) = self.fresh_directory(workspace).await {
            log_failure!(error, "the directory could not be read again; until it is, this process has it as it was");
        }
    }
}
