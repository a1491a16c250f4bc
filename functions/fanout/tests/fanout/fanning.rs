//! What becomes of a committed version.

use crate::support::{FanoutDesk, nothing_failed};
use lambdesk_domain::{
    access::Actor,
    command::{Fields, Update},
    events::{EventType, between},
    id::{TicketId, Version, WorkspaceId},
    set::Set,
    status::Status,
    testing::samples,
    webhook::{DeliveryState, Subscription},
};
use lambdesk_engine::Position;
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_store_events::Due;
use lambdesk_store_webhooks::delivery_of;
use lambdesk_testkit::TABLE;
use serde_json::Value;
use std::collections::HashMap;

#[tokio::test]
async fn every_version_becomes_its_event_and_a_hinted_delivery_for_each_endpoint_that_wants_it() {
    let desk = FanoutDesk::open().await;
    let all = desk.endpoint(&[Subscription::All]).await;
    let assigned = desk.endpoint(&[Subscription::Type(EventType::TicketAssigned)]).await;
    let first = desk.ticket().await;
    let second = desk.set_status_later(&first, Status::Resolved).await;
    assert_eq!(desk.fan_out(desk.opened).await, nothing_failed());

    let events = desk.store.events.activities(desk.workspace, first.id, None, 10).await.unwrap().items;
    assert_eq!(events, [between(Some(&first), &second), between(None, &first)]);
    let deliveries = desk.store.webhooks.deliveries(desk.workspace, all.id, None, 10).await.unwrap().items;
    let expected: Vec<_> = events.iter().map(|event| delivery_of(&event.clone().into(), &all, desk.now())).collect();
    assert_eq!(deliveries, expected);
    assert!(desk.store.webhooks.deliveries(desk.workspace, assigned.id, None, 10).await.unwrap().items.is_empty());
    let mut hints: Vec<_> = expected.iter().map(Hint::from).collect();
    hints.reverse();
    assert_eq!(desk.hints(), hints);
}

/// The keys of items that are not what they were at this place of the stream. Rows may
/// come and go in between.
fn changes(desk: &FanoutDesk, after: Position) -> Vec<Value> {
    let mut images: HashMap<String, (Value, Value)> = HashMap::new();
    for record in desk.table.engine.read_stream(TABLE, after, 1_000).unwrap() {
        let stream = &record.event["dynamodb"];
        let (old, new) = (stream["OldImage"].clone(), stream["NewImage"].clone());
        images.entry(stream["Keys"].to_string()).and_modify(|image| image.1 = new.clone()).or_insert((old, new));
    }
    images.into_iter().filter(|(_, (old, new))| old != new).map(|(key, _)| Value::from(key)).collect()
}

#[tokio::test]
async fn a_repeated_batch_changes_nothing_and_sends_its_hints_again() {
    let desk = FanoutDesk::open().await;
    desk.endpoint(&[Subscription::All]).await;
    let first = desk.ticket().await;
    let later = desk.now().plus(std::time::Duration::from_hours(1));
    let put_off = Fields::of([Set::FollowUpAt(Some(later))]);
    let second = desk.set_later(&first, put_off).await;
    desk.set_status_later(&second, Status::Closed).await;
    desk.fan_out(desk.opened).await;
    let (end, hints) = (desk.table.end_of_stream(), desk.hints());
    assert_eq!(hints.len(), 3);

    desk.wait(std::time::Duration::from_secs(90));
    assert_eq!(desk.fan_out(desk.opened).await, nothing_failed());
    // The places in the feed that were taken once more are given back.
    assert_eq!(changes(&desk, end), [] as [Value; 0]);
    assert_eq!(desk.hints(), hints);
}

#[tokio::test]
async fn a_finished_delivery_stays_finished_when_its_record_is_repeated() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    desk.ticket().await;
    desk.fan_out(desk.opened).await;
    let pending = desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 1).await.unwrap().items.remove(0);
    desk.store.webhooks.put_delivery(&pending.abandoned()).await.unwrap();

    desk.fan_out(desk.opened).await;
    let delivery = desk.store.webhooks.delivery(desk.workspace, endpoint.id, pending.id).await.unwrap().unwrap();
    assert_eq!(delivery.state, DeliveryState::Failed);
}

#[tokio::test]
async fn a_silent_change_is_logged_and_told_to_nobody() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ticket = desk.ticket().await;
    let end = desk.table.end_of_stream();
    let on_hold = Update::Fields(Box::new(Fields { status: Some(Status::OnHold), ..Fields::default() }));
    desk.change_later(&ticket, &on_hold, true).await;
    let usage = desk.measure(desk.table.batch(end)).await;
    // The event with its place, the rows of lists, and a look at what is to be counted.
    assert_eq!(usage.round_trips(), 4);

    let event = desk.store.events.event(desk.workspace, ticket.id, Version(2)).await.unwrap().unwrap();
    assert!(event.is_silent);
    assert!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items.is_empty());
    assert!(desk.hints().is_empty());
}

#[tokio::test]
async fn endpoints_of_other_workspaces_get_nothing() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let new = samples::new_ticket(WorkspaceId::new(new_uuid()), TicketId::new(new_uuid()));
    let other = desk.ticket_of(new, Actor::System).await;
    desk.fan_out(desk.opened).await;
    assert!(desk.store.events.event(other.workspace_id, other.id, Version::FIRST).await.unwrap().is_some());
    assert!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_new_delivery_is_due_at_once_so_that_a_lost_hint_is_found() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::TicketCreate]).await;
    desk.ticket().await;
    desk.fan_out(desk.opened).await;
    let rows = desk.store.due(desk.now()).await;
    assert!(matches!(rows[..], [Due::Delivery { endpoint: id, .. }] if id == endpoint.id), "{rows:?}");
}

#[tokio::test]
async fn a_record_costs_its_deliveries_its_event_and_one_read_of_endpoints_per_batch() {
    let desk = FanoutDesk::open().await;
    for _ in 0..2 {
        desk.endpoint(&[Subscription::All]).await;
    }
    desk.ticket().await;
    let alone = desk.table.batch(desk.opened);
    let usage = desk.measure(alone).await;
    // Endpoints and words, deliveries, rows and the event's place, the event; then a look at what is to be
    // counted, and at the search index and its manifest.
    assert_eq!((usage.round_trips(), usage.depth()), (2 + 4 + 1 + 3, 5), "{usage:?}");

    let end = desk.table.end_of_stream();
    for _ in 0..3 {
        desk.ticket().await;
    }
    let three = desk.table.batch(end);
    let usage = desk.measure(three).await;
    let reads = usage.operations.iter().filter(|operation| operation.name == "Query").count();
    assert_eq!((reads, usage.round_trips()), (3, 2 + 3 * 5 + 3), "{usage:?}");
}
