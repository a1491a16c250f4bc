//! Events that the stream lost: the retry and the nightly reconcile request them.

use crate::support::SweepDesk;
use lambdesk_domain::{events::EventSubject, status::Status, ticket::Ticket, time::Timestamp};
use lambdesk_store_events::Due;
use lambdesk_table::{Tenant, item::primary};
use std::time::Duration;

/// A ticket with four versions; the stream brought those with an index in `brought`.
async fn ticket_of(desk: &SweepDesk, brought: &[usize]) -> Ticket {
    let mut ticket = desk.ticket().await;
    for status in [Status::InProgress, Status::Waiting, Status::Resolved] {
        desk.wait(Duration::from_mins(1));
        ticket = desk.apply_status(&ticket, status).await;
    }
    let records = desk.item_records(ticket.id);
    for index in brought {
        desk.project_records(&records[*index..=*index]).await;
    }
    ticket
}

async fn sequences(desk: &SweepDesk, ticket: &Ticket) -> Vec<u64> {
    let events = desk.store.events.activities(desk.workspace, ticket.id, None, 20).await.unwrap().items;
    events.iter().rev().map(|event| event.sequence.0).collect()
}

/// Of what backfills were requested.
fn requested(desk: &SweepDesk) -> Vec<EventSubject> {
    desk.requests().into_iter().map(|(subject, _)| subject).collect()
}

async fn retry(desk: &SweepDesk, ticket: &Ticket, after: Duration) {
    let at = desk.now().plus(after);
    desk.store.events.schedule_retry(desk.workspace, EventSubject::Ticket(ticket.id), at).await.unwrap();
}

#[tokio::test]
async fn the_reconcile_requests_a_version_that_the_stream_lost_and_writes_nothing_of_it() {
    let desk = SweepDesk::open().await;
    let ticket = ticket_of(&desk, &[0, 2, 3]).await;
    let endpoint = desk.endpoint_of_all().await;
    let run = desk.run().await;
    assert_eq!((run.reconciled.found, run.reconciled.done, run.reconciled.is_complete), (1, 1, true));

    let [(subject, request)] = desk.requests()[..] else { panic!("{:?}", desk.requests()) };
    assert_eq!(subject, EventSubject::Ticket(ticket.id));
    assert_eq!(request.window.since, Timestamp::EPOCH, "nothing was ever checked");
    let settling = Duration::from_mins(5);
    assert!((run.started_at..=run.ended_at).contains(&request.window.settled_before.plus(settling)), "{request:?}");
    assert_eq!(sequences(&desk, &ticket).await, [1, 3, 4]);
    assert_eq!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 5).await.unwrap().items, []);
    assert_eq!(desk.hints(), []);
}

#[tokio::test]
async fn the_latest_versions_are_given_five_minutes_to_come() {
    let desk = SweepDesk::open().await;
    desk.wait(Duration::from_hours(5));
    let ticket = ticket_of(&desk, &[0]).await;
    desk.wait(Duration::from_mins(4));
    assert_eq!(desk.run().await.reconciled.done, 0);
    assert_eq!(requested(&desk), []);

    // The next night.
    desk.wait(Duration::from_hours(7));
    let run = desk.run().await;
    assert!(!run.reconciled.is_complete);
    desk.wait(Duration::from_hours(24));
    let run = desk.run().await;
    assert_eq!((run.reconciled.done, run.reconciled.is_complete), (3, true));
    assert_eq!(requested(&desk), [EventSubject::Ticket(ticket.id)]);
}

#[tokio::test]
async fn what_was_lost_long_before_a_sweep_that_stood_still_is_requested() {
    let desk = SweepDesk::open().await;
    let ended = desk.run().await.started_at;
    let ticket = ticket_of(&desk, &[0, 2, 3]).await;
    desk.wait(Duration::from_hours(300));
    assert_eq!(desk.run().await.reconciled.done, 1);
    let (of, request) = desk.requests()[0];
    assert_eq!((of, request.window.since), (EventSubject::Ticket(ticket.id), ended.minus(Duration::from_hours(48))));
}

#[tokio::test]
async fn a_ticket_with_all_its_events_is_left_alone() {
    let desk = SweepDesk::open().await;
    ticket_of(&desk, &[0, 1, 2, 3]).await;
    let run = desk.run().await;
    assert_eq!((run.reconciled.found, run.reconciled.done), (1, 0));
    assert_eq!(requested(&desk), []);
}

#[tokio::test]
async fn a_retry_is_done_when_it_is_due_and_goes_away() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = ticket_of(&desk, &[0, 2]).await;
    retry(&desk, &ticket, Duration::from_mins(5)).await;
    assert_eq!(desk.run().await.rechecks.found, 0);

    desk.wait(Duration::from_mins(5) + Duration::from_secs(1));
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.done), (1, 1));
    assert_eq!(requested(&desk), [EventSubject::Ticket(ticket.id)]);
    desk.wait(Duration::from_hours(1));
    assert_eq!(desk.run().await.rechecks.found, 0);
}

#[tokio::test]
async fn a_retry_waits_while_the_ticket_still_changes() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = ticket_of(&desk, &[0]).await;
    retry(&desk, &ticket, Duration::ZERO).await;
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.skipped), (1, 1));
    assert_eq!(requested(&desk), []);
    desk.wait(Duration::from_mins(6));
    assert_eq!(desk.run().await.rechecks.done, 1);
    assert_eq!(requested(&desk), [EventSubject::Ticket(ticket.id)]);
}

#[tokio::test]
async fn a_retry_that_waits_requests_what_is_surely_lost() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = ticket_of(&desk, &[0, 2]).await;
    retry(&desk, &ticket, Duration::ZERO).await;
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.skipped), (1, 1));
    assert_eq!(requested(&desk), [EventSubject::Ticket(ticket.id)]);
}

#[tokio::test]
async fn a_retry_of_a_ticket_that_cannot_be_read_is_due_again_in_an_hour() {
    let desk = SweepDesk::open().await;
    let ticket = ticket_of(&desk, &[0]).await;
    desk.table.put(primary(Tenant::new(desk.workspace).ticket(ticket.id))).await;
    retry(&desk, &ticket, Duration::ZERO).await;
    let run = desk.run().await;
    assert_eq!((run.rechecks.skipped, run.errors), (1, 0));
    let [Due::Retry { at, .. }] = desk.store.due(desk.now().plus(Duration::from_hours(2))).await[..] else {
        panic!("one retry");
    };
    assert!((run.started_at..=run.ended_at).contains(&at.minus(Duration::from_hours(1))), "{at}");
    assert_eq!(requested(&desk), []);
}

#[tokio::test]
async fn a_retry_looks_back_from_its_own_time_however_late_the_sweep_comes() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = ticket_of(&desk, &[0, 2]).await;
    let at = desk.now();
    retry(&desk, &ticket, Duration::ZERO).await;
    desk.wait(Duration::from_hours(100));
    desk.run().await;
    let (_, request) = desk.requests()[0];
    assert_eq!(request.window.since, at.minus(Duration::from_hours(48)));
}

#[tokio::test]
async fn a_retry_puts_back_the_row_of_a_follow_up() {
    let desk = SweepDesk::open().await;
    let ticket = desk.snoozed(Duration::from_hours(5)).await;
    desk.store.events.remove_follow_up(desk.workspace, ticket.id).await.unwrap();
    desk.wait(Duration::from_mins(6));
    retry(&desk, &ticket, Duration::ZERO).await;
    assert_eq!(desk.run().await.rechecks.done, 1);
    assert!(desk.store.events.follow_up(desk.workspace, ticket.id).await.unwrap().is_some());
}
