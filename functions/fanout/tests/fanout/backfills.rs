//! Requests that the events of a ticket or contact be backfilled.

use crate::{
    contacts::{LIFE, blocked, created, erased, events_of, kinds},
    support::{FanoutDesk, nothing_failed},
};
use lambdesk_domain::{
    command::{Fields, Update},
    directory::DeletionPolicy,
    events::{EventSubject, EventType, TicketEvent, UNKNOWN_FIELD, between},
    id::{TeamId, TicketId},
    set::Set,
    status::Status,
    ticket::Ticket,
    time::Timestamp,
    webhook::Subscription,
};
use lambdesk_engine::Position;
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_store_events::{BackfillRequest, ChangeRecord, Due, GapWindow, StreamChange, TicketPart};
use lambdesk_table::keys::IndexedValue;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// The records of ticket items that the stream has after a position.
fn item_records(desk: &FanoutDesk, after: Position) -> Vec<Value> {
    let records = desk.table.batch(after)["Records"].take();
    let records = records.as_array().unwrap().iter().cloned();
    records.filter(|record| ChangeRecord::of(record).ticket().is_some()).collect()
}

/// A ticket with four versions and their changes; the stream brought those of these indexes.
async fn ticket_of(desk: &FanoutDesk, brought: &[usize]) -> (Ticket, Vec<StreamChange>) {
    let after = desk.table.end_of_stream();
    let mut ticket = desk.ticket().await;
    for status in [Status::InProgress, Status::Waiting, Status::Resolved] {
        ticket = desk.set_status_later(&ticket, status).await;
    }
    let records = item_records(desk, after);
    let batch: Vec<_> = brought.iter().map(|index| &records[*index]).collect();
    assert_eq!(desk.handle(json!({ "Records": batch })).await, nothing_failed());
    let changes = records.iter().map(|record| ChangeRecord::of(record).change().unwrap().unwrap());
    (ticket, changes.collect())
}

/// Requests a backfill, hands over its record, and answers the hints that were sent.
async fn backfill(desk: &FanoutDesk, of: EventSubject, settled_before: Timestamp) -> Vec<Hint> {
    let (after, now) = (desk.table.end_of_stream(), desk.now());
    let window = GapWindow { since: now.minus(48 * HOUR), settled_before };
    let request = BackfillRequest { window, requested_at: now };
    desk.store.events.request_backfill(desk.workspace, of, request).await.unwrap();
    assert_eq!(desk.fan_out(after).await, nothing_failed());
    desk.hints()
}

async fn events(desk: &FanoutDesk, ticket: TicketId) -> Vec<TicketEvent> {
    let mut events = desk.store.events.activities(desk.workspace, ticket, None, 20).await.unwrap().items;
    events.reverse();
    events
}

async fn sequences(desk: &FanoutDesk, ticket: TicketId) -> Vec<u64> {
    events(desk, ticket).await.iter().map(|event| event.sequence.0).collect()
}

#[tokio::test]
async fn a_version_that_the_stream_lost_gets_its_event_and_hinted_deliveries() {
    let desk = FanoutDesk::open().await;
    let (ticket, _) = ticket_of(&desk, &[0, 2, 3]).await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let hints = backfill(&desk, EventSubject::Ticket(ticket.id), desk.now().minus(6 * HOUR)).await;

    let lost = events(&desk, ticket.id).await.remove(1);
    assert_eq!((lost.sequence.0, lost.kind), (2, EventType::TicketUpdated));
    assert_eq!(lost.changes[0].field, UNKNOWN_FIELD);
    let deliveries = desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 5).await.unwrap().items;
    assert_eq!(deliveries.iter().map(|delivery| delivery.event_id).collect::<Vec<_>>(), [lost.id]);
    assert_eq!(hints, [Hint::from(&deliveries[0])]);
    assert_eq!(sequences(&desk, ticket.id).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_latest_versions_are_backfilled_only_when_the_stream_has_had_its_time() {
    let desk = FanoutDesk::open().await;
    let (ticket, _) = ticket_of(&desk, &[0]).await;
    backfill(&desk, EventSubject::Ticket(ticket.id), ticket.updated_at).await;
    assert_eq!(sequences(&desk, ticket.id).await, [1]);

    backfill(&desk, EventSubject::Ticket(ticket.id), ticket.updated_at.plus(Duration::from_millis(1))).await;
    assert_eq!(sequences(&desk, ticket.id).await, [1, 2, 3, 4]);
    let (last, whole) = (events(&desk, ticket.id).await.remove(3), between(None, &ticket));
    assert_eq!((last.id, &last.actor, &last.data), (whole.id, &whole.actor, &whole.data));
}

#[tokio::test]
async fn a_ticket_whose_first_event_was_lost_is_told_as_created() {
    let desk = FanoutDesk::open().await;
    let (ticket, changes) = ticket_of(&desk, &[1, 2, 3]).await;
    backfill(&desk, EventSubject::Ticket(ticket.id), desk.now().minus(6 * HOUR)).await;
    let first = events(&desk, ticket.id).await.remove(0);
    assert_eq!((first.kind, first.created_at), (EventType::TicketCreated, ticket.created_at));
    assert_eq!(first.id, between(None, &changes[0].new).id);
}

#[tokio::test]
async fn a_ticket_with_all_its_events_is_left_alone() {
    let desk = FanoutDesk::open().await;
    desk.endpoint(&[Subscription::All]).await;
    let (ticket, _) = ticket_of(&desk, &[0, 1, 2, 3]).await;
    desk.hints();
    let before = desk.table.size().await;
    assert_eq!(backfill(&desk, EventSubject::Ticket(ticket.id), desk.now().plus(HOUR)).await, []);
    assert_eq!(desk.table.size().await, before + 1, "the request");
}

#[tokio::test]
async fn what_was_only_late_comes_before_the_request_and_is_told_in_full() {
    let desk = FanoutDesk::open().await;
    let after = desk.table.end_of_stream();
    let ticket = desk.ticket().await;
    let closed = desk.set_status_later(&ticket, Status::Closed).await;
    let window = GapWindow { since: Timestamp::EPOCH, settled_before: desk.now().plus(HOUR) };
    let request = BackfillRequest { window, requested_at: desk.now() };
    desk.store.events.request_backfill(desk.workspace, EventSubject::Ticket(ticket.id), request).await.unwrap();
    assert_eq!(desk.fan_out(after).await, nothing_failed());
    assert_eq!(events(&desk, ticket.id).await, [between(None, &ticket), between(Some(&ticket), &closed)]);
}

#[tokio::test]
async fn all_that_follows_from_a_ticket_is_projected_with_its_lost_events() {
    let desk = FanoutDesk::open().await;
    let (team, later) = (TeamId::new(new_uuid()), desk.now().plus(9 * HOUR));
    let ticket = desk.ticket().await;
    let fields = Fields::of([Set::FollowUpAt(Some(later)), Set::Team(Some(team))]);
    let ticket = desk.set_later(&ticket, fields).await;
    let ticket = desk.change_later(&ticket, &Update::Delete(DeletionPolicy::Trash), false).await;
    let after = desk.table.end_of_stream();
    backfill(&desk, EventSubject::Ticket(ticket.id), desk.now().plus(HOUR)).await;

    assert_eq!(sequences(&desk, ticket.id).await, [1, 2, 3]);
    let entries =
        lambdesk_store_tickets::index_entries(&desk.table.table, desk.workspace, &IndexedValue::Team(team), (None, 10))
            .await
            .unwrap();
    assert_eq!(entries.items, [ticket.id]);
    let due = desk.store.due(later).await;
    assert!(due.iter().any(|row| matches!(row, Due::FollowUp { at, .. } if *at == later)), "{due:?}");
    assert!(desk.store.directories.retention_sweep(desk.workspace).await.unwrap().is_some());
    let batch = desk.table.batch(after);
    let parts = batch["Records"].as_array().unwrap().iter().filter_map(|record| ChangeRecord::of(record).part());
    assert_eq!(parts.collect::<Vec<_>>(), [(desk.workspace, ticket.id, TicketPart::ReindexRequest)]);
}

#[tokio::test]
async fn what_the_stream_lost_of_a_contact_is_told_once() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ada = created(&desk, "ada@example.com").await;
    blocked(&desk, &ada, false).await;
    erased(&desk, &ada).await;
    assert_eq!(backfill(&desk, EventSubject::Contact(ada.id), desk.now()).await, [], "events may still come");
    assert_eq!(kinds(&events_of(&desk, &ada).await), []);

    let hints = backfill(&desk, EventSubject::Contact(ada.id), desk.now().plus(HOUR)).await;
    assert_eq!(kinds(&events_of(&desk, &ada).await), LIFE);
    let deliveries = desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items;
    assert_eq!((deliveries.len(), hints.len()), (3, 3));
    assert!(deliveries.iter().all(|delivery| hints.contains(&Hint::from(delivery))));

    assert_eq!(backfill(&desk, EventSubject::Contact(ada.id), desk.now().plus(2 * HOUR)).await, []);
    assert_eq!(kinds(&events_of(&desk, &ada).await), LIFE, "what was told stays told");
}

#[tokio::test]
async fn a_request_for_a_ticket_that_is_gone_asks_for_nothing() {
    let desk = FanoutDesk::open().await;
    let nobody = TicketId::new(new_uuid());
    assert_eq!(backfill(&desk, EventSubject::Ticket(nobody), desk.now().plus(HOUR)).await, []);
    assert_eq!(sequences(&desk, nobody).await, [] as [u64; 0]);
}
