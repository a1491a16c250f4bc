//! Merges and erasures that are interrupted at any request go on and end the same.

use lambdesk_domain::{
    access::{ActorRef, Cause},
    contact::{Account, Contact, ContactEnd, ContactRef, EndedContact},
    id::{AccountId, ContactId, JobId, MessageId, RequestId, TicketId, Version, WorkspaceId},
    message::{Message, Sender, SenderKind},
    personal::{Counts, Job, JobKind, SETTLING},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_objects::{JobWorker, Progress};
use lambdesk_store_contacts::{ContactPlan, contact_id};
use lambdesk_store_tickets::NewItems;
use lambdesk_table::{
    TableError, Tenant, Write,
    item::{document, text},
};
use lambdesk_testkit::{Fault, Stores, TestTable, samples};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Two contacts with all that one of them has.
struct Scene {
    table: TestTable,
    store: Stores,
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

async fn add(store: &Stores, contact: Contact) -> Contact {
    let slot = store.contacts.slot(WORKSPACE, contact.id).await.expect("it is read");
    let (contact, plan) = ContactPlan::create(contact, Some(slot));
    assert!(store.contacts.write_contacts(WORKSPACE, &plan, None, None, NOW).await.expect("it is written"));
    contact
}

async fn scene() -> Scene {
    let table = TestTable::new().await;
    let store = table.stores();
    let (target, source) = (add(&store, contact("ada")).await, add(&store, contact("double")).await);
    let mut tickets = Vec::new();
    let opened = samples(&testing::created(), 40).into_iter().filter_map(|(ticket, message)| Some((ticket, message?)));
    for (number, (ticket, message)) in (1..=2).zip(opened) {
        let id = TicketId::new(Uuid::from_u128(number));
        let ticket = Ticket { workspace_id: WORKSPACE, id, contact: Some(ContactRef::from(&source)), ..ticket };
        let sender = Sender { kind: SenderKind::Contact, id: Some(source.id.uuid()), name: source.name.clone() };
        let message = Message { id: MessageId::new(Uuid::from_u128(number)), ticket_id: ticket.id, sender, ..message };
        let new = NewItems { message: Some(&message), ..NewItems::default() };
        store.tickets.create_ticket(&ticket, new).await.expect("it is written");
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
    assert!(store.contacts.add_account(WORKSPACE, &account, None, NOW).await.expect("it is written"));
    Scene { table, store, target, source, tickets, account }
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
        looks: 0,
    }
}

impl Scene {
    async fn begin(&self, kind: JobKind) -> Job {
        let contacts = &self.store.contacts;
        let source = contacts.slot(WORKSPACE, self.source.id).await.expect("it is read");
        let (plan, job) = if kind == JobKind::Merge {
            let target = contacts.slot(WORKSPACE, self.target.id).await.expect("it is read");
            let merged = self.target.merged_with(&self.source, Cause::SYSTEM, NOW).expect("few");
            (ContactPlan::merge(&target, &merged, &source, &[]), job(kind, self.target.id, self.source.id))
        } else {
            let slots = [source];
            (ContactPlan::remove(&slots, &slots, erased), job(kind, self.source.id, self.source.id))
        };
        assert!(contacts.write_contacts(WORKSPACE, &plan, Some(&job), None, NOW).await.expect("it is written"));
        job
    }

    fn worker(&self) -> JobWorker {
        let Stores { contacts, tickets, directories, .. } = &self.store;
        JobWorker::new(contacts, tickets, directories, None)
    }

    /// An account of one contact that the lookup index has under the source, or not any more.
    async fn put_account(&self, number: u128, owner: ContactId, is_listed: bool) {
        let tenant = Tenant::new(WORKSPACE);
        let account = Account {
            id: AccountId::new(Uuid::from_u128(number)),
            external_id: None,
            contact_id: Some(owner),
            ..self.account.clone()
        };
        let key = tenant.account(account.id);
        let place = key.sk.clone();
        let mut item = document(key, &account);
        if is_listed {
            item.extend([
                ("x_pk".to_owned(), text(tenant.accounts_of(self.source.id))),
                ("x_sk".to_owned(), text(place)),
            ]);
        }
        self.table.table.write(Write::put(item)).await.expect("it is written");
    }

    async fn owner_of(&self, account: u128) -> Option<ContactId> {
        let id = AccountId::new(Uuid::from_u128(account));
        self.store.contacts.account(WORKSPACE, id).await.expect("it is read").expect("it is there").contact_id
    }

    /// Works until it rests.
    async fn work(&self, job: &Job, now: Timestamp) -> Result<Job, TableError> {
        match self.worker().run(WORKSPACE, job.contact, job.id, || now, || false).await?.expect("it is there") {
            Progress::Rest(job) => Ok(*job),
            Progress::More(_) => panic!("its time is never over"),
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
                let now = scene.store.tickets.ticket(WORKSPACE, before.id).await.expect("it is read").expect("there");
                assert_eq!(now.contact.map(|contact| contact.id), Some(scene.target.id), "{crash_after}");
                assert_eq!(now.version, before.version.next(), "{fault:?} after {crash_after}");
            }
            let account = scene.store.contacts.account(WORKSPACE, scene.account.id).await.expect("it is read");
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
        let contacts = &scene.store.contacts;
        let target = contacts.slot(WORKSPACE, scene.target.id).await.expect("it is read");
        let target = ContactPlan::remove(&[target], &[], erased);
        assert!(contacts.write_contacts(WORKSPACE, &target, None, None, NOW).await.expect("written"));
        let all = scene.table.everything().await;
        assert!(!all.contains(testing::MARKER), "{fault:?} after {crash_after}: {all}");
        for before in &scene.tickets {
            let now = scene.store.tickets.ticket(WORKSPACE, before.id).await.expect("it is read").expect("there");
            assert_eq!((now.number, now.status, now.version), (before.number, before.status, before.version.next()));
        }
        if is_beyond {
            break;
        }
    }
}

#[tokio::test]
async fn the_work_stops_after_a_slice_when_its_time_is_over() {
    let scene = scene().await;
    let job = scene.begin(JobKind::Merge).await;
    let progress = scene.worker().run(WORKSPACE, job.contact, job.id, || NOW, || true).await.expect("it works");
    let Some(Progress::More(read)) = progress else {
        panic!("{progress:?}");
    };
    let handled = Counts { tickets: 2, accounts: 1, ..Counts::default() };
    assert_eq!((read.value.counts, read.value.completed_at), (handled, None));
    let none = scene.worker().run(WORKSPACE, scene.source.id, job.id, || NOW, || true).await.expect("it works");
    assert!(none.is_none(), "it is the other contact's job: {none:?}");
}

#[tokio::test]
async fn a_merge_leaves_everything_to_the_erasure_of_the_contact_that_stays() {
    let scene = scene().await;
    let merge = scene.begin(JobKind::Merge).await;
    let slots = [&scene.target, &scene.source].map(|contact| contact.id);
    let slots = scene.store.contacts.slots(WORKSPACE, &slots).await.expect("they are read");
    let removal = ContactPlan::remove(&slots, &[], erased);
    let subjects = vec![scene.target.id, scene.source.id];
    let erasure =
        Job { id: JobId::new(Uuid::from_u128(10)), subjects, ..job(JobKind::Erase, scene.target.id, scene.source.id) };
    let begun = scene.store.contacts.write_contacts(WORKSPACE, &removal, Some(&erasure), None, NOW).await;
    assert!(begun.expect("it is written"));
    let rests = scene.work(&merge, NOW.plus(SETTLING)).await.expect("it works");
    assert_eq!(
        (rests.counts, rests.completed_at),
        (Counts::default(), None),
        "there is something left, but not for it"
    );
    let done = scene.work(&erasure, NOW).await.expect("it works");
    assert_eq!((done.counts.tickets, done.counts.accounts), (2, 1));
    let rests = scene.work(&merge, NOW.plus(SETTLING)).await.expect("it works");
    assert_eq!(rests.completed_at, Some(NOW.plus(SETTLING)));
}

#[tokio::test]
async fn rows_of_an_index_that_is_behind_hide_no_account_and_end_no_job() {
    for kind in [JobKind::Merge, JobKind::Erase] {
        let scene = scene().await;
        for number in 20..45 {
            scene.put_account(number, scene.target.id, true).await;
        }
        scene.put_account(1_000, scene.source.id, true).await;
        let job = scene.begin(kind).await;
        let rests = scene.work(&job, NOW).await.expect("it works");
        assert_eq!(rests.counts.accounts, 2, "{kind:?}");
        assert_ne!(scene.owner_of(1_000).await, Some(scene.source.id));
        assert_eq!(scene.owner_of(20).await, Some(scene.target.id));
        let settled = NOW.plus(SETTLING);
        let rests = scene.work(&job, settled).await.expect("it works");
        assert_eq!(rests.completed_at, None, "what is behind may hide more");
        for number in 20..45 {
            scene.put_account(number, scene.target.id, false).await;
        }
        assert_eq!(scene.work(&job, settled).await.expect("it ends").completed_at, Some(settled));
    }
}

#[tokio::test]
async fn what_the_index_shows_late_is_found_by_later_looks() {
    let scene = scene().await;
    let job = scene.begin(JobKind::Erase).await;
    scene.work(&job, NOW).await.expect("it works");
    let settled = NOW.plus(SETTLING);
    let done = scene.work(&job, settled).await.expect("it ends");
    scene.put_account(1_000, scene.source.id, true).await;
    assert_eq!(scene.work(&job, settled).await.expect("it rests"), done);
    let later = done.next_look().expect("there is a later look");
    let done = scene.work(&job, later).await.expect("it ends again");
    assert_eq!((done.counts.accounts, done.completed_at, scene.owner_of(1_000).await), (2, Some(later), None));
    let last = done.next_look().expect("there is one more");
    let done = scene.work(&job, last).await.expect("it ends");
    assert_eq!((done.completed_at, done.next_look(), done.due_at(last)), (Some(later), None, None));
}
