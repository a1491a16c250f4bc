//! The table's stream, fanned out: every committed version of a ticket or contact becomes
//! all that follows from it ([`projections`]). The words of messages and subjects go into
//! the search index, and now and then the counters of reports are brought on.
//!
//! Lambda hands over batches in the order of the stream's shard and repeats a batch from
//! the lowest record that failed. All writes are conditional, so a repetition changes
//! nothing.

mod batch;
mod compaction;
mod counting;
mod projections;
mod words;

use batch::Batch;
use compaction::Compaction;
use counting::Counting;
use futures_util::FutureExt as _;
use lambdesk_runtime::{Clock, Config, Error, HintQueue, aws, serve_batch};
use lambdesk_store_contacts::Contacts;
use lambdesk_store_directory::Directories;
use lambdesk_store_events::{ChangeRecord, Events};
use lambdesk_store_lists::Lists;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;
use lambdesk_store_tickets::Tickets;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::Table;
use projections::Projections;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use words::{Indexed, index_words};

/// What the fan-out works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fanout {
    projections: Projections,
    counting: Counting,
    compaction: Compaction,
    queue: HintQueue,
    clock: Clock,
}

impl Fanout {
    /// Over this table; hints of new deliveries go to the queue.
    #[must_use]
    pub fn new(table: &Table, queue: HintQueue, clock: Clock) -> Self {
        let (directories, events, tickets) = (Directories::new(table), Events::new(table), Tickets::new(table));
        let (reports, search) = (Reports::new(table, &events), SearchIndex::new(table, &tickets));
        let counting = Counting::new(&directories, &reports);
        let compaction = Compaction::new(&search);
        let projections = Projections {
            clock: clock.clone(),
            contacts: Contacts::new(table),
            directories,
            events,
            lists: Lists::new(table, &search, &reports),
            search,
            tickets,
            webhooks: Webhooks::new(table),
        };
        Self { projections, counting, compaction, queue, clock }
    }

    /// Handles one `DynamoDB` stream event, and answers with the records that failed
    /// (`ReportBatchItemFailures`). Lambda repeats from the lowest of them.
    ///
    /// Records of one ticket or contact are handled in their order, and none after one
    /// that failed; the others go on. A record that can never be handled does not hold
    /// them up: the sweep checks its ticket or contact later.
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

    /// The sequence numbers of the records that failed.
    async fn fan_out(&self, records: &[Value]) -> Vec<String> {
        let records: Vec<_> = records.iter().map(ChangeRecord::of).collect();
        let now = self.clock.now();
        let (hints, queued) = mpsc::unbounded_channel();
        let batch = Batch::new(&self.projections, &records, hints);
        let events = batch.ticket_records();
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let words = index_words(&self.projections, &records, now).boxed();
        // Hints go while other tickets are still worked on; the queue is closed with the batch.
        let (mut failed, _, Indexed { failed: unindexed, grown }) =
            tokio::join!(batch.project(), self.queue.forward(queued), words);
        failed.extend(unindexed);
        failed.sort();
        failed.dedup();
        if failed.is_empty() {
            tokio::join!(self.counting.count(&events, now), self.compaction.compact(&grown, now));
        }
        failed
    }
}

/// Serves as a Lambda.
///
/// # Errors
/// When the configuration lacks something, or the Runtime API can't be reached.
pub async fn serve(config: Config) -> Result<(), Error> {
    let queue = HintQueue::sqs(&config)?;
    let fanout = Fanout::new(&aws::table(&config), queue, Clock::system());
    serve_batch(|event| fanout.handle(event)).await
}
