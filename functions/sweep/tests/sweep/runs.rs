//! The run itself: recorded, bounded, made up for.

use crate::support::{Desk, store_at};
use lambdesk_domain::sweep::Run;
use lambdesk_runtime::{Clock, HintQueue, now};
use lambdesk_sweep::{BUDGET, Sweep};
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn every_run_is_recorded_as_it_is_answered() {
    let desk = Desk::open().await;
    desk.put_off(HOUR).await;
    desk.run().await;
    desk.clock.advance(HOUR);
    let answer = desk.sweep.handle(json!({ "source": "aws.events" })).await;
    let runs: Vec<Run> = desk.store.runs(5).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(json!(runs[0]), answer);
    assert_eq!((runs[0].started_at, runs[0].follow_ups.done), (desk.clock.now(), 1));
}

#[tokio::test]
async fn a_run_without_time_does_nothing_and_the_next_one_all() {
    let desk = Desk::open().await;
    let ticket = desk.put_off(HOUR).await;
    desk.clock.advance(HOUR);
    let run = desk.sweep.run(desk.clock.now(), Duration::ZERO).await;
    assert_eq!((run.follow_ups.found, run.is_complete), (0, false));
    let run = desk.run().await;
    assert_eq!((run.follow_ups.done, run.is_complete), (1, true));
    assert_eq!(desk.now(&ticket).await.follow_up_at, None);
}

#[tokio::test]
async fn what_came_due_during_an_outage_is_found_after_it() {
    let desk = Desk::open().await;
    desk.run().await;
    let ticket = desk.put_off(HOUR).await;
    desk.clock.advance(60 * HOUR);
    let run = desk.run().await;
    assert_eq!(run.follow_ups.done, 1);
    assert!(run.lateness_ms.max >= 59 * 3_600_000);
    assert_eq!(desk.now(&ticket).await.follow_up_at, None);
}

#[tokio::test]
async fn a_quiet_minute_reads_little_and_writes_its_record_alone() {
    let desk = Desk::open().await;
    desk.run().await;
    let metered = desk.store.metered();
    let (queue, _) = HintQueue::local(1);
    Sweep::new(metered.clone(), queue, desk.clock.clone()).run(desk.clock.now(), BUDGET).await;
    let usage = metered.usage();
    let count = |name| usage.operations.iter().filter(|operation| operation.name == name).count();
    assert_eq!((count("GetItem"), count("Query"), count("PutItem")), (1, 8, 1), "{usage:?}");
    assert_eq!(usage.round_trips(), 10);
}

#[tokio::test]
async fn a_table_that_is_away_is_an_error_in_the_run() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (queue, _) = HintQueue::local(1);
    let run = Sweep::new(store_at(&nobody), queue, Clock::system()).run(now(), BUDGET).await;
    assert_eq!((run.errors, run.is_complete), (1, false));
}
