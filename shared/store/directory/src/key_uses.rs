//! The hours in which keys were used: noted by each process, so that a use is recorded
//! once an hour.

use lambdesk_domain::id::ApiKeyId;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How many keys are noted; beyond, it starts over.
const NOTED: usize = 10_000;

/// The hour in which each key was last used here.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<HashMap<ApiKeyId, u64>>);

impl KeyUses {
    /// Whether this is the key's first use in this hour.
    pub fn note(&self, key: ApiKeyId, hour: u64) -> bool {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hours.len() >= NOTED {
            hours.clear();
        }
        hours.insert(key, hour) != Some(hour)
    }
}
