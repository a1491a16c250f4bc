//! Why the stack does not start: one sentence each, with what to do about it.

use lambdesk_engine::EngineError;
use lambdesk_store_directory::EntryError;
use lambdesk_table::{TableError, schema::NewerFormat};
use std::{io, path::PathBuf};

/// Why the stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("port {0} is taken; choose another with PORT=… (make run) or --port")]
    PortTaken(u16),
    /// The port can't be listened on for another reason.
    #[error("port {port} can't be used: {reason}")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        reason: io::Error,
    },
    /// The data folder can't be written.
    #[error("the data folder {} can't be written: {reason}; choose another with DATA=… (make run) or --data", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The sealing key before can't be read, is none, or is the current one.
    #[error("{} must be another key than sealing.key, of 32 bytes; remove it or put the right one there", .0.display())]
    PreviousKey(PathBuf),
    /// The table was written by a newer version.
    #[error("{0}; update Lambdesk or choose another data folder")]
    Newer(#[from] NewerFormat),
    /// The engine does not open its file.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The table fails.
    #[error("the table can't be prepared: {0}")]
    Table(#[from] TableError),
    /// The demo workspace can't be made.
    #[error("the demo workspace can't be made: {0}")]
    Demo(String),
}

impl From<EntryError> for StartError {
    fn from(error: EntryError) -> Self {
        Self::Demo(error.to_string())
    }
}
