//! The engine's stream table, reached through a connection of our own.
//!
//! The engine neither indexes nor trims it, and looks for the newest record at
//! every write: without the indexes a write takes time in proportion to the
//! records kept. Both belong to its private schema, which is why its version is
//! pinned.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use crate::Position;

/// The first serves reading, the second the next sequence number. They repeat
/// the engine's expressions to the letter, or `SQLite` would not use them.
const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS lambdesk_stream_reads
        ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS lambdesk_stream_numbers
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));";

/// One bounded transaction, so that a writer never waits for a whole trim.
const TRIM: &str = "
    DELETE FROM _stream_records WHERE id IN (
        SELECT id FROM _stream_records
        WHERE table_name = ?1 AND created_at < ?2
            AND CAST(sequence_number AS INTEGER) <= MIN(?3, ?4)
        ORDER BY CAST(sequence_number AS INTEGER)
        LIMIT 500)";

const NEWEST: &str = "
    SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0)
    FROM _stream_records WHERE table_name = ?1";

/// How long to wait for the engine's own write.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

pub(crate) struct Records(Mutex<Connection>);

impl Records {
    /// Opens the second connection and makes the indexes, once per file.
    pub(crate) fn open(name: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(name)?;
        connection.busy_timeout(BUSY_LIMIT)?;
        connection.execute_batch(INDEXES)?;
        Ok(Self(Mutex::new(connection)))
    }

    pub(crate) fn trim(&self, table: &str, before: SystemTime, consumed: Position) -> rusqlite::Result<usize> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest: i64 = connection.query_row(NEWEST, [table], |row| row.get(0))?;
        let mut trim = connection.prepare(TRIM)?;
        let mut trimmed = 0;
        loop {
            let batch = trim.execute(params![table, unix_seconds(before), consumed.stored(), newest - 1])?;
            trimmed += batch;
            if batch == 0 {
                return Ok(trimmed);
            }
        }
    }
}

/// The unit in which the engine dates its records.
fn unix_seconds(time: SystemTime) -> i64 {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
