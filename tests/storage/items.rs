//! Every item that the READMEs of the store crates name, as it is in the table.

use super::{
    cascades::cascade,
    shown::{kind, shown},
    sources,
    values::{
        ATTACHMENT, BY_USER, CHANNEL, CONTACT, MAKER, MESSAGE, NOW, SALT, TICKET, USER, WORKSPACE, account, api_key,
        cause, contact, delivery, endpoint, entries, file, id, job, later, message, settings, ticket,
    },
};
use lambdesk_domain::{
    access::{AccessRules, Actor, Cause, What},
    attachment::{Attachment, Upload},
    command::{Change, Context, Decision, NewReply, Prior, RemainingMessages, ReplyKind, delete_message, reply},
    contact::{Contact, ContactEnd},
    directory::{ApiKey, KeyHolder},
    events::{Event, EventSubject, between},
    id::{ApiKeyId, AttachmentId, DeliveryId, JobId, MessageId, TicketId, TicketNumber, Version},
    message::{Content, Message, MessageKind},
    personal::{Job, JobKind},
    search::words,
    status::{Awaiting, Lifecycle, Status},
    sweep::{Lateness, Reconciled, Run, RunTally},
    ticket::Ticket,
    webhook::{Delivery, DeliveryState},
};
use lambdesk_store_contacts::{ContactPlan, ContactUpsert, contact_id};
use lambdesk_store_directory::{KeyChange, NewApiKey, NewWorkspace, RetentionCursor};
use lambdesk_store_events::{BackfillRequest, FollowUp, GapWindow};
use lambdesk_store_search::{CompactionBudget, TOMBSTONE_TTL, TicketWords};
use lambdesk_store_tickets::{NewItems, begin_cascade};
use lambdesk_store_webhooks::Lease;
use lambdesk_table::{Answered, Record, Value, keys::short};
use lambdesk_testkit::TestTable;
use std::collections::{BTreeMap, BTreeSet};

/// A table with one item of each kind at least.
pub async fn filled() -> TestTable {
    let table = TestTable::new().await;
    table.table.check_format().await.unwrap().unwrap();
    directory(&table).await;
    tickets(&table).await;
    files(&table).await;
    people(&table).await;
    hooks(&table).await;
    due(&table).await;
    search(&table).await;
    counts(&table).await;
    table
}

fn record() -> Record {
    let answer = Answered {
        status: 201,
        location: Some("/v1/tickets/1".to_owned()),
        etag: Some("\"7\"".to_owned()),
        sealed_body: vec![1, 2, 255],
        is_reference: false,
    };
    Record { key: "hash".to_owned(), request: "request".to_owned(), answer }
}

async fn directory(table: &TestTable) {
    let store = &table.store.directories;
    let (owner, others) = (entries()[0].clone(), entries().split_off(1));
    let first = api_key(KeyHolder::User { user_id: USER });
    let new = NewWorkspace { workspace: &settings(), owner: &owner, key: &first, hash: "hash-1" };
    store.add_workspace(WORKSPACE, new, None, NOW).await.unwrap();
    for entry in &others {
        store.add_entry(WORKSPACE, entry, None, NOW).await.unwrap();
    }
    let listed = store.listed_api_key(WORKSPACE, first.id).await.unwrap().unwrap();
    let rotated = KeyChange::Rotate { hash: "hash-2", until: later(60), by: Some(MAKER) };
    assert!(store.change_api_key(&listed, rotated, None, NOW).await.unwrap());
    store.record_key_use(WORKSPACE, first.id, NOW).await.unwrap();
    for (number, holder) in [(30, KeyHolder::Machine), (31, KeyHolder::Channel { channel_id: CHANNEL })] {
        let key = ApiKey { id: ApiKeyId::new(id(number)), ..api_key(holder) };
        let hash = format!("hash-{number}");
        store.add_api_key(NewApiKey { key: &key, hash: &hash, holder: None }, None, NOW).await.unwrap();
    }
    table.store.tickets.next_number(WORKSPACE, NOW).await.unwrap();
}

async fn tickets(table: &TestTable) {
    let store = &table.store.tickets;
    let upsert = ContactUpsert { contact: contact("grace"), address: None };
    let new = NewItems { message: Some(&message()), contact: Some(&upsert), answer: Some(&record()), continued: None };
    store.create_ticket(&ticket(), new).await.unwrap();
    table.store.lists.place_rows(None, &ticket()).await.unwrap();
    let open = Ticket { status: Status::Open, status_before_spam: None, ..ticket() };
    let purged = Ticket { id: TicketId::new(id(21)), lifecycle: Lifecycle::Trashed, ..open };
    store.create_ticket(&purged, NewItems::default()).await.unwrap();
    assert!(store.begin_purge(&purged, later(700)).await.unwrap());
}

fn context(second: u64) -> Context {
    Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: later(second),
    }
}

fn note(ticket: &Ticket, number: u128, file: u128) -> Change {
    let new = NewReply {
        ticket_id: ticket.id,
        id: MessageId::new(id(number)),
        kind: ReplyKind::Note,
        content: Content::from_text("A note").unwrap(),
        attachments: vec![Attachment { id: AttachmentId::new(id(file)), ..self::file() }],
        is_secure: false,
        is_forward: false,
        status: None,
        sender: None,
    };
    match reply(&new, &context(1_000), Prior::Unknown) {
        Ok(Decision::Change(change)) => *change,
        other => panic!("no change: {other:?}"),
    }
}

/// Announced, carried, and of a message that is deleted.
async fn files(table: &TestTable) {
    let store = &table.store.tickets;
    let open = Ticket { id: TicketId::new(id(22)), status: Status::Open, status_before_spam: None, ..ticket() };
    store.create_ticket(&open, NewItems::default()).await.unwrap();
    for number in [ATTACHMENT.uuid(), id(40), id(41)] {
        let file = Attachment { id: AttachmentId::new(number), ..file() };
        let upload = Upload { ticket_id: open.id, file, by: BY_USER, at: NOW, carrier: None, is_doomed: false };
        store.announce_attachment(WORKSPACE, &upload, None).await.unwrap();
    }
    let (kept, gone) = (note(&open, 42, 40), note(&open, 43, 41));
    for change in [&kept, &gone] {
        store.commit(WORKSPACE, open.id, change, None).await.unwrap();
    }
    // Long ones, of which the first is small once it is packed.
    let numbers = |count: u32| {
        let digits: Vec<_> = (0..count).map(|number| format!("{:x} ", number.wrapping_mul(2_654_435_761))).collect();
        digits.concat()
    };
    for (number, text) in [(44, "x".repeat(3_000)), (45, numbers(450))] {
        let mut change = note(&open, number, 40);
        let message = change.message.take().unwrap();
        let content = Content::from_text(&text).unwrap();
        change.message = Some(Message { content, attachments: Vec::new(), ..message });
        store.commit(WORKSPACE, open.id, &change, None).await.unwrap();
    }
    let before = store.ticket(WORKSPACE, open.id).await.unwrap().unwrap();
    let pending_purge = RemainingMessages { newest: &[], is_all: false };
    let deletion = delete_message(&gone.message.unwrap(), pending_purge, &context(1_001), &before).unwrap();
    store.commit(WORKSPACE, open.id, &deletion, None).await.unwrap();
}

async fn create(table: &TestTable, contact: Contact) -> Contact {
    let slot = table.store.contacts.slot(WORKSPACE, contact.id).await.unwrap();
    let (contact, plan) = ContactPlan::create(contact, Some(slot));
    assert!(table.store.contacts.write_contacts(WORKSPACE, &plan, None, None, NOW).await.unwrap());
    contact
}

/// A contact, one that was merged into it, one that was erased, and one whose address
/// is somebody else's.
async fn people(table: &TestTable) {
    let store = &table.store.contacts;
    let slot = async |contact: &Contact| store.slot(WORKSPACE, contact.id).await.unwrap();
    let (ada, double, gone) = (
        create(table, contact("ada")).await,
        create(table, contact("double")).await,
        create(table, contact("gone")).await,
    );
    let merged = ada.merged_with(&double, cause(None), later(1)).unwrap();
    let plan = ContactPlan::merge(&slot(&ada).await, &merged, &slot(&double).await, &[]);
    assert!(store.write_contacts(WORKSPACE, &plan, Some(&job(JobKind::Merge)), None, NOW).await.unwrap());
    let end = |contact: &Contact| contact.ended(ContactEnd::Erased, Cause::SYSTEM, later(2));
    let plan = ContactPlan::remove(&[slot(&gone).await], &[], end);
    assert!(store.write_contacts(WORKSPACE, &plan, None, None, NOW).await.unwrap());
    // The address of the erased one comes back, with another id.
    let back = Contact { id: CONTACT, external_id: None, uid: None, ..contact("gone") };
    let (_, plan) = ContactPlan::create(back, Some(slot(&gone).await));
    assert!(store.write_contacts(WORKSPACE, &plan, None, None, NOW).await.unwrap());
    assert_eq!(contact_id(SALT, &"gone@example.com".parse().unwrap()), gone.id);
    store.add_account(WORKSPACE, &account(), None, NOW).await.unwrap();
    let done = Job { completed_at: Some(later(60)), ..job(JobKind::Export) };
    for (number, job) in [(50, done), (51, job(JobKind::Erase))] {
        let job = Job { id: JobId::new(id(number)), ..job };
        store.put_job(WORKSPACE, &job, NOW).await.unwrap();
    }
    table.table.write(begin_cascade(WORKSPACE, &cascade())).await.unwrap();
    let slot = slot(&gone).await;
    assert!(slot.ended.is_some() && slot.alias.is_some());
}

async fn hooks(table: &TestTable) {
    let store = &table.store.webhooks;
    store.put_endpoint(&endpoint()).await.unwrap();
    store.pace_replay(WORKSPACE, 3, NOW).await.unwrap().unwrap();
    let states: BTreeMap<_, _> = DeliveryState::ALL.iter().map(|state| (state.as_str(), *state)).collect();
    for (number, state) in (60..).zip(states.into_values()) {
        let delivery = Delivery { id: DeliveryId::new(id(number)), ..delivery(state) };
        assert!(store.add_delivery(&delivery).await.unwrap());
    }
    let leased = Delivery { id: DeliveryId::new(id(70)), ..delivery(DeliveryState::Pending) };
    assert!(store.add_delivery(&leased).await.unwrap());
    let lease = Lease { until: later(120) };
    assert!(store.lease_delivery(WORKSPACE, leased.endpoint_id, leased.id, later(61), lease).await.unwrap().is_some());
}

async fn due(table: &TestTable) {
    let (store, directories) = (&table.store.events, &table.store.directories);
    let follow_up = FollowUp { due: later(900), lifecycle: Lifecycle::Live };
    store.put_follow_up(WORKSPACE, TICKET, Version(7), follow_up, NOW).await.unwrap();
    let (_, plan) = ContactPlan::create(contact("ada"), None);
    let of_contact = plan.events(WORKSPACE).remove(0);
    let of_ticket =
        Event::from(between(Some(&Ticket { version: Version(6), status: Status::Open, ..ticket() }), &ticket()));
    for (number, event) in (80..).zip([of_ticket, of_contact]) {
        assert!(store.tell(&event, position(number), NOW).await.unwrap());
    }
    store.schedule_retry(WORKSPACE, EventSubject::Ticket(TICKET), later(60)).await.unwrap();
    for of in [EventSubject::Ticket(TICKET), EventSubject::Contact(CONTACT)] {
        let window = GapWindow { since: NOW, settled_before: later(3_600) };
        store.request_backfill(WORKSPACE, of, BackfillRequest { window, requested_at: later(60) }).await.unwrap();
    }
    let cursor = RetentionCursor { list: 1, after: Some("place".to_owned()) };
    directories.schedule_retention_sweep(WORKSPACE, NOW).await.unwrap();
    directories.save_retention_sweep(WORKSPACE, Some(&cursor), later(60)).await.unwrap();
    store.record_run(NOW, &run()).await.unwrap();
    assert!(store.put_sweep_state(&BTreeMap::from([("state", 1)]), None, None).await.unwrap());
    store.request_reconcile(NOW).await.unwrap();
}

fn run() -> Run {
    Run {
        started_at: NOW,
        ended_at: later(1),
        follow_ups: RunTally::default(),
        deliveries: RunTally::default(),
        rechecks: RunTally::default(),
        jobs: RunTally::default(),
        deleted: RunTally::default(),
        purged: RunTally::default(),
        reconciled: Reconciled::default(),
        lateness_ms: Lateness::default(),
        errors: 0,
        is_complete: true,
    }
}

/// A position in the feed, of the time of the scenario.
fn position(number: u8) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(NOW.millis(), &[number; 10]).into_uuid()
}

async fn search(table: &TestTable) {
    let store = &table.store.search;
    let said = |number: u64, is_whole| TicketWords {
        number: TicketNumber(number),
        id: TicketId::new(id(u128::from(number))),
        is_whole,
        is_new: true,
        public: words("The lamp is broken"),
        noted: words("An inner word"),
    };
    // Each time so late that what is to be forgotten is merged: new words first, then
    // all segments.
    let mut now = NOW;
    for number in 1..=2 {
        store.add_words(WORKSPACE, &number.to_string(), &[said(number, true)], now).await.unwrap();
        now = now.plus(TOMBSTONE_TTL);
        store.compact(WORKSPACE, CompactionBudget::Steps(100), now).await.unwrap();
    }
    store.add_words(WORKSPACE, "3", &[said(3, true)], now).await.unwrap();
    table.store.tickets.request_reindex(WORKSPACE, TICKET, NOW).await.unwrap();
}

/// One event after the other, so that each counter is there.
async fn counts(table: &TestTable) {
    let (store, reports) = (&table.store.events, &table.store.reports);
    let fresh = |number: u128| Ticket {
        id: TicketId::new(id(number)),
        version: Version::FIRST,
        status: Status::Open,
        status_before_spam: None,
        first_response_at: None,
        cause: Cause::SYSTEM,
        ..ticket()
    };
    let mut events = Vec::new();
    for (number, (lifecycle, status)) in (100..)
        .zip(Lifecycle::ALL.iter().flat_map(|lifecycle| Status::ALL.iter().map(move |status| (lifecycle, status))))
    {
        events.push(between(None, &Ticket { lifecycle: *lifecycle, status: *status, ..fresh(number) }));
    }
    for (number, awaiting) in (200..).zip(Awaiting::ALL) {
        events.push(between(None, &Ticket { awaiting: *awaiting, ..fresh(number) }));
    }
    let what = What::Message { id: MESSAGE, kind: MessageKind::Outbound };
    let opened = fresh(300);
    let answered =
        Ticket { version: Version(2), first_response_at: Some(later(200)), cause: cause(Some(what)), ..opened.clone() };
    let closed = Ticket { version: Version(3), status: Status::Closed, cause: Cause::SYSTEM, ..answered.clone() };
    let reopened = Ticket { version: Version(4), status: Status::Open, ..closed.clone() };
    events.push(between(None, &opened));
    events.extend(
        [(&opened, &answered), (&answered, &closed), (&closed, &reopened)].map(|(old, new)| between(Some(old), new)),
    );
    for (number, event) in (100..).zip(events) {
        assert!(store.tell(&event.into(), position(number), NOW).await.unwrap());
    }
    assert!(reports.fold_counts(WORKSPACE, NOW, later(60), 9).await.unwrap().is_current);
    assert!(reports.recount(WORKSPACE, NOW, later(60), 9).await.unwrap().is_complete);
}

/// All items, with their attributes in order. Events stand for themselves in
/// `golden/events`: of those that are only counted here, the counters are shown.
pub async fn lines() -> Vec<String> {
    let table = filled().await;
    let mut items: BTreeMap<(String, String), BTreeMap<String, Value>> = BTreeMap::new();
    for item in table.items().await {
        items.insert((shown(&item["pk"]), shown(&item["sk"])), item.into_iter().collect());
    }
    let own: BTreeSet<_> = items
        .values()
        .flat_map(|item| item.values().filter_map(|value| value.as_m().ok()))
        .flat_map(|map| map.keys())
        .cloned()
        .collect();
    let all: BTreeSet<_> = items.values().flat_map(|item| item.keys().cloned()).chain(own).collect();
    let forgotten: Vec<_> = sources::attributes().into_iter().filter(|name| !all.contains(name)).collect();
    assert!(forgotten.is_empty(), "no ticket here has {forgotten:?}");
    let is_counted_only = |(pk, sk): &&(String, String)| {
        sk.starts_with("E#") && pk.contains("#t#") && !pk.ends_with(&short(TICKET.uuid()))
    };
    let shown_items = items.iter().filter(|(key, _)| !is_counted_only(key));
    let one = |((pk, sk), item): (&(String, String), &BTreeMap<String, Value>)| {
        let attributes = item.iter().filter(|(name, _)| !["pk", "sk"].contains(&name.as_str()));
        let lines = attributes.map(|(name, value)| format!("  {name:<10} {:<4} {}", kind(value), shown(value)));
        std::iter::once(format!("{pk} | {sk}")).chain(lines).collect::<Vec<_>>()
    };
    shown_items.flat_map(one).collect()
}
