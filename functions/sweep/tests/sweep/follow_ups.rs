//! Follow-ups that come due.

use crate::support::SweepDesk;
use futures_util::{StreamExt as _, future::ready, stream};
use lambdesk_domain::{
    command::Update,
    directory::Days,
    events::EventType,
    id::{TicketId, Version},
    status::Lifecycle,
    sweep::RunTally,
};
use lambdesk_runtime::new_uuid;
use lambdesk_store_events::FollowUp;
use std::{pin::pin, time::Duration};

const HOUR: Duration = Duration::from_hours(1);

fn tally(found: u64, done: u64, skipped: u64) -> RunTally {
    RunTally { found, done, skipped }
}

#[tokio::test]
async fn a_follow_up_comes_back_when_it_is_due_and_once() {
    let desk = SweepDesk::open().await;
    let ticket = desk.snoozed(HOUR).await;
    desk.wait(Duration::from_millis(3_599_999));
    assert_eq!(desk.run().await.follow_ups, tally(0, 0, 0));

    desk.wait(Duration::from_millis(5_001));
    let run = desk.run().await;
    assert_eq!((run.follow_ups, run.errors, run.is_complete), (tally(1, 1, 0), 0, true));
    assert!(run.lateness_ms.max >= 5_000 && run.lateness_ms.p50 == run.lateness_ms.max);
    let back = desk.ticket_now(ticket.id).await;
    assert_eq!((back.follow_up_at, back.version), (None, ticket.version.next()));
    assert!(back.last_activity_at >= desk.now());

    assert_eq!(desk.run().await.follow_ups, tally(0, 0, 0));
    desk.project_all(ticket.id).await;
    let event = desk.store.events.event(desk.workspace, ticket.id, back.version).await.unwrap().unwrap();
    assert_eq!(event.kind, EventType::TicketFollowUpDue);
}

#[tokio::test]
async fn overlapping_runs_bring_it_back_once() {
    let desk = SweepDesk::open().await;
    let ticket = desk.snoozed(HOUR).await;
    desk.wait(HOUR);
    let runs = tokio::join!(desk.run(), desk.run(), desk.run());
    assert_eq!([runs.0, runs.1, runs.2].iter().map(|run| run.follow_ups.done).sum::<u64>(), 1);
    assert_eq!(desk.ticket_now(ticket.id).await.version, ticket.version.next());
    assert_eq!(desk.run().await.follow_ups, tally(0, 0, 0));
}

#[tokio::test]
async fn a_follow_up_of_an_archived_ticket_comes_due_where_it_lies() {
    let desk = SweepDesk::open().await;
    let ticket = desk.snoozed(HOUR).await;
    let ticket = desk.apply(&ticket, &Update::Archive).await;
    desk.wait(HOUR);
    assert_eq!(desk.run().await.follow_ups, tally(1, 1, 0));
    let back = desk.ticket_now(ticket.id).await;
    assert_eq!((back.follow_up_at, back.lifecycle), (None, Lifecycle::Archived));
}

#[tokio::test]
async fn a_follow_up_stays_due_whenever_its_ticket_changes_during_a_run() {
    for requests in 1..50 {
        let desk = SweepDesk::open().await;
        desk.run().await;
        let ticket = desk.snoozed(HOUR).await;
        let ticket = desk.apply(&ticket, &Update::Archive).await;
        // In an hour that is not looked at again once it was served.
        desk.wait(3 * HOUR);
        let mut run = pin!(desk.run());
        if !desk.is_halted(run.as_mut(), requests).await {
            assert!(requests > 5, "it was halted before");
            break;
        }
        desk.apply(&ticket, &Update::Restore(Days::OF_TRASH)).await;
        run.await;
        desk.run().await;
        assert_eq!(desk.ticket_now(ticket.id).await.follow_up_at, None, "after {requests} requests");
    }
}

#[tokio::test]
async fn a_follow_up_that_had_passed_when_it_was_set_comes_back_at_once() {
    let desk = SweepDesk::open().await;
    let ticket = desk.ticket().await;
    let past = desk.now().minus(Duration::from_hours(90));
    let ticket = desk.follow_up(&ticket, Some(past)).await;
    desk.project_all(ticket.id).await;
    let run = desk.run().await;
    assert_eq!(run.follow_ups, tally(1, 1, 0));
    assert!(run.lateness_ms.max >= 90 * 3_600_000);
    assert_eq!(desk.ticket_now(ticket.id).await.follow_up_at, None);
}

#[tokio::test]
async fn a_row_that_is_behind_its_ticket_is_put_right() {
    let desk = SweepDesk::open().await;
    let moved = desk.snoozed(HOUR).await;
    let moved = desk.follow_up(&moved, Some(desk.now().plus(3 * HOUR))).await;
    let cleared = desk.snoozed(HOUR).await;
    let cleared = desk.follow_up(&cleared, None).await;

    desk.wait(HOUR);
    assert_eq!(desk.run().await.follow_ups, tally(2, 0, 2));
    assert_eq!(desk.run().await.follow_ups, tally(0, 0, 0));
    assert_eq!(desk.ticket_now(moved.id).await, moved);
    assert_eq!(desk.ticket_now(cleared.id).await, cleared);

    desk.wait(2 * HOUR);
    assert_eq!(desk.run().await.follow_ups, tally(1, 1, 0));
    assert_eq!(desk.ticket_now(moved.id).await.follow_up_at, None);
}

#[tokio::test]
async fn a_follow_up_that_is_set_again_meanwhile_is_kept() {
    let desk = SweepDesk::open().await;
    let ticket = desk.snoozed(HOUR).await;
    desk.wait(HOUR);
    desk.run().await;
    let back = desk.ticket_now(ticket.id).await;
    let again = desk.follow_up(&back, Some(desk.now().plus(HOUR))).await;
    desk.project_all(ticket.id).await;
    // The version that the sweep made is told late, by a repetition.
    let records = desk.item_records(ticket.id);
    desk.project_records(&records[2..3]).await;
    desk.wait(HOUR);
    assert_eq!(desk.run().await.follow_ups, tally(1, 1, 0));
    assert_eq!(desk.ticket_now(again.id).await.follow_up_at, None);
}

#[tokio::test]
async fn the_row_of_a_ticket_that_is_gone_is_removed() {
    let desk = SweepDesk::open().await;
    let (now, nobody) = (desk.now(), TicketId::new(new_uuid()));
    let follow_up = FollowUp { due: now, lifecycle: Lifecycle::Live };
    desk.store.events.put_follow_up(desk.workspace, nobody, Version(2), follow_up, now).await.unwrap();
    assert_eq!(desk.run().await.follow_ups, tally(1, 0, 1));
    assert_eq!(desk.run().await.follow_ups, tally(0, 0, 0));
}

#[tokio::test]
async fn more_than_a_page_of_them_comes_back_in_one_run() {
    let desk = SweepDesk::open().await;
    let now = desk.now();
    // Four shards with pages of 100.
    let many = stream::iter(0..450).map(async |_| {
        let ticket = desk.ticket_due(Some(now.plus(HOUR))).await;
        desk.store.events.project_follow_up(&ticket, now).await.unwrap();
        ticket
    });
    let tickets: Vec<_> = many.buffer_unordered(16).collect().await;
    desk.wait(HOUR);
    let run = desk.run().await;
    assert_eq!((run.follow_ups.found, run.is_complete), (450, true));
    let left = stream::iter(&tickets).map(|ticket| desk.ticket_now(ticket.id)).buffer_unordered(16);
    assert_eq!(left.filter(|ticket| ready(ticket.follow_up_at.is_some())).count().await, 0);
}
