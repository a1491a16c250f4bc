//! Events of contacts that the stream lost: the recheck and the nightly reconcile.

use crate::support::Desk;
use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd},
    events::{Event, EventType, Subject},
    id::ContactId,
};
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_store::ContactPlan;
use std::time::Duration;

async fn write(desk: &Desk, plan: &ContactPlan) {
    desk.clock.advance(Duration::from_mins(1));
    assert!(desk.store.write_contacts(desk.workspace, plan, None, None, desk.clock.now()).await.unwrap());
}

/// A contact that was made, blocked and erased; the stream told nothing of it.
async fn untold(desk: &Desk) -> ContactId {
    let new = Contact::new(ContactId::new(new_uuid()), Cause::SYSTEM, desk.clock.now());
    let (contact, plan) = ContactPlan::create(Contact { name: "Ada".parse().ok(), ..new }, None);
    write(desk, &plan).await;
    let place = desk.store.place(desk.workspace, contact.id).await.unwrap();
    let now = desk.clock.now();
    let blocked = Contact { is_blocked: true, ..contact.clone() }.changed(Cause::SYSTEM, now);
    write(desk, &ContactPlan::change(&place, &blocked, None, None)).await;
    let place = desk.store.place(desk.workspace, contact.id).await.unwrap();
    let erased = |contact: &Contact| contact.ended(ContactEnd::Erased, Cause::SYSTEM, desk.clock.now());
    write(desk, &ContactPlan::remove(&[place], &[], erased)).await;
    contact.id
}

async fn kinds(desk: &Desk, contact: ContactId) -> Vec<(u64, EventType)> {
    let events = desk.store.events(desk.workspace, Subject::Contact(contact), None, 10).await.unwrap().items;
    events.iter().rev().map(|event: &Event| (event.source().version.0, event.kind())).collect()
}

const LIFE: [(u64, EventType); 3] =
    [(1, EventType::ContactCreated), (2, EventType::ContactUpdated), (3, EventType::ContactErased)];

#[tokio::test]
async fn the_reconcile_tells_of_what_the_stream_lost_of_contacts_once() {
    let desk = Desk::open().await;
    let contact = untold(&desk).await;
    desk.publish_all(desk.ticket().await.id).await;
    let endpoint = desk.endpoint().await;
    let run = desk.run().await;
    assert!(run.reconciled.is_complete);
    assert_eq!(kinds(&desk, contact).await, [], "the stream has six hours");

    desk.clock.advance(Duration::from_hours(27));
    let run = desk.run().await;
    assert_eq!((run.reconciled.found, run.reconciled.done, run.reconciled.is_complete), (2, 3, true));
    assert_eq!(kinds(&desk, contact).await, LIFE);
    let deliveries = desk.store.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items;
    let hints = desk.hints();
    assert_eq!((deliveries.len(), hints.len()), (3, 3));
    assert!(deliveries.iter().all(|delivery| hints.contains(&Hint::from(delivery))));

    desk.store.recheck_later(desk.workspace, Subject::Contact(contact), desk.clock.now()).await.unwrap();
    assert_eq!(desk.run().await.rechecks.done, 1);
    assert_eq!((kinds(&desk, contact).await, desk.hints()), (LIFE.to_vec(), vec![]), "what was told stays told");
}

#[tokio::test]
async fn a_recheck_of_a_contact_is_done_when_it_is_due_and_goes_away() {
    let desk = Desk::open().await;
    desk.run().await;
    let contact = untold(&desk).await;
    let at = desk.clock.now().plus(Duration::from_mins(6));
    desk.store.recheck_later(desk.workspace, Subject::Contact(contact), at).await.unwrap();
    desk.clock.advance(Duration::from_mins(7));
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.done), (1, 1));
    assert_eq!(kinds(&desk, contact).await, LIFE);
    desk.clock.advance(Duration::from_hours(1));
    assert_eq!(desk.run().await.rechecks.found, 0);
}

#[tokio::test]
async fn a_recheck_of_a_contact_waits_while_it_still_changes() {
    let desk = Desk::open().await;
    desk.run().await;
    let contact = untold(&desk).await;
    desk.store.recheck_later(desk.workspace, Subject::Contact(contact), desk.clock.now()).await.unwrap();
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.skipped), (1, 1));
    assert_eq!(kinds(&desk, contact).await, []);
}
