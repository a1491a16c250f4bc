//! Reading a table's stream, in the shape in which Lambda receives it.

use std::fmt;
use std::str::FromStr;

use dynoxide::Database;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::encode_shard_iterator;
use dynoxide::streams;
use serde_json::Value;

use crate::EngineError;

/// What a public sequence number adds to a stored one, so that it has the 21
/// digits that AWS's have at least.
const SEQUENCE_NUMBER_BASE: u128 = 100_000_000_000_000_000_000;

/// A place in a table's stream: that of a record, or [`Position::START`].
///
/// Written out as the record's sequence number (21 digits), so a consumer can
/// keep it as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(i64);

impl Position {
    /// Before the first record.
    pub const START: Self = Self(0);

    pub(crate) fn stored(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", SEQUENCE_NUMBER_BASE + u128::from(self.0.unsigned_abs()))
    }
}

impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: u128 = text.parse().map_err(|_| ParsePositionError)?;
        number
            .checked_sub(SEQUENCE_NUMBER_BASE)
            .and_then(|stored| i64::try_from(stored).ok())
            .map(Self)
            .ok_or(ParsePositionError)
    }
}

/// The text is not a sequence number that the engine gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sequence number of the engine's stream")]
pub struct ParsePositionError;

/// One committed change of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRecord {
    /// Where to read on after this record.
    pub position: Position,
    /// One entry of the `Records` of a Lambda event: `eventID`, `eventName`,
    /// `dynamodb` with the images, `eventSourceARN` and the rest.
    pub event: Value,
}

pub(crate) fn read(
    database: &Database,
    table: &str,
    after: Position,
    limit: usize,
) -> Result<Vec<StreamRecord>, EngineError> {
    let Some(stream) = stream_arn(database, table)? else {
        return Ok(Vec::new());
    };
    let request = GetRecordsRequest {
        shard_iterator: encode_shard_iterator(table, &streams::shard_id(table), after.stored()),
        limit: Some(limit),
    };
    let answer = database.get_records(request)?;
    answer.records.iter().map(|record| as_lambda_receives(record, &stream)).collect()
}

/// `None` when the table does not exist or has no stream.
fn stream_arn(database: &Database, table: &str) -> Result<Option<String>, EngineError> {
    let label = database.get_table_metadata(table)?.and_then(|table| table.stream_label);
    Ok(label.map(|label| streams::stream_arn(table, &label)))
}

/// The stream's own API leaves the source out; Lambda adds it.
fn as_lambda_receives(record: &Record, stream: &str) -> Result<StreamRecord, EngineError> {
    let unreadable = |reason: String| dynoxide::DynoxideError::InternalServerError(reason);
    let position =
        record.dynamodb.sequence_number.parse().map_err(|reason: ParsePositionError| unreadable(reason.to_string()))?;
    let mut event = serde_json::to_value(record).map_err(|reason| unreadable(reason.to_string()))?;
    if let Some(fields) = event.as_object_mut() {
        fields.insert("eventSourceARN".to_owned(), Value::from(stream));
    }
    Ok(StreamRecord { position, event })
}
