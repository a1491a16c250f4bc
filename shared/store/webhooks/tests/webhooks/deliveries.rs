//! Deliveries: one sender's at a time, due again after a failure, listed newest first.

use lambdesk_domain::{
    events::EventType,
    id::{DeliveryId, EndpointId, EventId},
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Jitter, Outcome},
};
use lambdesk_store_events::Due;
use lambdesk_store_webhooks::{Lease, Webhooks};
use lambdesk_table::keys;
use lambdesk_testkit::{TestTable, workspace};
use std::time::Duration;
use uuid::Uuid;

/// Ten minutes past an hour.
const NOW: Timestamp = Timestamp::from_millis(1_767_226_200_000);

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

/// When the deliveries are due that the sweep finds in the hours up to a time, the
/// earliest first.
async fn due(table: &TestTable, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut found = Vec::new();
    for hour in keys::hour(from)..=keys::hour(until) {
        for shard in 0..keys::DUE_SHARDS {
            let page = table.store.events.due_page((hour, shard), until, None, 100).await.expect("it is read");
            found.extend(page.rows.into_iter().map(|row| match row {
                Due::Delivery { at, .. } => at,
                other => panic!("no delivery: {other:?}"),
            }));
        }
    }
    found.sort_unstable();
    found
}

async fn lease(webhooks: &Webhooks, now: Timestamp, seconds: u64) -> (Lease, Option<Delivery>) {
    let lease = Lease { until: now.plus(Duration::from_secs(seconds)) };
    let id = DeliveryId::new(Uuid::from_u128(1));
    let taken = webhooks.lease_delivery(workspace(1), endpoint(), id, now, lease).await.expect("the table is fine");
    (lease, taken)
}

#[tokio::test]
async fn of_two_who_lease_a_delivery_one_gets_it() {
    let table = TestTable::new().await;
    assert!(table.store.webhooks.add_delivery(&delivery(1, NOW)).await.expect("it is written"));
    assert!(!table.store.webhooks.add_delivery(&delivery(1, NOW)).await.expect("it is there"));
    let outcomes = futures_util::future::join_all((0..8).map(|_| lease(&table.store.webhooks, NOW, 30))).await;
    let taken: Vec<_> = outcomes.into_iter().filter_map(|(_, taken)| taken).collect();
    assert_eq!(taken, [delivery(1, NOW)]);
}

#[tokio::test]
async fn a_lease_that_ended_can_be_taken_and_is_found_by_the_sweep() {
    let table = TestTable::new().await;
    table.store.webhooks.add_delivery(&delivery(1, NOW)).await.expect("it is written");
    assert_eq!(lease(&table.store.webhooks, NOW.minus(Duration::from_millis(1)), 30).await.1, None, "not due yet");
    let (first, taken) = lease(&table.store.webhooks, NOW, 30).await;
    assert!(taken.is_some());
    assert_eq!(due(&table, NOW, NOW.plus(Duration::from_secs(29))).await, [], "not while it is leased");
    assert_eq!(due(&table, NOW, first.until).await.len(), 1);
    assert_eq!(lease(&table.store.webhooks, first.until.minus(Duration::from_millis(1)), 30).await.1, None);
    let (second, taken) = lease(&table.store.webhooks, first.until, 30).await;
    assert!(taken.is_some());
    let done = attempted(&delivery(1, NOW), 200);
    assert!(
        !table.store.webhooks.finish_attempt(&done, first).await.expect("the table is fine"),
        "the first has lost it"
    );
    assert!(table.store.webhooks.finish_attempt(&done, second).await.expect("the table is fine"));
    assert!(!table.store.webhooks.finish_attempt(&done, second).await.expect("the table is fine"), "nobody has it now");
    assert_eq!(lease(&table.store.webhooks, NOW.plus(Duration::from_hours(1)), 30).await.1, None, "it is finished");
    assert_eq!(due(&table, NOW, NOW.plus(Duration::from_hours(2))).await, []);
    let kept = table.store.webhooks.delivery(workspace(1), endpoint(), done.id).await.expect("it is read");
    assert_eq!(kept, Some(done));
}

fn attempted(delivery: &Delivery, status: u16) -> Delivery {
    let attempt = Attempt { at: NOW, duration_ms: 12, outcome: Outcome::Answered { status, retry_after: None } };
    delivery.after(attempt, Jitter::new(0.5))
}

#[tokio::test]
async fn a_failed_attempt_is_due_again_at_its_next_time() {
    let table = TestTable::new().await;
    table.store.webhooks.add_delivery(&delivery(1, NOW)).await.expect("it is written");
    let (held, _) = lease(&table.store.webhooks, NOW, 30).await;
    let failed = attempted(&delivery(1, NOW), 500);
    assert!(table.store.webhooks.finish_attempt(&failed, held).await.expect("the table is fine"));
    let next = due(&table, NOW, failed.next_attempt_at).await;
    assert_eq!(next, [failed.next_attempt_at]);
    assert_eq!(lease(&table.store.webhooks, failed.next_attempt_at, 30).await.1, Some(failed));
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_in_pages() {
    let table = TestTable::new().await;
    for number in 1..=7 {
        table.store.webhooks.add_delivery(&delivery(number, NOW)).await.expect("it is written");
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = table.store.webhooks.deliveries(workspace(1), endpoint(), before, 3).await.expect("it is read");
        seen.extend(page.items.iter().map(|delivery| delivery.id.uuid().as_u128()));
        before = page.items.last().map(|delivery| delivery.id);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    let other = table.store.webhooks.deliveries(workspace(2), endpoint(), None, 3).await.expect("it is read");
    assert_eq!(other.items, []);
}
