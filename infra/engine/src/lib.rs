//! The embedded `DynamoDB` engine that the local stack and the tests share.
//!
//! [`Engine::open`] starts `dynoxide` (a `DynamoDB` implementation over `SQLite`)
//! on a loopback port, so that the real AWS SDK talks to it at [`Engine::url`].
//! What AWS does around the table is offered beside it: the stream
//! ([`Engine::read_stream`], [`Engine::trim_stream`]) and expiry
//! ([`Engine::sweep_ttl`]).
//!
//! # What is durable
//! A file is written with `journal_mode=WAL` and `synchronous=FULL`: every commit
//! is synced to the disk before it is answered, so an acknowledged write survives
//! both `kill -9` and a power cut. FULL is the default that `SQLite` is compiled
//! with, and nothing lowers it as long as `Database::disable_bulk_loading` is not
//! called: that sets NORMAL, which survives `kill -9` only.
//! Memory keeps nothing once the engine is dropped.
//!
//! # What it does not do
//! It never throttles, never answers `TransactionConflict` and its indexes never
//! lag: writes are simply one after the other. Tests that need those ask it through
//! [`Engine::as_aws`], which does them on request.

mod aws;
mod error;
mod records;
mod server;
mod stream;

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use dynoxide::Database;

pub use aws::{AwsStandIn, AwsSwitches, AwsTrait, Forgotten};
pub use error::EngineError;
pub use stream::{ParsePositionError, Position, StreamRecord};

use records::Records;
use server::Server;

/// Where an engine keeps its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// A database file, created when it is missing; its folder must exist.
    /// `SQLite` adds `-wal` and `-shm` beside it, the engine adds `.lock`.
    File(PathBuf),
    /// Private to this engine, gone when it is dropped; a gigabyte at most, as `SQLite`
    /// has it, and beyond that every write fails.
    Memory,
}

/// A running engine. Dropping it stops the server without waiting for requests
/// under way; [`Engine::shutdown`] waits for them.
pub struct Engine {
    server: Server,
    records: Records,
    database: Database,
    _lock: Option<File>,
}

impl Engine {
    /// Opens the storage and serves it on a free loopback port.
    ///
    /// The server has threads of its own: any runtime may call it, and a caller
    /// that blocks its own thread does not stop it.
    ///
    /// # Errors
    /// [`EngineError::InUse`] when another engine has the file open,
    /// [`EngineError::Open`] when the file can't be read or written or was
    /// written by a newer engine, [`EngineError::Serve`] when no port is free.
    pub fn open(storage: Storage) -> Result<Self, EngineError> {
        let (name, lock) = match storage {
            Storage::File(path) => (file_name(&path)?, Some(lock(&path)?)),
            Storage::Memory => (memory_name(), None),
        };
        let database = Database::new(&name).map_err(|reason| EngineError::Open { name: name.clone(), reason })?;
        let records = Records::open(&name)?;
        let server = Server::start(database.clone())?;
        Ok(Self { server, records, database, _lock: lock })
    }

    /// The endpoint URL for an AWS SDK client. It takes any credentials and region.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The loopback address that the engine listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Another address for the same tables, at which AWS's ways are met that the engine
    /// does not have: conflicts, throttling, lagging indexes and others, each on request.
    ///
    /// # Errors
    /// [`EngineError::Serve`] when no port is free.
    pub fn as_aws(&self) -> Result<AwsStandIn, EngineError> {
        Ok(AwsStandIn::start(self.address())?)
    }

    /// Up to `limit` (at most 1,000) records of the table's stream after a
    /// position, oldest first. Empty when there are none, or the table or its
    /// stream does not exist.
    ///
    /// Positions are given out inside the write's own transaction, one at a time,
    /// so nothing older than what was read can turn up later. There is no change
    /// notification; an idle read costs tens of microseconds, so poll.
    ///
    /// Blocks for as long as the write that is under way, if there is one.
    ///
    /// # Errors
    /// [`EngineError::Database`] when the storage can't be read.
    pub fn read_stream(&self, table: &str, after: Position, limit: usize) -> Result<Vec<StreamRecord>, EngineError> {
        stream::read(&self.database, table, after, limit)
    }

    /// Deletes the stream records of a table that are at or before `consumed` and
    /// older than `before`, and returns how many. The newest record always stays,
    /// so that positions never start again. AWS keeps records for 24 hours.
    ///
    /// # Errors
    /// [`EngineError::Sql`] when the storage can't be written.
    pub fn trim_stream(&self, table: &str, before: SystemTime, consumed: Position) -> Result<usize, EngineError> {
        Ok(self.records.trim(table, before, consumed)?)
    }

    /// Deletes the items whose time to live has passed, in every table that has
    /// one, and returns how many. AWS does it within a few days; here it happens
    /// only when this is called.
    ///
    /// # Errors
    /// [`EngineError::Database`] when the storage can't be written.
    pub fn sweep_ttl(&self) -> Result<usize, EngineError> {
        Ok(self.database.sweep_ttl()?)
    }

    /// Stops accepting, lets the requests under way finish and closes the storage.
    ///
    /// # Errors
    /// [`EngineError::Busy`] when requests still run after five seconds,
    /// [`EngineError::Serve`] when the server had failed.
    pub async fn shutdown(self) -> Result<(), EngineError> {
        self.server.stop().await
    }
}

/// The file's absolute path, as the engine takes it.
fn file_name(path: &Path) -> Result<String, EngineError> {
    let unusable = || EngineError::Path(path.to_owned());
    let absolute = std::path::absolute(path).map_err(|_| unusable())?;
    absolute.to_str().map(str::to_owned).ok_or_else(unusable)
}

/// Holds the file for this engine: two pumps over one stream would each miss
/// what the other consumed. The system frees it when the process ends.
fn lock(path: &Path) -> Result<File, EngineError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::create(&name).map_err(|reason| EngineError::Lock { path: path.to_owned(), reason })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(EngineError::InUse(path.to_owned())),
        Err(std::fs::TryLockError::Error(reason)) => Err(EngineError::Lock { path: path.to_owned(), reason }),
    }
}

/// A shared in-memory database that several connections of this process can open.
fn memory_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("file:/lambdesk-engine-{number}?vfs=memdb")
}
