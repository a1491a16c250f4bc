//! The table's stream, fanned out: every committed version of a ticket becomes its
//! event (activity log and feed), a delivery for every endpoint that wants it, and
//! the row of its follow-up; every version of a contact its event and deliveries.
//! Now and then the counters of reports are brought on.
//! The words of messages and subjects go into the search index.
//!
//! Lambda hands over batches in the order of the stream's shard and repeats a batch
//! from the lowest record that failed. All writes are conditional
//! ([`Store::publish`]), so a repetition changes nothing.

mod batch;
mod counts;
mod search;

use lambdesk_runtime::{Clock, Config, Error, HintQueue, aws, serve_batch};
use lambdesk_store::Store;
use serde_json::{Value, json};

/// What the fan-out works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fanout {
    store: Store,
    queue: HintQueue,
    clock: Clock,
    pace: counts::Pace,
    turns: search::Turns,
}

impl Fanout {
    /// Over this table; hints of new deliveries go to the queue.
    #[must_use]
    pub fn new(store: Store, queue: HintQueue, clock: Clock) -> Self {
        Self { store, queue, clock, pace: counts::Pace::default(), turns: search::Turns::default() }
    }

    /// Handles one `DynamoDB` stream event, and answers with the records that failed
    /// (`ReportBatchItemFailures`). Lambda repeats from the lowest of them.
    ///
    /// Records of one ticket or contact are handled in their order, and none after one
    /// that failed; the others go on. A record that can never be handled does not hold
    /// them up: the sweep looks at its ticket or contact later.
    pub async fn handle(&self, event: Value) -> Value {
        let failed = if let Some(records) = event.get("Records").and_then(Value::as_array) {
            self.fan_out(records).await
        } else {
            tracing::error!("an event without records; the whole batch is to be repeated");
            // To AWS an empty identifier is a failure of the whole batch.
            vec![String::new()]
        };
        let failures: Vec<_> = failed.iter().map(|number| json!({ "itemIdentifier": number })).collect();
        json!({ "batchItemFailures": failures })
    }
}

/// Serves as a Lambda.
///
/// # Errors
/// When the configuration lacks something, or the Runtime API can't be reached.
pub async fn serve(config: Config) -> Result<(), Error> {
    let queue = HintQueue::sqs(&config)?;
    let fanout = Fanout::new(aws::store(&config), queue, Clock::system());
    serve_batch(|event| fanout.handle(event)).await
}
