//! What each operation costs, in round trips and capacity units: the figures of the
//! crate's README.

use lambdesk_domain::{
    command::{Change, Decision, Fields, NewReply, Prior, ReplyKind, Update, reply, update},
    id::{MessageId, TicketId, UserId},
    set::Set,
    status::Status,
};
use lambdesk_store_contacts::ContactUpsert;
use lambdesk_store_tickets::NewItems;
use lambdesk_table::{Answered, Record, measured};
use lambdesk_testkit::{
    TestTable,
    typical::{agent, contact, content, id, opened},
    workspace,
};

fn record() -> Record {
    let answer = Answered { status: 201, location: None, etag: None, sealed_body: vec![7; 600], is_reference: false };
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

/// What a future answers, with its requests and units of table and indexes together.
async fn cost<T>(operation: impl Future<Output = T>) -> (T, (usize, f64)) {
    let (output, usage) = measured(operation).await;
    (output, (usage.round_trips(), usage.units()))
}

async fn commits(table: &TestTable, change: Change) -> (usize, f64) {
    let ticket = TicketId::new(id(10));
    let (committed, cost) = cost(table.store.tickets.commit(workspace(1), ticket, &change, None)).await;
    committed.expect("it is written");
    cost
}

async fn with_ticket() -> TestTable {
    let table = TestTable::new().await;
    let (ticket, message) = opened(10);
    let new = NewItems { message: Some(&message), ..NewItems::default() };
    table.store.tickets.create_ticket(&ticket, new).await.expect("written");
    table
}

#[tokio::test]
async fn a_new_ticket_is_one_request_whatever_comes_with_it() {
    let table = TestTable::new().await;
    let (upsert, answer) = (ContactUpsert { contact: contact(), address: None }, record());
    let creates = async |number, with_message: bool, contact, answer| {
        let (ticket, message) = opened(number);
        let new = NewItems { message: with_message.then_some(&message), contact, answer, continued: None };
        let (created, cost) = cost(table.store.tickets.create_ticket(&ticket, new)).await;
        created.expect("it is written");
        cost
    };
    assert_eq!(creates(1, false, None, None).await, (1, 5.0));
    assert_eq!(creates(2, true, None, None).await, (1, 8.0));
    assert_eq!(creates(3, true, Some(&upsert), None).await, (1, 10.0));
    assert_eq!(creates(4, true, Some(&upsert), Some(&answer)).await, (1, 12.0));
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
    let (tickets, ticket) = (&table.store.tickets, TicketId::new(id(10)));
    let (found, gets) = cost(tickets.ticket(workspace(1), ticket)).await;
    assert_eq!((found.expect("it is read").is_some(), gets), (true, (1, 1.0)));
    let (thread, threads) = cost(tickets.thread(workspace(1), ticket, 20)).await;
    let (_, messages) = thread.expect("it is read").expect("it is there");
    assert_eq!((messages.items.len(), threads), (20, (1, 3.0)));
}
