//! Jobs: one worker's at a time, listed the latest first.

use crate::{NOW, contact, write};
use lambdesk_domain::{
    access::ActorRef,
    id::{JobId, RequestId},
    message::SenderKind,
    personal::{Counts, Job, JobKind},
};
use lambdesk_store_contacts::ContactPlan;
use lambdesk_testkit::{Fault, TestTable, workspace};
use uuid::Uuid;

fn job(number: u128) -> Job {
    Job {
        id: JobId::new(Uuid::from_u128(number)),
        kind: JobKind::Erase,
        contact: contact("ada").id,
        subjects: vec![contact("ada").id],
        requested_at: NOW,
        requested_by: ActorRef { kind: SenderKind::System, id: None },
        request_id: RequestId::new(Uuid::from_u128(9)),
        is_silent: false,
        counts: Counts::default(),
        completed_at: None,
        looks: 0,
    }
}

#[tokio::test]
async fn a_job_comes_with_its_plan_or_not_at_all() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let (_, plan) = ContactPlan::create(contact("ada"), None);
    let begin = async |number| {
        let job = job(number);
        contacts.write_contacts(workspace(1), &plan, Some(&job), None, NOW).await.expect("no name is taken")
    };
    assert!(begin(1).await);
    assert!(!begin(2).await, "the contact is there");
    assert!(!write(contacts, &plan).await.expect("no name is taken"));
    let read = async |number| {
        let read = contacts.job(workspace(1), contact("ada").id, job(number).id).await.expect("it is read");
        read.map(|read| read.value)
    };
    assert_eq!((read(1).await, read(2).await), (Some(job(1)), None));
}

#[tokio::test]
async fn of_two_who_work_on_a_job_one_gets_on() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    contacts.put_job(workspace(1), &job(1), NOW).await.expect("it is written");
    let read = contacts.job(workspace(1), contact("ada").id, job(1).id).await.expect("it is read");
    let read = read.expect("it is there");
    let further = Job { counts: Counts { tickets: 1, ..Counts::default() }, ..job(1) };
    // A lost answer is no other worker.
    table.faults.next([Fault::AnswerLost]);
    assert!(contacts.save_job(workspace(1), &read, &further, NOW).await.expect("it is answered in the end"));
    assert!(!contacts.save_job(workspace(1), &read, &further, NOW).await.expect("nothing is written"));
    let now = contacts.job(workspace(1), contact("ada").id, job(1).id).await.expect("it is read");
    let now = now.expect("it is there");
    assert_eq!(now.value, further);
    let done = Job { completed_at: Some(NOW), ..further };
    assert!(contacts.save_job(workspace(1), &now, &done, NOW).await.expect("it is written"));
}

#[tokio::test]
async fn jobs_are_listed_the_latest_first_in_pages() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    for number in 1..=5 {
        contacts.put_job(workspace(1), &job(number), NOW).await.expect("it is written");
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = contacts.jobs(workspace(1), contact("ada").id, before, 2).await.expect("they are read");
        before = page.items.last().map(|job| job.id);
        seen.extend(page.items);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(job));
    assert_eq!(contacts.jobs(workspace(1), contact("bob").id, None, 2).await.expect("they are read").items, []);
}
