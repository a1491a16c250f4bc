//! The run itself: recorded, bounded, made up for.

use crate::support::SweepDesk;
use lambdesk_domain::sweep::Run;
use lambdesk_table::measured;
use lambdesk_testkit::Fault;
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn every_run_is_recorded_as_it_is_answered() {
    let desk = SweepDesk::open().await;
    desk.snoozed(HOUR).await;
    desk.run().await;
    desk.wait(HOUR);
    let answer = desk.sweep.handle(json!({ "source": "aws.events" })).await;
    let runs: Vec<Run> = desk.store.events.runs(5).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(json!(runs[0]), answer);
    assert_eq!((runs[0].started_at, runs[0].follow_ups.done), (desk.now(), 1));
}

#[tokio::test]
async fn a_run_without_time_does_nothing_and_the_next_one_all() {
    let desk = SweepDesk::open().await;
    let ticket = desk.snoozed(HOUR).await;
    desk.wait(HOUR);
    let run = desk.sweep.run(desk.now(), Duration::ZERO).await;
    assert_eq!((run.follow_ups.found, run.is_complete), (0, false));
    let run = desk.run().await;
    assert_eq!((run.follow_ups.done, run.is_complete), (1, true));
    assert_eq!(desk.ticket_now(ticket.id).await.follow_up_at, None);
}

#[tokio::test]
async fn what_came_due_during_an_outage_is_found_after_it() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = desk.snoozed(HOUR).await;
    desk.wait(60 * HOUR);
    let run = desk.run().await;
    assert_eq!(run.follow_ups.done, 1);
    assert!(run.lateness_ms.max >= 59 * 3_600_000);
    assert_eq!(desk.ticket_now(ticket.id).await.follow_up_at, None);
}

#[tokio::test]
async fn a_quiet_minute_reads_little_and_writes_its_record_alone() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let (_, usage) = measured(desk.run()).await;
    let count = |name| usage.operations.iter().filter(|operation| operation.name == name).count();
    assert_eq!((count("GetItem"), count("Query"), count("PutItem")), (1, 8, 1), "{usage:?}");
    assert_eq!(usage.round_trips(), 10);
}

#[tokio::test]
async fn a_table_that_is_away_is_an_error_in_the_run() {
    let desk = SweepDesk::open().await;
    desk.table.faults.naming("", Fault::Error("InternalServerError"));
    let run = desk.run().await;
    assert_eq!((run.errors, run.is_complete), (1, false));
}
