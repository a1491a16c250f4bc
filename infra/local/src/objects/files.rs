//! Where objects are: in the data folder, or in memory.

use axum::body::Bytes;
use lambdesk_domain::time::Timestamp;
use lambdesk_objects::ObjectKey;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What is known of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    /// Its media type.
    pub content_type: String,
    /// It has the tag by which the lifecycle removes it.
    pub is_pending: bool,
    /// When it was stored, in milliseconds.
    pub at: u64,
}

/// An object.
#[derive(Debug, Clone)]
pub(super) struct StoredFile {
    /// What is known of it.
    pub meta: Meta,
    /// What it holds.
    pub bytes: Bytes,
}

/// All objects. One change at a time.
pub struct Files {
    /// What is known of the objects; and, without a folder, what they hold.
    known: Mutex<HashMap<ObjectKey, StoredFile>>,
    folder: Option<PathBuf>,
}

impl Files {
    /// In memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { known: Mutex::default(), folder: None }
    }

    /// In a folder, with what it holds already.
    ///
    /// # Errors
    /// When it can't be read or made.
    pub fn in_folder(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut known = HashMap::new();
        for path in below(&folder, 3)? {
            if let Some(key) = key_of(&folder, &path) {
                let meta = serde_json::from_slice(&fs::read(path)?)?;
                known.insert(key, StoredFile { meta, bytes: Bytes::new() });
            }
        }
        Ok(Self { known: Mutex::new(known), folder: Some(folder) })
    }

    /// Stores an object; says whether it did. With `is_once` only where there is none.
    pub(super) fn put(&self, key: ObjectKey, object: StoredFile, is_once: bool) -> io::Result<bool> {
        let mut known = self.lock();
        if is_once && known.contains_key(&key) {
            return Ok(false);
        }
        let Some(folder) = &self.folder else {
            known.insert(key, object);
            return Ok(true);
        };
        let (bytes, meta) = (bytes_at(folder, key), meta_at(folder, key));
        if let Some(parent) = bytes.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(bytes, &object.bytes)?;
        // Written last: an object without it is none.
        fs::write(meta, serde_json::to_vec(&object.meta)?)?;
        known.insert(key, StoredFile { bytes: Bytes::new(), ..object });
        Ok(true)
    }

    /// An object.
    pub(super) fn get(&self, key: ObjectKey) -> io::Result<Option<StoredFile>> {
        let Some(stored) = self.lock().get(&key).cloned() else {
            return Ok(None);
        };
        let bytes = match &self.folder {
            Some(folder) => fs::read(bytes_at(folder, key))?.into(),
            None => stored.bytes,
        };
        Ok(Some(StoredFile { bytes, ..stored }))
    }

    /// Takes an object's tag off; says whether there is such an object.
    pub(super) fn untag(&self, key: ObjectKey) -> io::Result<bool> {
        let mut known = self.lock();
        let Some(stored) = known.get_mut(&key) else {
            return Ok(false);
        };
        stored.meta.is_pending = false;
        if let Some(folder) = &self.folder {
            fs::write(meta_at(folder, key), serde_json::to_vec(&stored.meta)?)?;
        }
        Ok(true)
    }

    /// Removes an object, whether it is there or not.
    pub(super) fn delete(&self, key: ObjectKey) -> io::Result<()> {
        self.remove(&mut self.lock(), key)
    }

    /// Removes what still has the tag and was stored before this time.
    pub(super) fn expire(&self, before: Timestamp) -> io::Result<()> {
        let mut known = self.lock();
        let is_old = |stored: &StoredFile| stored.meta.is_pending && stored.meta.at < before.millis();
        let old: Vec<_> = known.iter().filter(|(_, stored)| is_old(stored)).map(|(key, _)| *key).collect();
        old.into_iter().try_for_each(|key| self.remove(&mut known, key))
    }

    fn remove(&self, known: &mut HashMap<ObjectKey, StoredFile>, key: ObjectKey) -> io::Result<()> {
        let was_there = known.remove(&key).is_some();
        match &self.folder {
            Some(folder) if was_there => {
                fs::remove_file(meta_at(folder, key))?;
                fs::remove_file(bytes_at(folder, key))
            }
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ObjectKey, StoredFile>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key is three ids, so it can't lead out of the folder.
fn bytes_at(folder: &Path, key: ObjectKey) -> PathBuf {
    folder.join(key.to_string())
}

fn meta_at(folder: &Path, key: ObjectKey) -> PathBuf {
    folder.join(format!("{key}.json"))
}

/// The object that a file describes; none when it describes none.
fn key_of(folder: &Path, path: &Path) -> Option<ObjectKey> {
    let name = path.strip_prefix(folder).ok()?.to_str()?;
    ObjectKey::parse(name.strip_suffix(".json")?)
}

/// The files so many levels below a folder.
fn below(folder: &Path, levels: u8) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    if levels <= 1 {
        return Ok(entries);
    }
    let folders = entries.iter().filter(|path| path.is_dir());
    folders.map(|folder| below(folder, levels - 1)).try_fold(Vec::new(), |mut all, files| {
        all.extend(files?);
        Ok(all)
    })
}
