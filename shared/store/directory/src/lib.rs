#![doc = include_str!("../README.md")]

mod api_keys;
mod cache;
mod directory;
mod entries;
mod error;
mod listed_key;
mod retention;
mod workspace;

pub use api_keys::NewApiKey;
pub use entries::{EntryChange, unique_part};
pub use error::{AddKeyError, EntryError};
pub use listed_key::{KeyChange, ListedKey};
pub use retention::{RETENTION_INTERVAL, RetentionCursor, RetentionSweep};
pub use workspace::NewWorkspace;

use crate::{
    api_keys::{KEY_TTL, KEYS_CACHED, KeyUses},
    cache::TtlCache,
    directory::{DIRECTORIES_CACHED, DIRECTORY_TTL},
};
use lambdesk_domain::{
    directory::{ApiKey, Directory},
    id::WorkspaceId,
};
use lambdesk_table::Table;
use std::sync::Arc;

/// The directories of all workspaces, with what this process remembers of them. Cheap
/// to clone; a process makes it once.
#[derive(Debug, Clone)]
pub struct Directories {
    table: Table,
    caches: Arc<Caches>,
}

#[derive(Debug)]
struct Caches {
    directories: TtlCache<WorkspaceId, Arc<Directory>>,
    /// By the hash of the secret; only keys that exist.
    api_keys: TtlCache<String, ApiKey>,
    key_uses: KeyUses,
}

impl Directories {
    /// In this table, with empty caches.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let caches = Caches {
            directories: TtlCache::new(DIRECTORY_TTL, DIRECTORIES_CACHED),
            api_keys: TtlCache::new(KEY_TTL, KEYS_CACHED),
            key_uses: KeyUses::default(),
        };
        Self { table: table.clone(), caches: Arc::new(caches) }
    }
}
