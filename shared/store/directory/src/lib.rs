#![doc = include_str!("../README.md")]

mod api_keys;
mod cache;
mod directory;
mod entries;
mod error;
mod handle;
mod key_uses;
mod listed_key;
mod retention;
mod workspace;

pub use api_keys::NewApiKey;
pub use entries::{EntryChange, unique_part};
pub use error::{AddKeyError, EntryError};
pub use handle::Directories;
pub use listed_key::{KeyChange, ListedKey};
pub use retention::{RETENTION_INTERVAL, RetentionCursor, RetentionSweep};
pub use workspace::NewWorkspace;
