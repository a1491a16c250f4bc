//! An API key as its workspace lists it: its document with the hashes that it is found
//! by, and what a change makes of it.

use lambdesk_domain::{
    directory::{ApiKey, KeyMaker},
    id::Version,
    time::Timestamp,
};
use lambdesk_table::{
    Item, TableError, Versioned, Write,
    item::{Reader, document, number},
    keys,
    schema::TTL_ATTRIBUTE,
};
use serde::{Deserialize, Serialize};

/// When a key was last used: beside the document, so that writing it is no change of
/// what anyone has read.
pub const LAST_USED: &str = "lu";

/// The document of a listed key.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyDocument {
    /// The hash that it is found by.
    pub hash: String,
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The secret before, while it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSecret>,
}

/// The secret that a key had before its last rotation.
#[derive(Clone, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The hash that the key is found by.
    pub hash: String,
    /// When it ends.
    pub until: Timestamp,
}

/// A key as its workspace lists it.
#[derive(Clone)]
pub struct ListedKey {
    /// The key.
    pub key: ApiKey,
    /// The beginning of the hour in which it was last used, as far as that is recorded.
    pub last_used_at: Option<Timestamp>,
    /// Until when the secret before its last rotation is taken, too.
    pub previous_until: Option<Timestamp>,
    pub(crate) read: Versioned<KeyDocument>,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy)]
pub enum KeyChange<'a> {
    /// It is narrowed, widened, renamed.
    Edit(&'a ApiKey),
    /// It gets another secret; the one before is taken until a time, any older one no more.
    Rotate {
        /// The hash of the new secret.
        hash: &'a str,
        /// The end of the secret that it has now.
        until: Timestamp,
        /// Who is shown the new secret.
        by: Option<KeyMaker>,
    },
    /// It is refused from now on.
    Revoke,
}

impl ListedKey {
    /// A new key as it will be listed.
    #[must_use]
    pub fn new(key: ApiKey, hash: &str) -> Self {
        Self::of(Versioned::written(KeyDocument { hash: hash.to_owned(), key, previous: None }), None)
    }

    fn of(read: Versioned<KeyDocument>, last_used_at: Option<Timestamp>) -> Self {
        let previous_until = read.value.previous.as_ref().map(|previous| previous.until);
        Self { key: read.value.key.clone(), last_used_at, previous_until, read }
    }

    pub(crate) fn read(item: &Item) -> Result<Self, TableError> {
        Ok(Self::of(Versioned::read(item)?, Reader(item).time_if_any(LAST_USED)?))
    }

    /// Names what was read: any other state has another one.
    #[must_use]
    pub fn version(&self) -> Version {
        self.read.version()
    }

    /// It after a change; none when it is revoked.
    #[must_use]
    pub fn after(&self, change: KeyChange<'_>) -> Option<Self> {
        Some(Self::of(Versioned::written(self.document_after(change)?), self.last_used_at))
    }

    pub(crate) fn document_after(&self, change: KeyChange<'_>) -> Option<KeyDocument> {
        let now = self.read.value.clone();
        match change {
            KeyChange::Edit(key) => Some(KeyDocument { key: key.clone(), ..now }),
            KeyChange::Rotate { hash, until, by } => {
                let previous = Some(PreviousSecret { hash: now.hash, until });
                let key = ApiKey { rotated_by: by, ..now.key };
                Some(KeyDocument { hash: hash.to_owned(), key, previous })
            }
            KeyChange::Revoke => None,
        }
    }

    /// All hashes that it was found by when it was read.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = &str> {
        self.read.value.hashes()
    }
}

impl KeyDocument {
    fn hashes(&self) -> impl Iterator<Item = &str> {
        [self.hash.as_str()].into_iter().chain(self.previous.iter().map(|previous| previous.hash.as_str()))
    }

    /// The items that the key is found by from now on: one per secret that is taken.
    pub fn secrets(&self, now: Timestamp) -> Vec<(&str, Write)> {
        let current = Write::put(document(keys::api_key(&self.hash), &self.key));
        let mut secrets = vec![(self.hash.as_str(), current)];
        if let Some(PreviousSecret { hash, until }) = self.previous.as_ref().filter(|previous| previous.until > now) {
            let ends = self.key.expires_at.map_or(*until, |expiry| expiry.min(*until));
            let mut item = document(keys::api_key(hash), &ApiKey { expires_at: Some(ends), ..self.key.clone() });
            item.insert(TTL_ATTRIBUTE.to_owned(), number(ends.seconds() + 1));
            secrets.push((hash, Write::put(item)));
        }
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{
        access::Scopes,
        directory::KeyHolder,
        id::{ApiKeyId, WorkspaceId},
    };
    use std::time::Duration;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_millis(1_767_226_200_000);

    fn key(name: &str) -> ApiKey {
        ApiKey {
            id: ApiKeyId::new(Uuid::from_u128(2)),
            workspace_id: WorkspaceId::new(Uuid::from_u128(1)),
            name: name.parse().unwrap(),
            holder: KeyHolder::Machine,
            scopes: Scopes::ALL,
            expires_at: None,
            created_at: NOW,
            created_by: None,
            rotated_by: None,
        }
    }

    fn rotated(until: Timestamp) -> ListedKey {
        let listed = ListedKey::new(key("A key"), "first");
        listed.after(KeyChange::Rotate { hash: "second", until, by: None }).unwrap()
    }

    fn found_by(listed: &ListedKey, now: Timestamp) -> Vec<&str> {
        listed.read.value.secrets(now).into_iter().map(|(hash, _)| hash).collect()
    }

    #[test]
    fn a_listed_key_has_the_version_that_its_item_will_have() {
        let listed = ListedKey::new(key("A key"), "first");
        let item = document(keys::api_key("any"), &listed.read.value);
        assert_eq!(ListedKey::read(&item).unwrap().version(), listed.version());
    }

    #[test]
    fn an_edited_key_keeps_its_secrets() {
        let until = NOW.plus(Duration::from_mins(1));
        let edited = rotated(until).after(KeyChange::Edit(&key("Another name"))).unwrap();
        assert_eq!((&edited.key, edited.previous_until), (&key("Another name"), Some(until)));
        assert_eq!(edited.hashes().collect::<Vec<_>>(), ["second", "first"]);
    }

    #[test]
    fn the_secret_before_a_rotation_is_taken_until_its_end() {
        let until = NOW.plus(Duration::from_mins(1));
        assert_eq!(found_by(&rotated(until), NOW), ["second", "first"]);
        assert_eq!(found_by(&rotated(until), until), ["second"]);
    }

    #[test]
    fn only_the_last_of_the_secrets_before_is_taken() {
        let until = NOW.plus(Duration::from_mins(1));
        let again = rotated(until).after(KeyChange::Rotate { hash: "third", until, by: None }).unwrap();
        assert_eq!(found_by(&again, NOW), ["third", "second"]);
    }

    #[test]
    fn a_revoked_key_is_listed_no_more() {
        assert!(rotated(NOW).after(KeyChange::Revoke).is_none());
    }
}
