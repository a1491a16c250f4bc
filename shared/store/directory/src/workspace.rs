//! Workspaces: made with their first user and key in one transaction, and their settings.

use crate::{Directories, EntryError, NewApiKey, entries, retention};
use lambdesk_domain::{
    directory::{ApiKey, Entry, Workspace},
    id::WorkspaceId,
    time::Timestamp,
};
use lambdesk_table::{Held, Record, TableError, Tenant, Tx, Versioned, Write, item::document, keys};

/// A workspace with its first user and key.
#[derive(Debug, Clone, Copy)]
pub struct NewWorkspace<'a> {
    /// Its settings.
    pub workspace: &'a Workspace,
    /// The user.
    pub owner: &'a Entry,
    /// The user's key.
    pub key: &'a ApiKey,
    /// The hash of the key's secret.
    pub hash: &'a str,
}

impl Directories {
    /// Adds a workspace, and to the caller's own the answer to remember.
    ///
    /// # Errors
    /// As [`EntryError`] says.
    pub async fn add_workspace(
        &self,
        caller: WorkspaceId,
        new: NewWorkspace<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), EntryError> {
        let NewWorkspace { workspace, owner, key, hash } = new;
        // Before anything of it can come due; the first workspace's stays.
        self.table.write(Write::create(document(keys::used_since(), &now))).await?;
        let tenant = Tenant::new(workspace.id);
        let mut tx = Tx::new();
        tx.remember(caller, answer, now);
        tx.require(Write::create(document(tenant.settings(), workspace)), EntryError::Taken("the workspace"));
        entries::add_steps(&mut tx, &tenant, owner);
        for write in (NewApiKey { key, hash, holder: None }).writes() {
            tx.require(write, EntryError::Taken("the key"));
        }
        tx.commit(&self.table).await
    }

    /// The settings as they are now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn settings(&self, workspace: WorkspaceId) -> Result<Option<Versioned<Workspace>>, TableError> {
        self.table.versioned(Tenant::new(workspace).settings()).await
    }

    /// Changes the settings; another retention also makes the retention sweep due at
    /// once. False when they are no longer as they were read: then nothing is written.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn change_settings(
        &self,
        before: &Versioned<Workspace>,
        after: &Workspace,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let workspace = before.value.id;
        let put = Write::put(document(Tenant::new(workspace).settings(), after));
        let mut tx = Tx::<Held<TableError>>::new();
        tx.hold(put.when_unchanged(before));
        if after.retention != before.value.retention {
            tx.write(retention::restart(workspace, now));
        }
        let is_unchanged = tx.commit_held(&self.table).await?;
        self.refresh(workspace).await;
        Ok(is_unchanged)
    }
}
