//! Keys of the directory and of API keys.

use super::index::Key;

/// The sort keys of the directory's entries and settings.
pub const DIRECTORY: (&str, &str) = ("D#", "S");

/// The sort keys of a workspace's API keys.
pub const API_KEYS: (&str, &str) = ("K#", "K$");

/// An API key as it is found by the hash of its secret.
#[must_use]
pub fn api_key(hash: &str) -> Key {
    Key { pk: format!("key#{hash}"), sk: "K".to_owned() }
}
