//! What the table's stream has given up: messages of the fan-out's failures in, the request
//! that the sweep reconcile at once out. One write.

use lambdesk_domain::time::Timestamp;
use lambdesk_store_events::Events;
use lambdesk_table::log_failure;
use serde_json::{Value, json};

/// Messages of the queue of failures, as Lambda hands them over.
#[derive(Debug)]
pub struct FailedBatches<'a>(&'a [Value]);

impl<'a> FailedBatches<'a> {
    /// None of an event that has no messages.
    pub fn of(event: &'a Value) -> Option<Self> {
        event.get("Records").and_then(Value::as_array).map(|records| Self(records))
    }

    /// Has the sweep check the events of the tickets that changed since the first of the
    /// records that were lost, and of the contacts that did in their workspaces: at once, or
    /// when the reconcile that is under way has ended. Answers which messages are to come
    /// again.
    pub async fn take(&self, events: &Events) -> Value {
        let lost_since = self.0.iter().map(first_record).min().unwrap_or(Timestamp::EPOCH);
        tracing::error!(batches = self.0.len(), %lost_since, "the stream has given records up; their events are checked");
        let failed = match events.request_reconcile(lost_since).await {
            Ok(()) => &[],
            Err(error) => {
                log_failure!(error, "batches that the stream gave up are looked at again");
                self.0
            }
        };
        let failures: Vec<_> = failed.iter().map(|message| json!({"itemIdentifier": message["messageId"]})).collect();
        json!({ "batchItemFailures": failures })
    }
}

/// When the first record of a batch was written, as its message says; else as long ago as
/// can be.
fn first_record(message: &Value) -> Timestamp {
    let body = message.get("body").and_then(Value::as_str).unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let time = body.pointer("/DDBStreamBatchInfo/approximateArrivalOfFirstRecord").and_then(Value::as_str);
    time.and_then(|time| time.parse().ok()).unwrap_or(Timestamp::EPOCH)
}
