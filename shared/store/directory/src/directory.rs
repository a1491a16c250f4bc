//! The directory of a workspace, read whole in one query and cached by this process.

use crate::Directories;
use lambdesk_domain::{directory::Directory, id::WorkspaceId};
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
