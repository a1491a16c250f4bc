//! New tickets with what comes with them: all or nothing.

use crate::message;
use lambdesk_domain::{
    access::Cause, command::ReplyKind, contact::Contact, testing, text::EmailAddress, ticket::Ticket, time::Timestamp,
};
use lambdesk_store_contacts::{ContactPlan, ContactUpsert, contact_id};
use lambdesk_store_tickets::{CommitError, CreateError, NewItems};
use lambdesk_table::{Answered, Record, measured};
use lambdesk_testkit::{Stores, TestTable, renamed, sample, workspace};
use std::time::Duration;
use uuid::Uuid;

fn ticket(id: u128) -> Ticket {
    renamed(&sample(&testing::ticket()), workspace(1), id)
}

fn contact(name: Option<&str>, email: &str) -> Contact {
    let email: EmailAddress = email.parse().expect("an address");
    Contact {
        name: name.map(|name| name.parse().expect("a name")),
        email: Some(email.clone()),
        ..Contact::new(contact_id("salt", &email), Cause::SYSTEM, Timestamp::from_millis(1_767_225_600_000))
    }
}

fn upsert(contact: &Contact) -> ContactUpsert {
    ContactUpsert { contact: contact.clone(), address: None }
}

fn record(key: &str, request: &str) -> Record {
    let answer = Answered {
        status: 201,
        location: Some("/v1/tickets/1".to_owned()),
        etag: None,
        sealed_body: vec![0, 159, 146, 150],
        is_reference: false,
    };
    Record { key: key.to_owned(), request: request.to_owned(), answer }
}

async fn create(store: &Stores, ticket: &Ticket, new: NewItems<'_>) -> Result<(), CreateError> {
    store.tickets.create_ticket(ticket, new).await
}

/// Adds a contact; says whether its id was free.
async fn add(store: &Stores, contact: &Contact) -> bool {
    let (_, plan) = ContactPlan::create(contact.clone(), None);
    let added = store.contacts.write_contacts(workspace(1), &plan, None, None, contact.created_at).await;
    added.expect("no name of it is taken")
}

#[tokio::test]
async fn a_ticket_comes_with_its_message_its_contact_and_the_answer_in_one_round_trip() {
    let table = TestTable::new().await;
    let ticket = ticket(1);
    let (message, contact, answer) = (message(ticket.id), contact(Some("Ada"), "ada@example.com"), record("k", "r"));
    let store = &table.store;
    let new =
        NewItems { message: Some(&message), contact: Some(&upsert(&contact)), answer: Some(&answer), continued: None };
    let (created, usage) = measured(store.tickets.create_ticket(&ticket, new)).await;
    created.expect("it is written");
    assert_eq!(usage.round_trips(), 1);
    let thread = store.tickets.thread(ticket.workspace_id, ticket.id, 20).await;
    let (found, page) = thread.expect("it is read").expect("it is there");
    assert_eq!((found, page.items, page.has_more), (ticket.clone(), vec![message], false));
    assert_eq!(store.contacts.contact(workspace(1), contact.id).await.expect("it is read"), Some(contact));
    let remembered = store.table.answered(workspace(1), "k", ticket.created_at).await.expect("it is read");
    assert_eq!(remembered, Some(answer));
}

#[tokio::test]
async fn a_ticket_alone_is_one_put_and_making_it_again_changes_nothing() {
    let table = TestTable::new().await;
    let ticket = ticket(1);
    let store = &table.store;
    let (created, usage) = measured(store.tickets.create_ticket(&ticket, NewItems::default())).await;
    created.expect("it is written");
    assert_eq!(usage.operations[0].name, "PutItem");
    let other = Ticket { number: lambdesk_domain::id::TicketNumber(7), ..ticket.clone() };
    create(store, &other, NewItems::default()).await.expect("a second try of the first");
    assert_eq!(store.tickets.ticket(workspace(1), ticket.id).await.expect("it is read"), Some(ticket));
}

#[tokio::test]
async fn sixteen_tickets_at_once_from_one_address_make_one_contact() {
    let table = TestTable::new().await;
    let email: EmailAddress = "ada@example.com".parse().expect("an address");
    let creations = (1..=16).map(|id| {
        let (store, ticket) = (table.store.clone(), ticket(id));
        let mut contact = contact(Some("Ada"), email.as_str());
        contact.created_at = contact.created_at.plus(Duration::from_millis(u64::try_from(id).expect("small")));
        async move {
            let message = message(ticket.id);
            let new = NewItems { message: Some(&message), contact: Some(&upsert(&contact)), ..NewItems::default() };
            create(&store, &ticket, new).await
        }
    });
    for outcome in futures_util::future::join_all(creations).await {
        outcome.expect("it is written");
    }
    // Sixteen tickets, sixteen messages, one contact.
    assert_eq!(table.size().await, 33);
}

#[tokio::test]
async fn a_contact_that_is_another_one_stops_the_ticket_and_is_told() {
    let known = contact(Some("Ada"), "ada@example.com");
    let moved = Contact { email: Some("new@example.com".parse().expect("an address")), ..known.clone() };
    let blocked = Contact { is_blocked: true, ..known.clone() };
    let unnamed = Contact { name: None, ..known.clone() };
    for other in [moved, blocked, unnamed] {
        let table = TestTable::new().await;
        assert!(add(&table.store, &other).await);
        let ticket = ticket(1);
        let new = NewItems { contact: Some(&upsert(&known)), ..NewItems::default() };
        match create(&table.store, &ticket, new).await {
            Err(CreateError::OtherContact(found)) => assert_eq!(found.0.contact(), Some(&other)),
            outcome => panic!("{outcome:?}"),
        }
        assert_eq!(table.size().await, 1, "neither the ticket nor anything else is written");
    }
}

#[tokio::test]
async fn a_known_contact_stays_as_it_was_made() {
    let table = TestTable::new().await;
    let first = contact(Some("Ada"), "ada@example.com");
    assert!(add(&table.store, &first).await);
    let later = Contact { created_at: first.created_at.plus(Duration::from_secs(9)), ..first.clone() };
    assert!(!add(&table.store, &later).await, "somebody is there");
    let new = NewItems { contact: Some(&upsert(&later)), ..NewItems::default() };
    create(&table.store, &ticket(1), new).await.expect("it is written");
    assert_eq!(table.store.contacts.contact(workspace(1), first.id).await.expect("it is read"), Some(first));
}

#[tokio::test]
async fn a_request_answered_before_writes_nothing_more() {
    let table = TestTable::new().await;
    let (first, second) = (ticket(1), ticket(2));
    let (answer, other) = (record("k", "r"), record("k", "another body"));
    let new = |answer| NewItems { answer: Some(answer), ..NewItems::default() };
    create(&table.store, &first, new(&answer)).await.expect("it is written");
    let outcome = create(&table.store, &second, new(&other)).await;
    assert!(matches!(&outcome, Err(CreateError::Answered(found)) if *found.0 == answer), "{outcome:?}");
    assert_eq!(table.store.tickets.ticket(workspace(1), second.id).await.expect("it is read"), None);
    let later = Ticket { created_at: first.created_at.plus(Duration::from_hours(25)), ..second };
    create(&table.store, &later, new(&other)).await.expect("an answer is forgotten after a day");
    let found = table.table.answered(workspace(1), "k", later.created_at).await.expect("it is read");
    assert_eq!(found, Some(other));
}

#[tokio::test]
async fn a_reply_that_was_answered_before_is_not_written_again() {
    let table = TestTable::new().await;
    let ticket = Ticket { lifecycle: lambdesk_domain::status::Lifecycle::Live, ..ticket(1) };
    create(&table.store, &ticket, NewItems::default()).await.expect("it is written");
    let context = sample(&testing::trusted());
    let new = lambdesk_domain::command::NewReply {
        kind: ReplyKind::Note,
        ticket_id: ticket.id,
        ..sample(&testing::new_reply())
    };
    let answer = record("k", "r");
    let mut outcomes = Vec::new();
    for number in 1..=2 {
        let new = lambdesk_domain::command::NewReply {
            id: lambdesk_domain::id::MessageId::new(Uuid::from_u128(number)),
            ..new.clone()
        };
        let decided = lambdesk_domain::command::reply(&new, &context, lambdesk_domain::command::Prior::Unknown);
        let Ok(lambdesk_domain::command::Decision::Change(change)) = decided else { panic!("{decided:?}") };
        outcomes.push(table.store.tickets.commit(workspace(1), ticket.id, &change, Some(&answer)).await);
    }
    assert!(matches!(outcomes[0], Ok(None)), "{:?}", outcomes[0]);
    assert!(matches!(&outcomes[1], Err(CommitError::Answered(found)) if *found.0 == answer), "{:?}", outcomes[1]);
    let (found, page) =
        table.store.tickets.thread(workspace(1), ticket.id, 9).await.expect("it is read").expect("it is there");
    assert_eq!((found.version, page.items.len()), (ticket.version.next(), 1));
}
