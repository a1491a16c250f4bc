//! Merges and erasures whose request died.

use crate::support::Desk;
use lambdesk_domain::{
    access::{ActorRef, Cause},
    command::{Fields, Update},
    contact::{Contact, ContactEnd, ContactRef},
    id::{ContactId, JobId, RequestId},
    message::SenderKind,
    personal::{Counts, Job, JobKind},
    set::Set,
    text::ERASED,
};
use lambdesk_runtime::new_uuid;
use lambdesk_store::ContactPlan;
use std::time::Duration;

#[tokio::test]
async fn an_erasure_whose_request_died_is_done_by_the_sweep_a_minute_later() {
    let desk = Desk::open().await;
    let id = ContactId::new(new_uuid());
    let contact = Contact { name: "Ada".parse().ok(), ..Contact::new(id, Cause::SYSTEM, desk.clock.now()) };
    let (contact, plan) = ContactPlan::create(contact, None);
    assert!(desk.store.write_contacts(desk.workspace, &plan, None, None, desk.clock.now()).await.unwrap());
    let fields = Fields::of([Set::Contact(Some(ContactRef::from(&contact)))]);
    let ticket = desk.change(&desk.ticket().await, &Update::Fields(Box::new(fields))).await;
    let job = Job {
        id: JobId::new(new_uuid()),
        kind: JobKind::Erase,
        contact: id,
        subjects: vec![id],
        requested_at: desk.clock.now(),
        requested_by: ActorRef { kind: SenderKind::System, id: None },
        request_id: RequestId::new(new_uuid()),
        is_silent: false,
        counts: Counts::default(),
        completed_at: None,
    };
    let place = desk.store.place(desk.workspace, id).await.unwrap();
    let plan = ContactPlan::remove(&[place], &[], |contact| {
        contact.ended(ContactEnd::Erased, Cause::SYSTEM, desk.clock.now())
    });
    assert!(desk.store.write_contacts(desk.workspace, &plan, Some(&job), None, desk.clock.now()).await.unwrap());

    desk.clock.advance(Duration::from_secs(30));
    assert_eq!(desk.run().await.jobs.found, 0, "the request may still be at it");
    desk.clock.advance(Duration::from_secs(31));
    let run = desk.run().await;
    assert_eq!((run.jobs.found, run.jobs.done, run.errors), (1, 1, 0));
    let now = desk.store.ticket(desk.workspace, ticket.id).await.unwrap().unwrap();
    assert_eq!((now.subject.as_str(), now.contact, now.version), (ERASED, None, ticket.version.next()));
    let receipt = desk.store.job(desk.workspace, id, job.id).await.unwrap().unwrap().value;
    assert!(receipt.counts.tickets == 1 && receipt.completed_at >= Some(run.started_at), "{receipt:?}");
    desk.clock.advance(Duration::from_mins(5));
    assert_eq!(desk.run().await.jobs.found, 0);
}
