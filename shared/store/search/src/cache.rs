//! The cache of manifests, one per workspace: a search reads the segments that the last
//! manifest names beside the manifest as it is now, which saves a round trip.

use crate::manifest::Manifest;
use lambdesk_table::Tenant;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The most manifests that are kept; then the cache starts over.
const CAPACITY: usize = 1_000;

/// The manifests that were read last.
#[derive(Debug, Default)]
pub struct ManifestCache(Mutex<HashMap<String, Arc<Manifest>>>);

impl ManifestCache {
    pub fn get(&self, tenant: &Tenant) -> Option<Arc<Manifest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant.index_manifest().pk).cloned()
    }

    pub fn put(&self, tenant: &Tenant, manifest: Arc<Manifest>) {
        let mut manifests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if manifests.len() >= CAPACITY {
            manifests.clear();
        }
        manifests.insert(tenant.index_manifest().pk, manifest);
    }
}
