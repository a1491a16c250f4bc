//! Errors of writes to the directory: what each operation can be refused for.

use lambdesk_table::{AlreadyAnswered, TableError};

/// Why a workspace or entry was not added, or an entry not changed.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The request was answered before.
    #[error(transparent)]
    Answered(#[from] AlreadyAnswered),
    /// Something that must be unique is in use: what it is, in words.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Why an API key was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddKeyError {
    /// The request was answered before.
    #[error(transparent)]
    Answered(#[from] AlreadyAnswered),
    /// Another key has this id or secret.
    #[error("the key is taken")]
    Taken,
    /// The user or channel that it stands for is no longer as it was read.
    #[error("the key's holder has changed")]
    HolderChanged,
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}
