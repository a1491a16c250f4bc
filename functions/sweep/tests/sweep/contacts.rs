//! Events of contacts that the stream lost: the retry and the nightly reconcile request
//! them.

use crate::support::SweepDesk;
use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd},
    events::EventSubject,
    id::ContactId,
};
use lambdesk_runtime::new_uuid;
use lambdesk_store_contacts::ContactPlan;
use std::time::Duration;

async fn write(desk: &SweepDesk, plan: &ContactPlan) {
    desk.wait(Duration::from_mins(1));
    assert!(desk.store.contacts.write_contacts(desk.workspace, plan, None, None, desk.now()).await.unwrap());
}

/// A contact that was made, blocked and erased; the stream brought nothing of it.
async fn lost(desk: &SweepDesk) -> EventSubject {
    let new = Contact::new(ContactId::new(new_uuid()), Cause::SYSTEM, desk.now());
    let (contact, plan) = ContactPlan::create(Contact { name: "Ada".parse().ok(), ..new }, None);
    write(desk, &plan).await;
    let slot = desk.store.contacts.slot(desk.workspace, contact.id).await.unwrap();
    let blocked = Contact { is_blocked: true, ..contact.clone() }.changed(Cause::SYSTEM, desk.now());
    write(desk, &ContactPlan::change(&slot, &blocked, None, None)).await;
    let slot = desk.store.contacts.slot(desk.workspace, contact.id).await.unwrap();
    let erased = |contact: &Contact| contact.ended(ContactEnd::Erased, Cause::SYSTEM, desk.now());
    write(desk, &ContactPlan::remove(&[slot], &[], erased)).await;
    EventSubject::Contact(contact.id)
}

async fn events(desk: &SweepDesk, of: EventSubject) -> usize {
    desk.store.events.events(desk.workspace, of, None, 10).await.unwrap().items.len()
}

/// Of what backfills were requested.
fn requested(desk: &SweepDesk) -> Vec<EventSubject> {
    desk.requests().into_iter().map(|(subject, _)| subject).collect()
}

#[tokio::test]
async fn the_reconcile_requests_what_the_stream_lost_of_contacts_and_writes_nothing_of_it() {
    let desk = SweepDesk::open().await;
    let contact = lost(&desk).await;
    desk.project_all(desk.ticket().await.id).await;
    let endpoint = desk.endpoint_of_all().await;
    let run = desk.run().await;
    assert!(run.reconciled.is_complete);
    assert_eq!(requested(&desk), [], "the stream has six hours");

    desk.wait(Duration::from_hours(27));
    let run = desk.run().await;
    assert_eq!((run.reconciled.found, run.reconciled.done, run.reconciled.is_complete), (2, 3, true));
    assert_eq!(requested(&desk), [contact]);
    assert_eq!(events(&desk, contact).await, 0);
    assert_eq!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 10).await.unwrap().items, []);
    assert_eq!(desk.hints(), []);
}

#[tokio::test]
async fn a_retry_of_a_contact_is_done_when_it_is_due_and_goes_away() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let contact = lost(&desk).await;
    let at = desk.now().plus(Duration::from_mins(6));
    desk.store.events.schedule_retry(desk.workspace, contact, at).await.unwrap();
    desk.wait(Duration::from_mins(7));
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.done), (1, 1));
    assert_eq!(requested(&desk), [contact]);
    desk.wait(Duration::from_hours(1));
    assert_eq!(desk.run().await.rechecks.found, 0);
}

#[tokio::test]
async fn a_retry_of_a_contact_waits_while_it_still_changes() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let contact = lost(&desk).await;
    desk.store.events.schedule_retry(desk.workspace, contact, desk.now()).await.unwrap();
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.skipped), (1, 1));
    assert_eq!(requested(&desk), []);
}
