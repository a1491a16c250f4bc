//! The handle of the crate, with its caches: [`Directories`].

use crate::{cache::TtlCache, key_uses::KeyUses};
use lambdesk_domain::{
    directory::{ApiKey, Directory},
    id::WorkspaceId,
};
use lambdesk_table::Table;
use std::{sync::Arc, time::Duration};

/// How long a revoked key may still be taken by another process.
const KEY_TTL: Duration = Duration::from_mins(1);
/// How many keys are cached.
const KEYS_CACHED: usize = 10_000;
/// How long another process's change may go unnoticed. A reference that is not
/// found is looked up afresh, so new entries work at once everywhere.
const DIRECTORY_TTL: Duration = Duration::from_secs(30);
/// How long a text that opened nothing is refused without a look.
const REFUSAL_TTL: Duration = Duration::from_mins(1);
/// How many of them are remembered.
const REFUSALS_CACHED: usize = 10_000;
/// How many directories are cached.
const DIRECTORIES_CACHED: usize = 1_000;

/// The directories of all workspaces, with what this process remembers of them. Cheap
/// to clone; a process makes it once.
#[derive(Debug, Clone)]
pub struct Directories {
    pub(crate) table: Table,
    pub(crate) caches: Arc<Caches>,
}

#[derive(Debug)]
pub struct Caches {
    pub(crate) directories: TtlCache<WorkspaceId, Arc<Directory>>,
    /// By the hash of the secret; only keys that exist.
    pub(crate) api_keys: TtlCache<String, ApiKey>,
    pub(crate) key_uses: KeyUses,
    /// Hashes of texts that opened nothing.
    pub(crate) refusals: TtlCache<[u8; 32], ()>,
}

impl Directories {
    /// In this table, with empty caches.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let caches = Caches {
            directories: TtlCache::new(DIRECTORY_TTL, DIRECTORIES_CACHED),
            api_keys: TtlCache::new(KEY_TTL, KEYS_CACHED),
            key_uses: KeyUses::default(),
            refusals: TtlCache::new(REFUSAL_TTL, REFUSALS_CACHED),
        };
        Self { table: table.clone(), caches: Arc::new(caches) }
    }
}
