//! What becomes of a committed version of a contact.

use crate::{
    faults::failing,
    support::{Desk, due, store_at},
};
use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd},
    events::{ContactEvent, Event, EventType, Subject},
    id::{ContactId, WorkspaceId},
    time::Timestamp,
    webhook::Subscription,
};
use lambdesk_engine::Position;
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_store::{ContactPlan, Due, Place, Store, contact_id, delivery_of, keys};
use serde_json::{Value, json};
use std::time::Duration;

async fn place(store: &Store, workspace: WorkspaceId, id: ContactId) -> Place {
    store.place(workspace, id).await.unwrap()
}

async fn write(desk: &Desk, plan: &ContactPlan) {
    assert!(desk.store.write_contacts(desk.workspace, plan, None, None, desk.clock.now()).await.unwrap());
}

async fn created(desk: &Desk, email: &str) -> Contact {
    let email = email.parse().unwrap();
    let address = place(&desk.store, desk.workspace, contact_id("salt", &email)).await;
    let new = Contact::new(ContactId::new(new_uuid()), Cause::SYSTEM, desk.clock.now());
    let (contact, plan) = ContactPlan::create(Contact { email: Some(email), ..new }, Some(address));
    write(desk, &plan).await;
    contact
}

async fn blocked(desk: &Desk, contact: &Contact, is_silent: bool) -> Contact {
    let cause = Cause { is_silent, ..Cause::SYSTEM };
    let after = Contact { is_blocked: !contact.is_blocked, ..contact.clone() }.changed(cause, later(desk));
    let seen = place(&desk.store, desk.workspace, contact.id).await;
    write(desk, &ContactPlan::change(&seen, &after, None, None)).await;
    after
}

async fn erased(desk: &Desk, contact: &Contact) {
    let at = later(desk);
    let places = [place(&desk.store, desk.workspace, contact.id).await];
    let end = |contact: &Contact| contact.ended(ContactEnd::Erased, Cause::SYSTEM, at);
    write(desk, &ContactPlan::remove(&places, &places, end)).await;
}

fn later(desk: &Desk) -> Timestamp {
    desk.clock.advance(Duration::from_secs(1));
    desk.clock.now()
}

/// The events of a contact, oldest first.
async fn told(desk: &Desk, contact: &Contact) -> Vec<ContactEvent> {
    let events = desk.store.events(desk.workspace, Subject::Contact(contact.id), None, 50).await.unwrap().items;
    let of_contact = |event| if let Event::Contact(event) = event { Some(event) } else { None };
    events.into_iter().rev().filter_map(of_contact).collect()
}

fn kinds(events: &[ContactEvent]) -> Vec<(u64, EventType)> {
    events.iter().map(|event| (event.sequence.0, event.kind)).collect()
}

const LIFE: [(u64, EventType); 3] =
    [(1, EventType::ContactCreated), (2, EventType::ContactUpdated), (3, EventType::ContactErased)];

#[tokio::test]
async fn every_version_of_a_contact_is_one_event_and_one_delivery_however_often_it_is_repeated() {
    let desk = Desk::open().await;
    let (all, updates) = (desk.endpoint(&[Subscription::All]).await, EventType::ContactUpdated);
    let updates = desk.endpoint(&[Subscription::Type(updates)]).await;
    let ada = created(&desk, "ada@example.com").await;
    blocked(&desk, &ada, false).await;
    erased(&desk, &ada).await;
    let mut hints = Vec::new();
    for _ in 0..2 {
        assert_eq!(desk.fan_out(Position::START).await, json!({ "batchItemFailures": [] }));
        let events = told(&desk, &ada).await;
        assert_eq!(kinds(&events), LIFE);
        assert!(!serde_json::to_string(&events).unwrap().contains("ada"));
        let mut deliveries = desk.store.deliveries(desk.workspace, all.id, None, 10).await.unwrap().items;
        deliveries.reverse();
        let events: Vec<_> = events.into_iter().map(Event::from).collect();
        let expected = events.iter().map(|event| delivery_of(event, &all, desk.clock.now()));
        assert_eq!(deliveries, expected.collect::<Vec<_>>());
        assert_eq!(desk.store.deliveries(desk.workspace, updates.id, None, 10).await.unwrap().items.len(), 2);
        hints.push(desk.hints());
    }
    assert_eq!(hints[0].len(), 5);
    assert_eq!(hints[0], hints[1], "each time the same");
}

#[tokio::test]
async fn what_else_is_written_at_a_contacts_place_is_no_event() {
    let desk = Desk::open().await;
    let ada = created(&desk, "ada@example.com").await;
    // She takes another address, and somebody else takes hers: her place says so.
    let moved = Contact { email: "new@example.com".parse().ok(), ..ada.clone() }.changed(Cause::SYSTEM, later(&desk));
    let (seen, new) = (place(&desk.store, desk.workspace, ada.id).await, moved.email.clone().unwrap());
    let new = place(&desk.store, desk.workspace, contact_id("salt", &new)).await;
    write(&desk, &ContactPlan::change(&seen, &moved, Some(&seen), Some(&new))).await;
    let other = created(&desk, "ada@example.com").await;
    assert_ne!(other.id, ada.id);
    desk.fan_out(Position::START).await;
    assert_eq!(kinds(&told(&desk, &ada).await), LIFE[..2]);
    assert_eq!(kinds(&told(&desk, &other).await), LIFE[..1]);
    let (since, settled) =
        (ada.created_at.minus(Duration::from_hours(1)), desk.clock.now().plus(Duration::from_mins(1)));
    let feed = desk.store.feed(desk.workspace, None, since, settled, 50).await.unwrap().unwrap();
    assert_eq!(feed.events.len(), 3);
}

#[tokio::test]
async fn a_silent_change_of_a_contact_is_in_the_feed_and_told_to_nobody() {
    let desk = Desk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ada = created(&desk, "ada@example.com").await;
    let end = desk.end_of_stream();
    blocked(&desk, &ada, true).await;
    let metered = desk.store.metered();
    desk.fanout(&metered).handle(desk.batch(end)).await;
    assert_eq!(metered.usage().round_trips(), 1, "the event, and nothing to count or to list");
    let events = told(&desk, &ada).await;
    assert_eq!((events.len(), events[0].is_silent), (1, true));
    assert!(desk.store.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items.is_empty());
    assert!(desk.hints().is_empty());
}

/// The sequence numbers of the records of a contact's place, in order.
fn numbers(batch: &Value, contact: &Contact) -> Vec<Value> {
    let place = format!("C#{}", keys::short(contact.id.uuid()));
    let records = batch["Records"].as_array().unwrap().iter();
    let of_contact = records.filter(|record| record.pointer("/dynamodb/Keys/sk/S") == Some(&json!(place)));
    of_contact.map(|record| record["dynamodb"]["SequenceNumber"].clone()).collect()
}

#[tokio::test]
async fn a_contacts_record_that_fails_stops_that_contact_and_nobody_else() {
    let desk = Desk::open().await;
    let (ada, grace) = (created(&desk, "ada@example.com").await, created(&desk, "grace@example.com").await);
    blocked(&desk, &ada, false).await;
    let ticket = desk.ticket().await;
    let batch = desk.batch(Position::START);
    let url = failing(&desk.engine.url(), &keys::short(ada.id.uuid())).await;
    let answer = desk.fanout(&store_at(&url)).handle(batch.clone()).await;
    let first = &numbers(&batch, &ada)[0];
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": first }] }));
    assert_eq!(kinds(&told(&desk, &ada).await), []);
    assert_eq!(kinds(&told(&desk, &grace).await), LIFE[..1]);
    assert_eq!(desk.store.activities(desk.workspace, ticket.id, None, 5).await.unwrap().items.len(), 1);
    desk.fanout(&desk.store).handle(batch).await;
    assert_eq!(kinds(&told(&desk, &ada).await), LIFE[..2]);
}

#[tokio::test]
async fn an_unreadable_record_of_a_contact_is_checked_later_and_holds_up_nothing() {
    let desk = Desk::open().await;
    let ada = created(&desk, "ada@example.com").await;
    blocked(&desk, &ada, false).await;
    let mut batch = desk.batch(Position::START);
    batch["Records"][0]["dynamodb"]["NewImage"]["doc"] = json!({ "S": "no contact" });
    let answer = desk.fanout(&desk.store).handle(batch).await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let at = desk.clock.now().plus(Duration::from_mins(5));
    let row = Due::Recheck { workspace: desk.workspace, of: Subject::Contact(ada.id), at };
    assert_eq!(due(&desk.store, at).await, [row]);
}

#[tokio::test]
async fn a_contacts_delivery_comes_before_its_event_so_that_a_crash_between_them_loses_neither() {
    let desk = Desk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ada = created(&desk, "ada@example.com").await;
    let batch = desk.batch(Position::START);
    let event_key = format!("#e#{}", keys::short(ada.id.uuid()));
    let url = failing(&desk.engine.url(), &event_key).await;
    let answer = desk.fanout(&store_at(&url)).handle(batch.clone()).await;
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    assert!(told(&desk, &ada).await.is_empty() && desk.hints().is_empty());
    desk.fanout(&desk.store).handle(batch).await;
    let deliveries = desk.store.deliveries(desk.workspace, endpoint.id, None, 9).await.unwrap().items;
    assert_eq!((told(&desk, &ada).await.len(), deliveries.len()), (1, 1));
    assert_eq!(desk.hints(), [Hint::from(&deliveries[0])]);
}
