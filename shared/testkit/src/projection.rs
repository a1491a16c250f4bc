//! What follows from changes, for tests of functions that read it: the fan-out's own work.

use crate::desk::Desk;
use lambdesk_engine::Position;
use lambdesk_fanout::Fanout;
use lambdesk_runtime::HintQueue;
use serde_json::json;

impl Desk {
    /// Hands the fan-out every change so far, at most 1,000 records of the stream. Doing it
    /// again changes nothing. An event's place in the feed is the time at which it is
    /// projected first.
    pub async fn project(&self) {
        let (queue, _hints) = HintQueue::local(1_000);
        let fanout = Fanout::new(&self.table.table, queue, self.clock.clone());
        let answer = fanout.handle(self.table.batch(Position::START)).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }
}
