//! What can go wrong with an engine, each in one sentence for the operator.

use std::io;
use std::path::PathBuf;

use dynoxide::DynoxideError;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The path is not absolute-able or not UTF-8.
    #[error("the data file's path {} can't be used: it must be valid UTF-8", .0.display())]
    Path(PathBuf),
    /// Another engine, in this process or another, has the file open.
    #[error("the data file {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The lock file beside the data file can't be made.
    #[error("the folder of the data file {} can't be written: {reason}", path.display())]
    Lock {
        /// The data file.
        path: PathBuf,
        /// What the system answered.
        reason: io::Error,
    },
    /// The storage can't be opened, or is from a newer engine.
    #[error("the data in {name} can't be opened: {reason}")]
    Open {
        /// The data file.
        name: String,
        /// What the engine answered.
        reason: DynoxideError,
    },
    /// The engine refused or failed an operation.
    #[error("the engine failed: {0}")]
    Database(#[from] DynoxideError),
    /// The stream's table can't be read or written.
    #[error("the stream's records can't be reached: {0}")]
    Sql(#[from] rusqlite::Error),
    /// The server can't listen, or stopped by itself.
    #[error("the engine can't serve: {0}")]
    Serve(#[from] io::Error),
    /// Requests were still running five seconds after the shutdown began.
    #[error("the engine was still busy five seconds after it was told to stop")]
    Busy,
}
