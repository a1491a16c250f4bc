//! Merges and erasures whose request died.

use crate::support::SweepDesk;
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
use lambdesk_store_contacts::ContactPlan;
use std::time::Duration;

#[tokio::test]
async fn an_erasure_whose_request_died_is_done_by_the_sweep_a_minute_later() {
    let desk = SweepDesk::open().await;
    let id = ContactId::new(new_uuid());
    let contact = Contact { name: "Ada".parse().ok(), ..Contact::new(id, Cause::SYSTEM, desk.now()) };
    let (contact, plan) = ContactPlan::create(contact, None);
    assert!(desk.store.contacts.write_contacts(desk.workspace, &plan, None, None, desk.now()).await.unwrap());
    let fields = || Fields::of([Set::Contact(Some(ContactRef::from(&contact)))]);
    let ticket = desk.apply(&desk.ticket().await, &Update::Fields(Box::new(fields()))).await;
    let job = Job {
        id: JobId::new(new_uuid()),
        kind: JobKind::Erase,
        contact: id,
        subjects: vec![id],
        requested_at: desk.now(),
        requested_by: ActorRef { kind: SenderKind::System, id: None },
        request_id: RequestId::new(new_uuid()),
        is_silent: false,
        counts: Counts::default(),
        completed_at: None,
        looks: 0,
    };
    let slot = desk.store.contacts.slot(desk.workspace, id).await.unwrap();
    let plan =
        ContactPlan::remove(&[slot], &[], |contact| contact.ended(ContactEnd::Erased, Cause::SYSTEM, desk.now()));
    assert!(desk.store.contacts.write_contacts(desk.workspace, &plan, Some(&job), None, desk.now()).await.unwrap());

    desk.wait(Duration::from_secs(30));
    assert_eq!(desk.run().await.jobs.found, 0, "the request may still be at it");
    desk.wait(Duration::from_secs(31));
    let run = desk.run().await;
    assert_eq!((run.jobs.found, run.jobs.done, run.errors), (1, 1, 0));
    let now = desk.store.tickets.ticket(desk.workspace, ticket.id).await.unwrap().unwrap();
    assert_eq!((now.subject.as_str(), now.contact, now.version), (ERASED, None, ticket.version.next()));
    let receipt = desk.store.contacts.job(desk.workspace, id, job.id).await.unwrap().unwrap().value;
    assert!(receipt.counts.tickets == 1 && receipt.completed_at >= Some(run.started_at), "{receipt:?}");
    desk.wait(Duration::from_mins(5));
    assert_eq!(desk.run().await.jobs.found, 0);

    // What the index had not shown by then is found later.
    let another = desk.apply(&desk.ticket().await, &Update::Fields(Box::new(fields()))).await;
    for (wait, found) in [(10, 1), (5, 0), (24 * 60, 1), (60, 0), (24 * 60, 0)] {
        desk.wait(Duration::from_mins(wait));
        let run = desk.run().await;
        assert_eq!((run.jobs.found, run.jobs.done, run.errors), (found, found, 0), "{wait}");
    }
    let now = desk.store.tickets.ticket(desk.workspace, another.id).await.unwrap().unwrap();
    assert_eq!((now.subject.as_str(), now.contact), (ERASED, None));
}
