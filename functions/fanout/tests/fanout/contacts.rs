//! What becomes of a committed version of a contact.

use crate::support::{FanoutDesk, nothing_failed};
use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd},
    events::{ContactEvent, Event, EventSubject, EventType},
    id::ContactId,
    time::Timestamp,
    webhook::Subscription,
};
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_store_contacts::{ContactPlan, ContactSlot, contact_id};
use lambdesk_store_events::Due;
use lambdesk_store_webhooks::delivery_of;
use lambdesk_table::keys;
use lambdesk_testkit::Fault;
use serde_json::{Value, json};
use std::time::Duration;

/// A failure of the table that may pass.
const AWAY: Fault = Fault::Error("InternalServerError");

async fn slot(desk: &FanoutDesk, id: ContactId) -> ContactSlot {
    desk.store.contacts.slot(desk.workspace, id).await.unwrap()
}

async fn write(desk: &FanoutDesk, plan: &ContactPlan) {
    assert!(desk.store.contacts.write_contacts(desk.workspace, plan, None, None, desk.now()).await.unwrap());
}

pub async fn created(desk: &FanoutDesk, email: &str) -> Contact {
    let email = email.parse().unwrap();
    let address = slot(desk, contact_id("salt", &email)).await;
    let new = Contact::new(ContactId::new(new_uuid()), Cause::SYSTEM, desk.now());
    let (contact, plan) = ContactPlan::create(Contact { email: Some(email), ..new }, Some(address));
    write(desk, &plan).await;
    contact
}

pub async fn blocked(desk: &FanoutDesk, contact: &Contact, is_silent: bool) -> Contact {
    let cause = Cause { is_silent, ..Cause::SYSTEM };
    let after = Contact { is_blocked: !contact.is_blocked, ..contact.clone() }.changed(cause, later(desk));
    let read = slot(desk, contact.id).await;
    write(desk, &ContactPlan::change(&read, &after, None, None)).await;
    after
}

pub async fn erased(desk: &FanoutDesk, contact: &Contact) {
    let at = later(desk);
    let slots = [slot(desk, contact.id).await];
    let end = |contact: &Contact| contact.ended(ContactEnd::Erased, Cause::SYSTEM, at);
    write(desk, &ContactPlan::remove(&slots, &slots, end)).await;
}

fn later(desk: &FanoutDesk) -> Timestamp {
    desk.wait(Duration::from_secs(1));
    desk.now()
}

/// The events of a contact, oldest first.
pub async fn events_of(desk: &FanoutDesk, contact: &Contact) -> Vec<ContactEvent> {
    let events =
        desk.store.events.events(desk.workspace, EventSubject::Contact(contact.id), None, 50).await.unwrap().items;
    let of_contact = |event| if let Event::Contact(event) = event { Some(event) } else { None };
    events.into_iter().rev().filter_map(of_contact).collect()
}

pub fn kinds(events: &[ContactEvent]) -> Vec<(u64, EventType)> {
    events.iter().map(|event| (event.sequence.0, event.kind)).collect()
}

pub const LIFE: [(u64, EventType); 3] =
    [(1, EventType::ContactCreated), (2, EventType::ContactUpdated), (3, EventType::ContactErased)];

#[tokio::test]
async fn every_version_of_a_contact_is_one_event_and_one_delivery_however_often_it_is_repeated() {
    let desk = FanoutDesk::open().await;
    let (all, updates) = (desk.endpoint(&[Subscription::All]).await, EventType::ContactUpdated);
    let updates = desk.endpoint(&[Subscription::Type(updates)]).await;
    let ada = created(&desk, "ada@example.com").await;
    blocked(&desk, &ada, false).await;
    erased(&desk, &ada).await;
    let mut hints = Vec::new();
    for _ in 0..2 {
        assert_eq!(desk.fan_out(desk.opened).await, nothing_failed());
        let events = events_of(&desk, &ada).await;
        assert_eq!(kinds(&events), LIFE);
        assert!(!serde_json::to_string(&events).unwrap().contains("ada"));
        let mut deliveries = desk.store.webhooks.deliveries(desk.workspace, all.id, None, 10).await.unwrap().items;
        deliveries.reverse();
        let events: Vec<_> = events.into_iter().map(Event::from).collect();
        let expected = events.iter().map(|event| delivery_of(event, &all, desk.now()));
        assert_eq!(deliveries, expected.collect::<Vec<_>>());
        assert_eq!(desk.store.webhooks.deliveries(desk.workspace, updates.id, None, 10).await.unwrap().items.len(), 2);
        hints.push(desk.hints());
    }
    assert_eq!(hints[0].len(), 5);
    assert_eq!(hints[0], hints[1], "each time the same");
}

#[tokio::test]
async fn what_else_is_written_into_a_contacts_slot_is_no_event() {
    let desk = FanoutDesk::open().await;
    let ada = created(&desk, "ada@example.com").await;
    // She takes another address, and somebody else takes hers: her slot says so.
    let moved = Contact { email: "new@example.com".parse().ok(), ..ada.clone() }.changed(Cause::SYSTEM, later(&desk));
    let (read, new) = (slot(&desk, ada.id).await, moved.email.clone().unwrap());
    let new = slot(&desk, contact_id("salt", &new)).await;
    write(&desk, &ContactPlan::change(&read, &moved, Some(&read), Some(&new))).await;
    let other = created(&desk, "ada@example.com").await;
    assert_ne!(other.id, ada.id);
    desk.fan_out(desk.opened).await;
    assert_eq!(kinds(&events_of(&desk, &ada).await), LIFE[..2]);
    assert_eq!(kinds(&events_of(&desk, &other).await), LIFE[..1]);
    let (since, settled) = (ada.created_at.minus(Duration::from_hours(1)), desk.now().plus(Duration::from_mins(1)));
    let feed = desk.store.events.feed(desk.workspace, None, since, settled, 50).await.unwrap().unwrap();
    assert_eq!(feed.events.len(), 3);
}

#[tokio::test]
async fn a_silent_change_of_a_contact_is_in_the_feed_and_told_to_nobody() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ada = created(&desk, "ada@example.com").await;
    let end = desk.table.end_of_stream();
    blocked(&desk, &ada, true).await;
    let usage = desk.measure(desk.table.batch(end)).await;
    assert_eq!(usage.round_trips(), 2, "the event with its place, and nothing to count or to list");
    let events = events_of(&desk, &ada).await;
    assert_eq!((events.len(), events[0].is_silent), (1, true));
    assert!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items.is_empty());
    assert!(desk.hints().is_empty());
}

/// The sequence numbers of the records of a contact's slot, in order.
fn numbers(batch: &Value, contact: &Contact) -> Vec<Value> {
    let slot = format!("C#{}", keys::short(contact.id.uuid()));
    let records = batch["Records"].as_array().unwrap().iter();
    let of_contact = records.filter(|record| record.pointer("/dynamodb/Keys/sk/S") == Some(&json!(slot)));
    of_contact.map(|record| record["dynamodb"]["SequenceNumber"].clone()).collect()
}

#[tokio::test]
async fn a_contacts_record_that_fails_stops_that_contact_and_nobody_else() {
    let desk = FanoutDesk::open().await;
    let (ada, grace) = (created(&desk, "ada@example.com").await, created(&desk, "grace@example.com").await);
    blocked(&desk, &ada, false).await;
    let ticket = desk.ticket().await;
    let batch = desk.table.batch(desk.opened);
    desk.table.faults.naming(&keys::short(ada.id.uuid()), AWAY);
    let answer = desk.handle(batch.clone()).await;
    desk.table.faults.end();
    let first = &numbers(&batch, &ada)[0];
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": first }] }));
    assert_eq!(kinds(&events_of(&desk, &ada).await), []);
    assert_eq!(kinds(&events_of(&desk, &grace).await), LIFE[..1]);
    assert_eq!(desk.store.events.activities(desk.workspace, ticket.id, None, 5).await.unwrap().items.len(), 1);
    desk.handle(batch).await;
    assert_eq!(kinds(&events_of(&desk, &ada).await), LIFE[..2]);
}

#[tokio::test]
async fn an_unreadable_record_of_a_contact_is_checked_later_and_holds_up_nothing() {
    let desk = FanoutDesk::open().await;
    let ada = created(&desk, "ada@example.com").await;
    blocked(&desk, &ada, false).await;
    let mut batch = desk.table.batch(desk.opened);
    batch["Records"][0]["dynamodb"]["NewImage"]["doc"] = json!({ "S": "no contact" });
    let answer = desk.handle(batch).await;
    assert_eq!(answer, nothing_failed());
    let at = desk.now().plus(Duration::from_mins(5));
    let row = Due::Retry { workspace: desk.workspace, of: EventSubject::Contact(ada.id), at };
    assert_eq!(desk.store.due(at).await, [row]);
}

#[tokio::test]
async fn a_contacts_delivery_comes_before_its_event_so_that_a_crash_between_them_loses_neither() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ada = created(&desk, "ada@example.com").await;
    let batch = desk.table.batch(desk.opened);
    let event_key = format!("#e#{}", keys::short(ada.id.uuid()));
    desk.table.faults.naming(&event_key, AWAY);
    let answer = desk.handle(batch.clone()).await;
    desk.table.faults.end();
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    assert!(events_of(&desk, &ada).await.is_empty() && desk.hints().is_empty());
    desk.handle(batch).await;
    let deliveries = desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 9).await.unwrap().items;
    assert_eq!((events_of(&desk, &ada).await.len(), deliveries.len()), (1, 1));
    assert_eq!(desk.hints(), [Hint::from(&deliveries[0])]);
}
