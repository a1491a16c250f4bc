//! What comes due is found when it is due.

use lambdesk_domain::{
    events::EventSubject,
    id::{ContactId, TicketId, Version},
    status::Lifecycle,
    time::Timestamp,
};
use lambdesk_store_events::{Due, Events, FollowUp};
use lambdesk_table::keys;
use lambdesk_testkit::{Fault, TestTable, workspace};
use std::time::Duration;
use uuid::Uuid;

/// Ten minutes past an hour.
const NOW: Timestamp = Timestamp::from_millis(1_767_226_200_000);

fn ticket(number: u128) -> TicketId {
    TicketId::new(Uuid::from_u128(number))
}

/// Everything due in the hours up to a time.
async fn due(events: &Events, from: Timestamp, until: Timestamp) -> Vec<Due> {
    let mut found = Vec::new();
    for hour in keys::hour(from)..=keys::hour(until) {
        for shard in 0..keys::DUE_SHARDS {
            let some = events.due_page((hour, shard), until, None, 100).await.expect("it is read").rows;
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
        | Due::Cascade { at, .. }
        | Due::RetentionSweep { at, .. }
        | Due::PurgePending { at, .. }
        | Due::Compaction { at, .. } => *at,
    }
}

async fn put_follow_up(events: &Events, number: u128, version: u64, due: Timestamp) {
    let follow_up = FollowUp { due, lifecycle: Lifecycle::Live };
    events.put_follow_up(workspace(1), ticket(number), Version(version), follow_up, NOW).await.expect("it is written");
}

#[tokio::test]
async fn follow_ups_are_found_from_the_millisecond_on_at_which_they_are_due() {
    let table = TestTable::new().await;
    let times: Vec<_> = (0..20).map(|number| NOW.plus(Duration::from_mins(13 * number))).collect();
    for (number, time) in times.iter().enumerate() {
        put_follow_up(&table.store.events, number as u128, 1, *time).await;
    }
    for (index, time) in times.iter().enumerate() {
        let at = due(&table.store.events, NOW, *time).await;
        assert_eq!(at.iter().map(time_of).collect::<Vec<_>>(), times[..=index]);
        assert_eq!(at[index], Due::FollowUp { workspace: workspace(1), ticket: ticket(index as u128), at: *time });
        assert_eq!(due(&table.store.events, NOW, time.minus(Duration::from_millis(1))).await.len(), index);
    }
}

#[tokio::test]
async fn a_follow_up_in_the_past_is_found_where_the_sweep_still_looks() {
    let table = TestTable::new().await;
    let past = NOW.minus(Duration::from_hours(50));
    put_follow_up(&table.store.events, 1, 1, past).await;
    assert_eq!(due(&table.store.events, NOW, NOW).await.len(), 1);
    let kept = table.store.events.follow_up(workspace(1), ticket(1)).await.expect("it is read");
    assert_eq!(kept, Some(FollowUp { due: past, lifecycle: Lifecycle::Live }));
}

#[tokio::test]
async fn a_late_replay_does_not_bring_an_old_follow_up_back() {
    let table = TestTable::new().await;
    let [early, late] = [1, 2].map(|hours| NOW.plus(Duration::from_hours(hours)));
    put_follow_up(&table.store.events, 1, 5, late).await;
    put_follow_up(&table.store.events, 1, 3, early).await;
    let read =
        async || table.store.events.follow_up(workspace(1), ticket(1)).await.expect("it is read").map(|row| row.due);
    assert_eq!(read().await, Some(late));
    put_follow_up(&table.store.events, 1, 6, early).await;
    assert_eq!(read().await, Some(early));
    assert_eq!(due(&table.store.events, NOW, late).await.len(), 1, "it moved");
    table.store.events.remove_follow_up(workspace(1), ticket(1)).await.expect("it is removed");
    assert_eq!((read().await, due(&table.store.events, NOW, late).await.len()), (None, 0));
}

#[tokio::test]
async fn a_follow_up_waits_for_the_transactions_that_hold_it() {
    const BUSY: Fault = Fault::Error("TransactionConflictException");
    let table = TestTable::new().await;
    table.faults.next([BUSY; 2]);
    put_follow_up(&table.store.events, 1, 1, NOW).await;
    table.faults.next([BUSY; 2]);
    table.store.events.remove_follow_up(workspace(1), ticket(1)).await.expect("it is removed in the end");
    assert_eq!(table.size().await, 0);
}

#[tokio::test]
async fn a_retry_is_due_until_it_is_cleared() {
    let table = TestTable::new().await;
    for of in [EventSubject::Ticket(ticket(1)), EventSubject::Contact(ContactId::new(Uuid::from_u128(1)))] {
        table.store.events.schedule_retry(workspace(1), of, NOW).await.expect("it is written");
        let row = Due::Retry { workspace: workspace(1), of, at: NOW };
        assert_eq!(due(&table.store.events, NOW, NOW).await, [row]);
        table.store.events.clear_retry(workspace(1), of, NOW).await.expect("it is removed");
        assert_eq!(due(&table.store.events, NOW, NOW).await, []);
    }
}

#[tokio::test]
async fn runs_of_the_sweep_are_told_newest_first() {
    let table = TestTable::new().await;
    for minute in [2_u64, 1, 3] {
        table.store.events.record_run(NOW.plus(Duration::from_mins(minute)), &minute).await.expect("it is written");
    }
    assert_eq!(table.store.events.runs::<u64>(2).await.expect("they are read"), [3, 2]);
}

#[tokio::test]
async fn of_two_runs_of_the_sweep_that_overlap_the_first_to_end_is_remembered() {
    let table = TestTable::new().await;
    let events = &table.store.events;
    let read = async || events.sweep_state::<u64>().await.expect("it is read");
    assert!(read().await.state.is_none());
    assert!(events.put_sweep_state(&1_u64, None, None).await.expect("it is written"));
    assert!(!events.put_sweep_state(&2_u64, None, None).await.expect("it is refused"), "both were the first");
    events.request_reconcile(NOW).await.expect("it is written");
    let both = read().await;
    assert!(events.put_sweep_state(&3_u64, both.state.as_ref(), None).await.expect("it is written"));
    let late = events.put_sweep_state(&4_u64, both.state.as_ref(), both.lost_since).await;
    assert!(!late.expect("it is refused"));
    let kept = read().await;
    assert_eq!(
        (kept.state.as_ref().map(|state| state.value), kept.lost_since),
        (Some(3), Some(NOW)),
        "still asked for"
    );
    assert!(events.put_sweep_state(&5_u64, kept.state.as_ref(), kept.lost_since).await.expect("it is written"));
    assert_eq!(read().await.lost_since, None);
}
