//! Merges and erasures that are interrupted at any request go on and end the same.

use crate::{
    faults::Fault,
    support::{Table, renamed, samples, workspace},
};
use lambdesk_domain::{
    access::{ActorRef, Cause},
    contact::{Account, Contact, ContactEnd, ContactRef, EndedContact},
    id::{AccountId, ContactId, JobId, MessageId, RequestId, Version},
    message::{Message, Sender, SenderKind},
    personal::{Counts, Job, JobKind, SETTLING},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store::{ContactPlan, NewItems, Progress, Store, StoreError, contact_id};
use std::future::ready;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Two contacts with all that one of them has.
struct Scene {
    table: Table,
    target: Contact,
    source: Contact,
    tickets: Vec<Ticket>,
    account: Account,
}

fn contact(name: &str) -> Contact {
    let email = format!("{name}{}@example.com", testing::MARKER).parse().expect("an address");
    Contact {
        name: format!("{name} {}", testing::MARKER).parse().ok(),
        external_id: format!("{name}-{}", testing::MARKER).parse().ok(),
        email: Some(email),
        ..Contact::new(
            contact_id("salt", &format!("{name}{}@example.com", testing::MARKER).parse().expect("one")),
            Cause::SYSTEM,
            NOW,
        )
    }
}

async fn add(store: &Store, contact: Contact) -> Contact {
    let place = store.place(workspace(1), contact.id).await.expect("it is read");
    let (contact, plan) = ContactPlan::create(contact, Some(place));
    assert!(store.write_contacts(workspace(1), &plan, None, None, NOW).await.expect("it is written"));
    contact
}

async fn scene() -> Scene {
    let table = Table::new().await;
    let (target, source) = (add(&table.store, contact("ada")).await, add(&table.store, contact("double")).await);
    let mut tickets = Vec::new();
    let opened = samples(&testing::created(), 40).into_iter().filter_map(|(ticket, message)| Some((ticket, message?)));
    for (number, (ticket, message)) in (1..=2).zip(opened) {
        let ticket = Ticket { contact: Some(ContactRef::from(&source)), ..renamed(&ticket, workspace(1), number) };
        let sender = Sender { kind: SenderKind::Contact, id: Some(source.id.uuid()), name: source.name.clone() };
        let message = Message { id: MessageId::new(Uuid::from_u128(number)), ticket_id: ticket.id, sender, ..message };
        let new = NewItems { message: Some(&message), ..NewItems::default() };
        table.store.create_ticket(&ticket, new).await.expect("it is written");
        tickets.push(ticket);
    }
    let account = Account {
        id: AccountId::new(Uuid::from_u128(7)),
        version: Version::FIRST,
        kind: "loan".parse().expect("a kind"),
        name: format!("Loan {}", testing::MARKER).parse().ok(),
        external_id: format!("L-{}", testing::MARKER).parse().ok(),
        status: None,
        current_balance_cents: Some(7),
        currency: "EUR".parse().ok(),
        contact_id: Some(source.id),
        created_at: NOW,
        updated_at: NOW,
    };
    table.store.add_account(workspace(1), &account, None, NOW).await.expect("it is written");
    Scene { table, target, source, tickets, account }
}

fn erased(contact: &Contact) -> EndedContact {
    contact.ended(ContactEnd::Erased, Cause::SYSTEM, NOW)
}

fn job(kind: JobKind, contact: ContactId, subject: ContactId) -> Job {
    Job {
        id: JobId::new(Uuid::from_u128(9)),
        kind,
        contact,
        subjects: vec![subject],
        requested_at: NOW,
        requested_by: ActorRef { kind: SenderKind::System, id: None },
        request_id: RequestId::new(Uuid::from_u128(9)),
        is_silent: false,
        counts: Counts::default(),
        completed_at: None,
    }
}

impl Scene {
    async fn begin(&self, kind: JobKind) -> Job {
        let store = &self.table.store;
        let source = store.place(workspace(1), self.source.id).await.expect("it is read");
        let (plan, job) = if kind == JobKind::Merge {
            let target = store.place(workspace(1), self.target.id).await.expect("it is read");
            let merged = self.target.merged_with(&self.source, Cause::SYSTEM, NOW).expect("few");
            (ContactPlan::merge(&target, &merged, &source, &[]), job(kind, self.target.id, self.source.id))
        } else {
            let places = [source];
            (ContactPlan::remove(&places, &places, erased), job(kind, self.source.id, self.source.id))
        };
        assert!(store.write_contacts(workspace(1), &plan, Some(&job), None, NOW).await.expect("it is written"));
        job
    }

    /// Works until it rests.
    async fn work(&self, job: &Job, now: Timestamp) -> Result<Job, StoreError> {
        let store = &self.table.store;
        let mut seen = Box::new(store.job(workspace(1), job.contact, job.id).await?.expect("it is there"));
        loop {
            match store.work_on(workspace(1), seen, now, |_| ready(Ok(0))).await? {
                Progress::More(more) => seen = more,
                Progress::Rest(job) => return Ok(*job),
            }
        }
    }

    /// As it is after a crash at this request, or a lost answer, and all that follows.
    async fn through(&self, kind: JobKind, crash_after: usize, fault: Fault) -> (Job, bool) {
        let job = self.begin(kind).await;
        self.table.faults.after(crash_after, [fault]);
        let first = self.work(&job, NOW).await;
        let is_beyond = self.table.faults.seen().len() <= crash_after;
        self.table.faults.next([]);
        if first.is_err() {
            self.work(&job, NOW).await.expect("it goes on");
        }
        let job = self.work(&job, NOW).await.expect("nothing is left");
        assert_eq!(job.completed_at, None, "others may still be writing");
        let settled = NOW.plus(SETTLING);
        let job = self.work(&job, settled).await.expect("it ends");
        assert_eq!(job.completed_at, Some(settled));
        (job, is_beyond)
    }
}

const FAULTS: [Fault; 2] = [Fault::Error("AccessDeniedException"), Fault::AnswerLost];

#[tokio::test]
async fn a_merge_that_is_interrupted_anywhere_moves_everything_once() {
    for fault in FAULTS {
        for crash_after in 0.. {
            let scene = scene().await;
            let (_, is_beyond) = scene.through(JobKind::Merge, crash_after, fault).await;
            for before in &scene.tickets {
                let now = scene.table.store.ticket(workspace(1), before.id).await.expect("it is read").expect("there");
                assert_eq!(now.contact.map(|contact| contact.id), Some(scene.target.id), "{crash_after}");
                assert_eq!(now.version, before.version.next(), "{fault:?} after {crash_after}");
            }
            let account = scene.table.store.account(workspace(1), scene.account.id).await.expect("it is read");
            assert_eq!(account.and_then(|account| account.contact_id), Some(scene.target.id));
            if is_beyond {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_erasure_that_is_interrupted_anywhere_leaves_no_word() {
    let [fault, _] = FAULTS;
    for crash_after in 0.. {
        let scene = scene().await;
        let (_, is_beyond) = scene.through(JobKind::Erase, crash_after, fault).await;
        let target = ContactPlan::remove(
            &[scene.table.store.place(workspace(1), scene.target.id).await.expect("it is read")],
            &[],
            erased,
        );
        assert!(scene.table.store.write_contacts(workspace(1), &target, None, None, NOW).await.expect("written"));
        let all = scene.table.client.scan().table_name(crate::support::TABLE).send().await.expect("it is read");
        let all = format!("{:?}", all.items());
        assert!(!all.contains(testing::MARKER), "{fault:?} after {crash_after}: {all}");
        for before in &scene.tickets {
            let now = scene.table.store.ticket(workspace(1), before.id).await.expect("it is read").expect("there");
            assert_eq!((now.number, now.status, now.version), (before.number, before.status, before.version.next()));
        }
        if is_beyond {
            break;
        }
    }
}
