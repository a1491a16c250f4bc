//! How soon a webhook follows a commit.

use crate::{
    receiver::Receiver,
    report::{Cell, Table},
    sample::Times,
    targets::{self, Targets},
};
use lambdesk_tests::{Desk, json};
use std::{thread, time::Instant};
use tokio::runtime::Runtime;

/// Tickets, one after the other.
const SAMPLES: usize = 100;

/// Over the whole local stack: HTTP, table, stream, fanout, queue, deliver. On
/// several threads, as `make run` runs it.
pub fn table(targets: &mut Targets) -> Table {
    let measured = thread::spawn(|| Runtime::new().unwrap().block_on(measure()));
    let times = measured.join().expect("a stack that fails ends the benchmark");
    let title = "From commit to the first byte of the webhook, local stack";
    let mut table = Table::new("webhook", title, &["from", "samples", "p50 ms", "p99 ms"]);
    targets.hold("commit to first webhook byte, p50 ms", times.answered.median(), targets::WEBHOOK, 1);
    for (from, times) in [("the write's answer", times.answered), ("the write's request", times.asked)] {
        table.row([
            from.into(),
            times.count().into(),
            Cell::Figure(times.median(), 1),
            Cell::Figure(times.percentile(99), 1),
        ]);
    }
    table.note(
        "The local stack looks at an empty stream every 10 ms; Lambda polls a real one about four times a second.",
    );
    table
}

/// Until the first byte, since the write was asked for and since it was answered.
struct Since {
    asked: Times,
    answered: Times,
}

async fn measure() -> Since {
    let desk = Desk::start().await;
    let mut receiver = Receiver::start().await;
    let endpoint = json!({"url": receiver.url, "types": ["ticket.created"]});
    desk.owner.post("/v1/webhooks", endpoint).await.created();
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let sent = Instant::now();
        desk.ticket("A subject of ordinary length").await;
        let committed = Instant::now();
        let arrived = receiver.first_byte().await;
        asked.push(arrived.saturating_duration_since(sent));
        answered.push(arrived.saturating_duration_since(committed));
    }
    Since { asked: asked.into_iter().collect(), answered: answered.into_iter().collect() }
}
