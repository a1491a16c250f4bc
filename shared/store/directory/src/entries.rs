//! Entries of the directory: users, teams, tags, categories, channels and fields. Each
//! addition, change or removal is one transaction of the entry, the item that makes its
//! name unique among its kind, and the answer to remember.

use crate::{Directories, EntryError};
use lambdesk_domain::{directory::Entry, id::WorkspaceId, time::Timestamp};
use lambdesk_table::{Held, Record, TableError, Tenant, Tx, Versioned, Write, item::document};
use uuid::Uuid;

/// What becomes of an entry of the directory.
#[derive(Debug, Clone)]
pub struct EntryChange<'a> {
    /// The entry as it was read.
    pub before: &'a Versioned<Entry>,
    /// What it becomes; none removes it.
    pub after: Option<&'a Entry>,
    /// Another entry that must be as it was read, too.
    pub co_condition: Option<&'a Versioned<Entry>>,
    /// What is written together with it.
    pub beside: Vec<Write>,
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

impl Directories {
    /// An entry of the directory as it is now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn entry(&self, workspace: WorkspaceId, id: Uuid) -> Result<Option<Versioned<Entry>>, TableError> {
        self.table.versioned(Tenant::new(workspace).entry(id)).await
    }

    /// Adds an entry, whose name must be free among its kind, together with the answer
    /// to remember.
    ///
    /// # Errors
    /// As [`EntryError`] says.
    pub async fn add_entry(
        &self,
        workspace: WorkspaceId,
        entry: &Entry,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), EntryError> {
        let mut tx = Tx::new();
        tx.remember(workspace, answer, now);
        add_steps(&mut tx, &Tenant::new(workspace), entry);
        tx.commit(&self.table).await?;
        self.refresh(workspace).await;
        Ok(())
    }

    /// Changes or removes an entry, together with the answer to remember. False when
    /// something is no longer as it was read: then nothing is written.
    ///
    /// # Errors
    /// As [`EntryError`] says; a name can only be taken by a change of it.
    pub async fn change_entry(
        &self,
        workspace: WorkspaceId,
        change: EntryChange<'_>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, EntryError> {
        let mut tx = Tx::new();
        tx.remember(workspace, answer, now);
        change_steps(&mut tx, &Tenant::new(workspace), change);
        let is_unchanged = tx.commit_held(&self.table).await?;
        self.refresh(workspace).await;
        Ok(is_unchanged)
    }
}

/// The steps that add an entry.
pub fn add_steps(tx: &mut Tx<EntryError>, tenant: &Tenant, entry: &Entry) {
    let taken = || EntryError::Taken(unique_part(entry));
    tx.require(reserve_name(tenant, entry), taken());
    tx.require(Write::create(document(tenant.entry(entry.id()), entry)), taken());
}

fn change_steps(tx: &mut Tx<Held<EntryError>>, tenant: &Tenant, change: EntryChange<'_>) {
    let EntryChange { before, after, co_condition, beside } = change;
    let key = tenant.entry(before.value.id());
    let write = match after {
        Some(after) => Write::put(document(key, after)),
        None => Write::delete(key),
    };
    tx.hold(write.when_unchanged(before));
    if let Some(other) = co_condition {
        let check = Write::check(tenant.entry(other.value.id()));
        tx.hold(check.when_unchanged(other));
    }
    for write in beside {
        tx.write(write);
    }
    let before = &before.value;
    if after.map(Entry::unique_name).as_ref() == Some(&before.unique_name()) {
        return;
    }
    tx.write(Write::delete(tenant.unique_name(before.kind(), &before.unique_name())));
    if let Some(after) = after {
        tx.require(reserve_name(tenant, after), Held::Failed(EntryError::Taken(unique_part(after))));
    }
}

fn reserve_name(tenant: &Tenant, entry: &Entry) -> Write {
    Write::create(document(tenant.unique_name(entry.kind(), &entry.unique_name()), &entry.id()))
}
