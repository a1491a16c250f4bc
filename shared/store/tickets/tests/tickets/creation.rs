//! New tickets with what comes with them: all or nothing.

use crate::support::{Table, renamed, sample, samples, workspace};
use lambdesk_domain::{
    access::Cause,
    command::ReplyKind,
    contact::Contact,
    id::{ContactId, TicketId},
    message::Message,
    testing,
    text::EmailAddress,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store::{Answered, Claim, CommitError, ContactPlan, NewItems, Record, Store, contact_id};
use std::time::Duration;
use uuid::Uuid;

fn ticket(id: u128) -> Ticket {
    renamed(&sample(&testing::ticket()), workspace(1), id)
}

fn message(ticket: TicketId) -> Message {
    let with_message = testing::created();
    let made = samples(&with_message, 40).into_iter().find_map(|(_, message)| message);
    Message { ticket_id: ticket, ..made.expect("most tickets open with a message") }
}

fn contact(name: Option<&str>, email: &str) -> Contact {
    let email: EmailAddress = email.parse().expect("an address");
    Contact {
        name: name.map(|name| name.parse().expect("a name")),
        email: Some(email.clone()),
        ..Contact::new(contact_id("salt", &email), Cause::SYSTEM, Timestamp::from_millis(1_767_225_600_000))
    }
}

fn claim(contact: &Contact) -> Claim {
    Claim { contact: contact.clone(), address: None }
}

fn record(key: &str, request: &str) -> Record {
    let answer = Answered {
        status: 201,
        location: Some("/v1/tickets/1".to_owned()),
        etag: None,
        sealed_body: vec![0, 159, 146, 150],
    };
    Record { key: key.to_owned(), request: request.to_owned(), answer }
}

async fn create(store: &Store, ticket: &Ticket, new: NewItems<'_>) -> Result<(), CommitError> {
    store.metered().create_ticket(ticket, new).await
}

async fn add(store: &Store, contact: &Contact) -> Result<bool, CommitError> {
    let (_, plan) = ContactPlan::create(contact.clone(), None);
    store.write_contacts(workspace(1), &plan, None, None, contact.created_at).await
}

#[tokio::test]
async fn a_ticket_comes_with_its_message_its_contact_and_the_answer_in_one_round_trip() {
    let table = Table::new().await;
    let ticket = ticket(1);
    let (message, contact, answer) = (message(ticket.id), contact(Some("Ada"), "ada@example.com"), record("k", "r"));
    let store = table.store.metered();
    let new = NewItems { message: Some(&message), contact: Some(&claim(&contact)), answer: Some(&answer) };
    store.create_ticket(&ticket, new).await.expect("it is written");
    assert_eq!(store.usage().round_trips(), 1);
    let (found, page) =
        store.thread(ticket.workspace_id, ticket.id, 20).await.expect("it is read").expect("it is there");
    assert_eq!((found, page.items, page.has_more), (ticket.clone(), vec![message], false));
    assert_eq!(store.contact(workspace(1), contact.id).await.expect("it is read"), Some(contact));
    let remembered = store.answered(workspace(1), "k", ticket.created_at).await.expect("it is read");
    assert_eq!(remembered, Some(answer));
}

#[tokio::test]
async fn a_ticket_alone_is_one_put_and_making_it_again_changes_nothing() {
    let table = Table::new().await;
    let ticket = ticket(1);
    let store = table.store.metered();
    store.create_ticket(&ticket, NewItems::default()).await.expect("it is written");
    assert_eq!(store.usage().operations[0].name, "PutItem");
    let other = Ticket { number: lambdesk_domain::id::TicketNumber(7), ..ticket.clone() };
    create(&store, &other, NewItems::default()).await.expect("a second try of the first");
    assert_eq!(store.ticket(workspace(1), ticket.id).await.expect("it is read"), Some(ticket));
}

#[tokio::test]
async fn sixteen_tickets_at_once_from_one_address_make_one_contact() {
    let table = Table::new().await;
    let email: EmailAddress = "ada@example.com".parse().expect("an address");
    let creations = (1..=16).map(|id| {
        let (store, ticket) = (table.store.clone(), ticket(id));
        let mut contact = contact(Some("Ada"), email.as_str());
        contact.created_at = contact.created_at.plus(Duration::from_millis(u64::try_from(id).expect("small")));
        async move {
            let message = message(ticket.id);
            let new = NewItems { message: Some(&message), contact: Some(&claim(&contact)), answer: None };
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
        let table = Table::new().await;
        assert!(add(&table.store, &other).await.expect("it is written"));
        let ticket = ticket(1);
        let new = NewItems { contact: Some(&claim(&known)), ..NewItems::default() };
        match create(&table.store, &ticket, new).await {
            Err(CommitError::OtherContact(found)) => assert_eq!(found.contact(), Some(&other)),
            outcome => panic!("{outcome:?}"),
        }
        assert_eq!(table.size().await, 1, "neither the ticket nor anything else is written");
    }
}

#[tokio::test]
async fn a_known_contact_stays_as_it_was_made() {
    let table = Table::new().await;
    let first = contact(Some("Ada"), "ada@example.com");
    assert!(add(&table.store, &first).await.expect("it is written"));
    let later = Contact { created_at: first.created_at.plus(Duration::from_secs(9)), ..first.clone() };
    assert!(!add(&table.store, &later).await.expect("it is refused"), "somebody is there");
    let new = NewItems { contact: Some(&claim(&later)), ..NewItems::default() };
    create(&table.store, &ticket(1), new).await.expect("it is written");
    assert_eq!(table.store.contact(workspace(1), first.id).await.expect("it is read"), Some(first));
}

#[test]
fn a_contacts_id_follows_from_the_workspaces_salt_and_the_address() {
    let [ada, bob] = ["ada@example.com", "bob@example.com"].map(|email| email.parse().expect("an address"));
    let first = contact_id("salt", &ada);
    assert_eq!(first, contact_id("salt", &ada));
    let others: [ContactId; 2] = [contact_id("salt", &bob), contact_id("other", &ada)];
    assert!(!others.contains(&first));
    assert_eq!(first.uuid().get_version_num(), 8);
}

#[tokio::test]
async fn a_request_answered_before_writes_nothing_more() {
    let table = Table::new().await;
    let (first, second) = (ticket(1), ticket(2));
    let (answer, other) = (record("k", "r"), record("k", "another body"));
    let new = |answer| NewItems { answer: Some(answer), ..NewItems::default() };
    create(&table.store, &first, new(&answer)).await.expect("it is written");
    let outcome = create(&table.store, &second, new(&other)).await;
    assert!(matches!(&outcome, Err(CommitError::Answered(found)) if **found == answer), "{outcome:?}");
    assert_eq!(table.store.ticket(workspace(1), second.id).await.expect("it is read"), None);
    let later = Ticket { created_at: first.created_at.plus(Duration::from_hours(25)), ..second };
    create(&table.store, &later, new(&other)).await.expect("an answer is forgotten after a day");
    let found = table.store.answered(workspace(1), "k", later.created_at).await.expect("it is read");
    assert_eq!(found, Some(other));
}

#[tokio::test]
async fn an_answer_is_remembered_for_its_time_and_its_workspace_only() {
    let table = Table::new().await;
    let (answer, now) = (record("k", "r"), Timestamp::from_millis(1_767_225_600_000));
    table.store.remember(workspace(1), &answer, now).await.expect("it is written");
    let at = async |number, hours| {
        let now = now.plus(Duration::from_hours(hours));
        table.store.answered(workspace(number), "k", now).await.expect("it is read")
    };
    assert_eq!((at(1, 24).await, at(1, 25).await, at(2, 0).await), (Some(answer.clone()), None, None));
    let other = record("k", "another body");
    table.store.remember(workspace(1), &other, now).await.expect("it is no failure");
    assert_eq!(at(1, 0).await, Some(answer), "the first one stays");
    table.store.remember(workspace(1), &other, now.plus(Duration::from_hours(25))).await.expect("it is written");
    assert_eq!(at(1, 25).await, Some(other), "an answer is forgotten after a day");
}

#[tokio::test]
async fn a_reply_that_was_answered_before_is_not_written_again() {
    let table = Table::new().await;
    let ticket = Ticket { shelf: lambdesk_domain::status::Shelf::Live, ..ticket(1) };
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
        outcomes.push(table.store.commit(workspace(1), ticket.id, &change, Some(&answer)).await);
    }
    assert!(matches!(outcomes[0], Ok(None)), "{:?}", outcomes[0]);
    assert!(matches!(&outcomes[1], Err(CommitError::Answered(found)) if **found == answer), "{:?}", outcomes[1]);
    let (found, page) = table.store.thread(workspace(1), ticket.id, 9).await.expect("it is read").expect("it is there");
    assert_eq!((found.version, page.items.len()), (ticket.version.next(), 1));
}
