//! What comes due is found when it is due; a delivery is one sender's at a time.

use crate::support::{Table, workspace};
use lambdesk_domain::{
    events::{EventType, Subject},
    id::{ContactId, DeliveryId, EndpointId, EventId, TicketId, Version},
    status::Shelf,
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Jitter, Outcome},
};
use lambdesk_store_events::{Due, FollowUp};
use lambdesk_store_webhooks::Lease;
use lambdesk_table::keys;
use std::time::Duration;
use uuid::Uuid;

/// Ten minutes past an hour.
const NOW: Timestamp = Timestamp::from_millis(1_767_226_200_000);

fn ticket(number: u128) -> TicketId {
    TicketId::new(Uuid::from_u128(number))
}

fn endpoint() -> EndpointId {
    EndpointId::new(Uuid::from_u128(5))
}

fn delivery(number: u128, due: Timestamp) -> Delivery {
    Delivery {
        id: DeliveryId::new(Uuid::from_u128(number)),
        workspace_id: workspace(1),
        endpoint_id: endpoint(),
        event_id: EventId::new(Uuid::from_u128(number)),
        event_type: EventType::TicketUpdated,
        source: None,
        state: DeliveryState::Pending,
        next_attempt_at: due,
        attempts: Vec::new(),
        created_at: NOW,
    }
}

/// Everything due in the hours up to a time.
async fn due(store: &Store, from: Timestamp, until: Timestamp) -> Vec<Due> {
    let mut found = Vec::new();
    for hour in keys::hour(from)..=keys::hour(until) {
        for shard in 0..keys::DUE_SHARDS {
            let some = store.due_page((hour, shard), until, None, 100).await.expect("it is read").rows;
            assert!(some.is_sorted_by_key(time_of), "the earliest first");
            found.extend(some);
        }
    }
    found.sort_by_key(time_of);
    found
}

fn time_of(due: &Due) -> Timestamp {
    match due {
        Due::FollowUp { at, .. }
        | Due::Delivery { at, .. }
        | Due::Retry { at, .. }
        | Due::Job { at, .. }
        | Due::RetentionSweep { at, .. }
        | Due::PurgePending { at, .. }
        | Due::Compaction { at, .. } => *at,
    }
}

async fn put_follow_up(store: &Store, number: u128, version: u64, due: Timestamp) {
    let follow_up = FollowUp { due, shelf: Shelf::Live };
    store.put_follow_up(workspace(1), ticket(number), Version(version), follow_up, NOW).await.expect("it is written");
}

#[tokio::test]
async fn follow_ups_are_found_from_the_millisecond_on_at_which_they_are_due() {
    let table = Table::new().await;
    let times: Vec<_> = (0..20).map(|number| NOW.plus(Duration::from_mins(13 * number))).collect();
    for (number, time) in times.iter().enumerate() {
        put_follow_up(&table.store, number as u128, 1, *time).await;
    }
    for (index, time) in times.iter().enumerate() {
        let at = due(&table.store, NOW, *time).await;
        assert_eq!(at.iter().map(time_of).collect::<Vec<_>>(), times[..=index]);
        assert_eq!(at[index], Due::FollowUp { workspace: workspace(1), ticket: ticket(index as u128), at: *time });
        assert_eq!(due(&table.store, NOW, time.minus(Duration::from_millis(1))).await.len(), index);
    }
}

#[tokio::test]
async fn a_follow_up_in_the_past_is_found_where_the_sweep_still_looks() {
    let table = Table::new().await;
    let past = NOW.minus(Duration::from_hours(50));
    put_follow_up(&table.store, 1, 1, past).await;
    assert_eq!(due(&table.store, NOW, NOW).await.len(), 1);
    let kept = table.store.follow_up(workspace(1), ticket(1)).await.expect("it is read");
    assert_eq!(kept, Some(FollowUp { due: past, shelf: Shelf::Live }));
}

#[tokio::test]
async fn a_late_replay_does_not_bring_an_old_follow_up_back() {
    let table = Table::new().await;
    let [early, late] = [1, 2].map(|hours| NOW.plus(Duration::from_hours(hours)));
    put_follow_up(&table.store, 1, 5, late).await;
    put_follow_up(&table.store, 1, 3, early).await;
    let read = async || table.store.follow_up(workspace(1), ticket(1)).await.expect("it is read").map(|row| row.due);
    assert_eq!(read().await, Some(late));
    put_follow_up(&table.store, 1, 6, early).await;
    assert_eq!(read().await, Some(early));
    assert_eq!(due(&table.store, NOW, late).await.len(), 1, "it moved");
    table.store.remove_follow_up(workspace(1), ticket(1)).await.expect("it is removed");
    assert_eq!((read().await, due(&table.store, NOW, late).await.len()), (None, 0));
}

#[tokio::test]
async fn a_retry_is_due_until_it_is_cleared() {
    let table = Table::new().await;
    for of in [Subject::Ticket(ticket(1)), Subject::Contact(ContactId::new(Uuid::from_u128(1)))] {
        table.store.schedule_retry(workspace(1), of, NOW).await.expect("it is written");
        let row = Due::Retry { workspace: workspace(1), of, at: NOW };
        assert_eq!(due(&table.store, NOW, NOW).await, [row]);
        table.store.clear_retry(workspace(1), of, NOW).await.expect("it is removed");
        assert_eq!(due(&table.store, NOW, NOW).await, []);
    }
}

async fn lease(store: &Store, now: Timestamp, seconds: u64) -> (Lease, Option<Delivery>) {
    let lease = Lease { until: now.plus(Duration::from_secs(seconds)) };
    let id = DeliveryId::new(Uuid::from_u128(1));
    let taken = store.lease_delivery(workspace(1), endpoint(), id, now, lease).await.expect("the table is fine");
    (lease, taken)
}

#[tokio::test]
async fn of_two_who_lease_a_delivery_one_gets_it() {
    let table = Table::new().await;
    assert!(table.store.add_delivery(&delivery(1, NOW)).await.expect("it is written"));
    assert!(!table.store.add_delivery(&delivery(1, NOW)).await.expect("it is there"));
    let outcomes = futures_util::future::join_all((0..8).map(|_| lease(&table.store, NOW, 30))).await;
    let taken: Vec<_> = outcomes.into_iter().filter_map(|(_, taken)| taken).collect();
    assert_eq!(taken, [delivery(1, NOW)]);
}

#[tokio::test]
async fn a_lease_that_ended_can_be_taken_and_is_found_by_the_sweep() {
    let table = Table::new().await;
    table.store.add_delivery(&delivery(1, NOW)).await.expect("it is written");
    assert_eq!(lease(&table.store, NOW.minus(Duration::from_millis(1)), 30).await.1, None, "not due yet");
    let (first, taken) = lease(&table.store, NOW, 30).await;
    assert!(taken.is_some());
    assert_eq!(due(&table.store, NOW, NOW.plus(Duration::from_secs(29))).await, [], "not while it is leased");
    assert_eq!(due(&table.store, NOW, first.until).await.len(), 1);
    assert_eq!(lease(&table.store, first.until.minus(Duration::from_millis(1)), 30).await.1, None);
    let (second, taken) = lease(&table.store, first.until, 30).await;
    assert!(taken.is_some());
    let done = attempted(&delivery(1, NOW), 200);
    assert!(!table.store.finish_attempt(&done, first).await.expect("the table is fine"), "the first has lost it");
    assert!(table.store.finish_attempt(&done, second).await.expect("the table is fine"));
    assert!(!table.store.finish_attempt(&done, second).await.expect("the table is fine"), "nobody has it now");
    assert_eq!(lease(&table.store, NOW.plus(Duration::from_hours(1)), 30).await.1, None, "it is finished");
    assert_eq!(due(&table.store, NOW, NOW.plus(Duration::from_hours(2))).await, []);
    let kept = table.store.delivery(workspace(1), endpoint(), done.id).await.expect("it is read");
    assert_eq!(kept, Some(done));
}

fn attempted(delivery: &Delivery, status: u16) -> Delivery {
    let attempt = Attempt { at: NOW, duration_ms: 12, outcome: Outcome::Answered { status, retry_after: None } };
    delivery.after(attempt, Jitter::new(0.5))
}

#[tokio::test]
async fn a_failed_attempt_is_due_again_at_its_next_time() {
    let table = Table::new().await;
    table.store.add_delivery(&delivery(1, NOW)).await.expect("it is written");
    let (held, _) = lease(&table.store, NOW, 30).await;
    let failed = attempted(&delivery(1, NOW), 500);
    assert!(table.store.finish_attempt(&failed, held).await.expect("the table is fine"));
    let next = due(&table.store, NOW, failed.next_attempt_at).await;
    assert_eq!(next.iter().map(time_of).collect::<Vec<_>>(), [failed.next_attempt_at]);
    assert_eq!(lease(&table.store, failed.next_attempt_at, 30).await.1, Some(failed));
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_in_pages() {
    let table = Table::new().await;
    for number in 1..=7 {
        table.store.add_delivery(&delivery(number, NOW)).await.expect("it is written");
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = table.store.deliveries(workspace(1), endpoint(), before, 3).await.expect("it is read");
        seen.extend(page.items.iter().map(|delivery| delivery.id.uuid().as_u128()));
        before = page.items.last().map(|delivery| delivery.id);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    let other = table.store.deliveries(workspace(2), endpoint(), None, 3).await.expect("it is read");
    assert_eq!(other.items, []);
}

#[tokio::test]
async fn runs_of_the_sweep_are_told_newest_first() {
    let table = Table::new().await;
    for minute in [2_u64, 1, 3] {
        table.store.record_run(NOW.plus(Duration::from_mins(minute)), &minute).await.expect("it is written");
    }
    assert_eq!(table.store.runs::<u64>(2).await.expect("they are read"), [3, 2]);
    assert_eq!(table.store.sweep_state::<u64>().await.expect("it is read"), None);
    table.store.put_sweep_state(&7_u64).await.expect("it is written");
    assert_eq!(table.store.sweep_state::<u64>().await.expect("it is read"), Some(7));
}
