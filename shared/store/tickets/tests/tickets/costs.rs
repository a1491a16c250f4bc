//! What each operation costs, in round trips and capacity units: the figures of
//! the crate's README. A head of about 0.8 KB and messages of 0.5 KB.

use crate::support::{Table, workspace};
use lambdesk_domain::{
    access::{AccessRules, Actor, Cause, Reach, Role},
    command::{
        Change, Context, Decision, Fields, NewReply, NewTicket, Opening, Prior, ReplyKind, Update, create, reply,
        update,
    },
    contact::{Contact, ContactRef, Requester},
    events::between,
    id::{ChannelId, MessageId, RequestId, TagId, TicketId, TicketNumber, UserId},
    message::{Content, Message},
    set::Set,
    status::{ChannelType, Priority, Source, Status},
    ticket::{ChannelRef, Ticket},
    time::Timestamp,
};
use lambdesk_store::{
    Answered, Claim, ListFilter, ListQuery, NewItems, Record, Sort, Start, Store, contact_id,
    keys::{State, Tenant},
};
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn id(number: u128) -> Uuid {
    Uuid::from_u128((0x0190 << 112) + number)
}

fn agent() -> Context {
    Context {
        actor: Actor::User { id: UserId::new(id(2)), name: "Ada Lovelace".parse().expect("a name"), role: Role::Agent },
        rules: AccessRules::default(),
        request_id: Some(RequestId::new(id(3))),
        is_silent: false,
        if_match: None,
        now: NOW.plus(Duration::from_mins(5)),
    }
}

fn content() -> Content {
    Content::from_text(&"The lamp that I ordered does not light up. ".repeat(4)).expect("not blank")
}

fn contact() -> Contact {
    let email: lambdesk_domain::text::EmailAddress = "grace.hopper@example.com".parse().expect("an address");
    Contact {
        name: Some("Grace Hopper".parse().expect("a name")),
        email: Some(email.clone()),
        ..Contact::new(contact_id("salt", &email), Cause::SYSTEM, NOW)
    }
}

/// A guest's ticket with its message.
fn opened(number: u128) -> (Ticket, Message) {
    let contact = contact();
    let new = NewTicket {
        workspace_id: workspace(1),
        id: TicketId::new(id(number)),
        number: TicketNumber(4_711),
        subject: "My lamp does not light up any more".parse().expect("a subject"),
        status: Status::Open,
        priority: Priority::Normal,
        is_held: false,
        source: Source::Guest,
        channel: Some(ChannelRef { id: ChannelId::new(id(4)), kind: ChannelType::Form }),
        category: None,
        team: None,
        assignee: None,
        contact: Some(ContactRef::from(&contact)),
        account: None,
        requester: Requester { name: contact.name.clone(), email: contact.email, phone: None },
        tags: [].into(),
        custom: [].into(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: Some(Opening {
            id: MessageId::new(id(number)),
            content: content(),
            is_outbound: false,
            is_secure: false,
        }),
        continues: None,
    };
    let actor = Actor::Visitor { channel: ChannelId::new(id(4)), contact: None, name: contact.name };
    let (ticket, message) = create(new, &Context { actor, now: NOW, ..agent() }).expect("it may be made");
    (ticket, message.expect("it opens with one"))
}

fn record() -> Record {
    let answer = Answered { status: 201, location: None, etag: None, sealed_body: vec![7; 600] };
    Record { key: "k".to_owned(), request: "r".to_owned(), answer }
}

fn setting(fields: Fields) -> Change {
    let Ok(Decision::Change(change)) = update(&Update::Fields(Box::new(fields)), &agent(), Prior::Unknown) else {
        panic!("a change")
    };
    *change
}

fn answering(number: u128) -> Change {
    let new = NewReply {
        ticket_id: TicketId::new(id(10)),
        id: MessageId::new(id(number)),
        kind: ReplyKind::Reply,
        content: content(),
        attachments: Vec::new(),
        is_secure: false,
        is_forward: false,
        status: None,
        sender: None,
    };
    let Ok(Decision::Change(change)) = reply(&new, &agent(), Prior::Unknown) else { panic!("a change") };
    *change
}

/// Requests, and units of table and indexes together.
async fn cost(table: &Table, operation: impl AsyncFnOnce(Store)) -> (usize, f64) {
    let store = table.store.metered();
    operation(store.clone()).await;
    (store.usage().round_trips(), store.usage().units())
}

async fn commits(table: &Table, change: Change) -> (usize, f64) {
    let ticket = TicketId::new(id(10));
    let commit =
        async |store: Store| drop(store.commit(workspace(1), ticket, &change, None).await.expect("it is written"));
    cost(table, commit).await
}

async fn with_ticket() -> Table {
    let table = Table::new().await;
    let (ticket, message) = opened(10);
    table
        .store
        .create_ticket(&ticket, NewItems { message: Some(&message), ..NewItems::default() })
        .await
        .expect("written");
    table
}

#[tokio::test]
async fn a_new_ticket_is_one_request_whatever_comes_with_it() {
    let table = Table::new().await;
    let (claim, answer) = (Claim { contact: contact(), address: None }, record());
    let creates = async |number, with_message: bool, contact, answer| {
        let (ticket, message) = opened(number);
        let new = NewItems { message: with_message.then_some(&message), contact, answer };
        cost(&table, async |store| store.create_ticket(&ticket, new).await.expect("it is written")).await
    };
    assert_eq!(creates(1, false, None, None).await, (1, 5.0));
    assert_eq!(creates(2, true, None, None).await, (1, 8.0));
    assert_eq!(creates(3, true, Some(&claim), None).await, (1, 10.0));
    assert_eq!(creates(4, true, Some(&claim), Some(&answer)).await, (1, 12.0));
}

#[tokio::test]
async fn a_change_is_one_request_and_pays_for_the_indexes_that_it_moves_in() {
    let status = |status| setting(Fields { status: Some(status), ..Fields::default() });
    let read = setting(Fields::of([Set::ReadByOrganization(true)]));
    let assign = setting(Fields::of([Set::Assignee(Some(UserId::new(id(2))))]));
    for (change, units) in [
        (read, 3.0),
        (status(Status::InProgress), 4.0),
        (assign, 4.0),
        (status(Status::Closed), 5.0),
        (answering(20), 7.0),
    ] {
        let table = with_ticket().await;
        assert_eq!(commits(&table, change.clone()).await, (1, units), "{:?}", change.patch);
    }
}

#[tokio::test]
async fn reading_is_one_request() {
    let table = with_ticket().await;
    for number in 20..39 {
        commits(&table, answering(number)).await;
    }
    let ticket = TicketId::new(id(10));
    let gets = async |store: Store| drop(store.ticket(workspace(1), ticket).await.expect("it is read"));
    assert_eq!(cost(&table, gets).await, (1, 1.0));
    let threads = async |store: Store| drop(store.thread(workspace(1), ticket, 20).await.expect("it is read"));
    assert_eq!(cost(&table, threads).await, (1, 3.0));
}

#[tokio::test]
async fn a_page_of_a_list_is_one_request_for_each_state() {
    let table = Table::new().await;
    table.fill(&(100..150).map(|number| opened(number).0).collect::<Vec<_>>()).await;
    let lists = async |states: &[Status]| {
        let query = ListQuery {
            states: states.iter().copied().map(State::Live).collect(),
            filter: ListFilter::default(),
            search: None,
            hide_put_off: true,
            reach: Reach::All,
            sort: Sort::default(),
            start: Start::First { skip: 0 },
            limit: 25,
            now: NOW,
        };
        cost(&table, async |store| drop(store.list(&Tenant::new(workspace(1)), &query).await.expect("it is read")))
            .await
    };
    assert_eq!(lists(&[Status::Open]).await, (1, 3.0));
    let open = [Status::Open, Status::InProgress, Status::Waiting, Status::OnHold];
    assert_eq!(lists(&open).await, (4, 4.5));
}

#[tokio::test]
async fn the_rows_of_lists_cost_what_has_moved() {
    let table = Table::new().await;
    let (new, _) = opened(10);
    let places = async |old: Option<&Ticket>, new: &Ticket| {
        cost(&table, async |store| store.place_rows(old, new).await.expect("they are written")).await
    };
    assert_eq!(places(None, &new).await, (1, 4.0), "its number, its last change and activity, its channel");
    let later = NOW.plus(Duration::from_mins(5));
    let replied = Ticket { updated_at: later, last_activity_at: later, ..new.clone() };
    assert_eq!(places(Some(&new), &replied).await, (1, 4.0), "both move: out of one place, into another");
    let closed = Ticket { status: Status::Closed, ..replied.clone() };
    assert_eq!(places(Some(&replied), &closed).await, (1, 6.0), "group of its number, order, change, activity");
    let tagged = Ticket { tags: [TagId::new(id(9))].into(), ..closed.clone() };
    assert_eq!(places(Some(&closed), &tagged).await, (1, 2.0), "by creation and by day");
    let next_day = Ticket { last_activity_at: NOW.plus(Duration::from_hours(24)), ..tagged.clone() };
    assert_eq!(places(Some(&tagged), &next_day).await, (1, 4.0), "activity, and another day");
    assert_eq!(places(Some(&next_day), &next_day).await, (0, 0.0));
    let removal = cost(&table, async |store| store.remove_rows(&next_day).await.expect("they are removed")).await;
    assert_eq!(removal, (1, 7.0));
    assert_eq!(table.size().await, 0);
}

#[tokio::test]
async fn what_follows_from_a_change_is_one_request_each() {
    let table = with_ticket().await;
    let (ticket, _) = opened(10);
    let event = between(None, &ticket).into();
    let adds = async |store: Store| assert!(store.add_event(&event, id(5), NOW).await.expect("it is written"));
    assert_eq!(cost(&table, adds).await, (1, 3.0));
    let numbers = async |store: Store| {
        for _ in 0..10 {
            store.next_number(workspace(1)).await.expect("a number");
        }
    };
    assert_eq!(cost(&table, numbers).await, (1, 1.0));
}
