//! What follows from changes, for tests of functions that read it: the fan-out's own work.

use crate::desk::Desk;
use lambdesk_engine::Position;
use lambdesk_fanout::Fanout;
use lambdesk_runtime::HintQueue;
use serde_json::{Value as Json, json};

impl Desk {
    /// Hands the fan-out every change so far, at most 1,000 records of the stream. Doing it
    /// again changes nothing. An event's place in the feed is the time at which it is
    /// projected first.
    pub async fn project(&self) {
        self.handle(self.table.batch(Position::START)).await;
    }

    /// Hands the fan-out these records of the stream.
    pub async fn project_records(&self, records: &[Json]) {
        self.handle(json!({ "Records": records })).await;
    }

    async fn handle(&self, batch: Json) {
        let (queue, _hints) = HintQueue::local(1_000);
        let fanout = Fanout::new(&self.table.table, queue, self.clock.clone());
        let answer = Box::pin(fanout.handle(batch)).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }
}
