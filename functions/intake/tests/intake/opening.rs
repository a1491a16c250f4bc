//! Opening tickets: what is made, and what the visitor does not learn.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::visitor::{PAGE, Visitor, ada, nobody, open, open_in, session};
use lambdesk_domain::{
    access::Cause,
    contact::Contact,
    custom_field::{FieldDefinition, FieldKind},
    directory::{Channel, Entry, IntakePolicy},
    id::FieldId,
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
    text::EmailAddress,
    ticket::Ticket,
};
use lambdesk_store_contacts::contact_id;
use lambdesk_testkit::{ClientAnswer, Desk};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_visitor_opens_a_guest_ticket_and_gets_its_public_token_once() {
    let desk = Desk::open().await;
    let channel = desk.channel(|channel| channel.default_priority = Priority::High).await;
    let answer = open(&desk, &channel, &ada()).await;
    let visitor = Visitor::of(&desk, channel, &answer);
    let message = &answer.data()["ticket"]["messages"][0];
    let expected = json!({
        "ticket": {
            "number": 1, "subject": "My order", "status": "open", "is_closed": false, "is_read": true,
            "created_at": "2026-01-15T14:30:00.000Z", "last_activity_at": "2026-01-15T14:30:00.000Z",
            "messages": [{
                "id": message["id"], "kind": "inbound", "body_text": "Where is it?", "body_html": "<p>Where is it?</p>",
                "is_secure": false, "sender": {"name": null}, "attachments": [], "created_at": "2026-01-15T14:30:00.000Z",
            }],
            "has_more_messages": false, "continued_by": null,
        },
        "public_token": visitor.token,
    });
    assert_eq!(answer.data(), expected);
    assert_eq!((answer.header("location"), answer.header("access-control-allow-origin")), ("", PAGE));

    let ticket = desk.ticket_now(visitor.ticket).await;
    assert_eq!((ticket.source, ticket.lifecycle, ticket.status), (Source::Guest, Lifecycle::Live, Status::Open));
    assert_eq!((ticket.priority, ticket.awaiting), (Priority::High, Awaiting::Agent));
    assert_eq!(ticket.channel.unwrap().id, visitor.channel.id);
    assert_eq!(ticket.requester.name.unwrap().as_str(), "Ada");
    assert_eq!(ticket.contact.unwrap().email.unwrap().as_str(), "ada@example.com");
}

#[tokio::test]
async fn the_public_token_reads_the_ticket_it_was_given_for() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let answer = open(&desk, &channel, &ada()).await;
    let visitor = Visitor::of(&desk, channel, &answer);
    assert_eq!(visitor.get("").await.data(), answer.data()["ticket"]);
}

#[tokio::test]
async fn nothing_of_the_public_token_is_stored() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let session = session(&desk, &channel).await;
    let answer = open_in(&desk, &channel, &session, &[("idempotency-key", "one")], &ada()).await;
    let visitor = Visitor::of(&desk, channel, &answer);
    let mac = &visitor.token[visitor.token.len() - 40..];
    assert!(!desk.table.everything().await.contains(mac));
}

#[tokio::test]
async fn a_subject_that_is_left_out_is_the_messages_first_words() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let body = json!({"message": {"body_html": "<p>Where is <b>my order</b>?</p><p>It is late.</p>"}});
    let answer = open(&desk, &channel, &body).await;
    assert_eq!(answer.data()["ticket"]["subject"], "Where is my order? It is late.");
}

#[tokio::test]
async fn defined_custom_fields_and_a_uid_are_kept() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    desk.add(&Entry::Field(FieldDefinition {
        id: FieldId::new(desk.clock.new_uuid()),
        key: "order".parse().unwrap(),
        name: "Order".parse().unwrap(),
        kind: FieldKind::Number,
        is_required: true,
        options: Vec::new(),
    }))
    .await;
    let with = |custom: Json| json!({"message": {"body_text": "Hi"}, "uid": "u-7", "custom": custom});
    let answer = open(&desk, &channel, &with(json!({"order": 12}))).await;
    let ticket = desk.ticket_now(Visitor::of(&desk, channel.clone(), &answer).ticket).await;
    assert_eq!((json!(ticket.custom), ticket.uid.unwrap().as_str()), (json!({"order": 12}), "u-7"));
    for (bad, pointer) in [
        (json!({}), "/custom/order"),
        (json!({"order": "twelve"}), "/custom/order"),
        (json!({"order": 1, "a/b": 1}), "/custom/a~1b"),
    ] {
        let answer = open(&desk, &channel, &with(bad)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer.to_owned()]));
    }
}

#[tokio::test]
async fn tickets_of_a_channel_that_holds_wait_unprocessed() {
    let desk = Desk::open().await;
    let channel = desk.channel(|channel| channel.intake = IntakePolicy::Hold).await;
    let (held, ticket) = opened(&desk, channel, &ada()).await;
    assert_eq!((ticket.lifecycle, ticket.status), (Lifecycle::Unprocessed, Status::Open));
    assert_eq!(shape(&held), shape(&ordinary(&desk).await));
}

/// Opens a ticket: what was answered, and the ticket as it is.
async fn opened(desk: &Desk, channel: Channel, body: &Json) -> (Json, Ticket) {
    let answer = open(desk, &channel, body).await;
    let visitor = Visitor::of(desk, channel, &answer);
    (answer.data(), desk.ticket_now(visitor.ticket).await)
}

async fn ordinary(desk: &Desk) -> Json {
    let channel = desk.channel(|_| ()).await;
    let body = json!({"subject": "My order", "message": {"body_text": "Where is it?"}});
    open(desk, &channel, &body).await.data()
}

/// An answer without what differs between any two tickets.
fn shape(answer: &Json) -> Json {
    let mut shape = answer.clone();
    shape["public_token"] = json!("");
    shape["ticket"]["number"] = json!(0);
    shape["ticket"]["messages"][0]["id"] = json!("");
    shape
}

async fn contact(desk: &Desk, email: &str, is_blocked: bool) -> Contact {
    let email: EmailAddress = email.parse().unwrap();
    let contact = Contact {
        name: Some("Ada Lovelace".parse().unwrap()),
        email: Some(email.clone()),
        external_id: Some("crm-1".parse().unwrap()),
        is_blocked,
        ..Contact::new(contact_id("salt", &email), Cause::SYSTEM, desk.now())
    };
    desk.add_contact(&contact).await;
    contact
}

#[tokio::test]
async fn an_address_links_to_its_contact_and_tells_the_visitor_nothing_of_it() {
    let desk = Desk::open().await;
    let known = contact(&desk, "ada@example.com", false).await;
    let channel = desk.channel(|_| ()).await;
    let (answer, ticket) = opened(&desk, channel, &ada()).await;
    assert_eq!(ticket.contact.unwrap().id, known.id);
    assert_eq!(ticket.requester.name.unwrap().as_str(), "Ada");
    assert_eq!(shape(&answer), shape(&ordinary(&desk).await));
}

#[tokio::test]
async fn a_blocked_sender_is_answered_as_any_other_and_wakes_nothing() {
    let desk = Desk::open().await;
    contact(&desk, "ada@example.com", true).await;
    let channel = desk.channel(|_| ()).await;
    let (answer, ticket) = opened(&desk, channel, &ada()).await;
    assert_eq!((ticket.lifecycle, ticket.cause.is_silent), (Lifecycle::Unprocessed, true));
    assert_eq!(shape(&answer), shape(&ordinary(&desk).await));
}

#[tokio::test]
async fn a_channel_for_contacts_keeps_back_strangers_without_telling_who_is_one() {
    let desk = Desk::open().await;
    let known = contact(&desk, "ada@example.com", false).await;
    let channel = desk.channel(|channel| channel.require_existing_contact = true).await;
    let (of_known, ticket) = opened(&desk, channel.clone(), &ada()).await;
    assert_eq!((ticket.lifecycle, ticket.contact.unwrap().id), (Lifecycle::Live, known.id));
    let mut stranger = ada();
    stranger["from"]["email"] = json!("eve@example.com");
    let (of_stranger, ticket) = opened(&desk, channel.clone(), &stranger).await;
    assert_eq!((ticket.lifecycle, ticket.contact), (Lifecycle::Unprocessed, None));
    assert_eq!(shape(&of_known), shape(&of_stranger));
    stranger["from"] = json!({});
    let (of_nobody, ticket) = opened(&desk, channel, &stranger).await;
    assert_eq!((ticket.lifecycle, shape(&of_nobody)), (Lifecycle::Unprocessed, shape(&of_known)));
}

#[tokio::test]
async fn concurrent_tickets_with_a_new_address_make_one_contact() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let body = ada();
    let all = (0..8).map(|_| opened(&desk, channel.clone(), &body));
    let tickets = futures_util::future::join_all(all).await;
    let mut contacts: Vec<_> = tickets.iter().map(|(_, ticket)| ticket.contact.as_ref().unwrap().id).collect();
    contacts.dedup();
    assert_eq!(contacts.len(), 1);
    let mut numbers: Vec<_> = tickets.iter().map(|(_, ticket)| ticket.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 8);
}

async fn send_form(desk: &Desk, channel: &Channel, form: &str) -> ClientAnswer {
    let path = format!("/intake/{}/tickets", desk.token(channel));
    let form_type = ("content-type", "application/x-www-form-urlencoded; charset=UTF-8");
    nobody(desk).send("POST", &path, &[form_type, ("origin", PAGE)], form.to_owned()).await
}

#[tokio::test]
async fn a_plain_form_opens_a_ticket_with_the_session_that_it_carries() {
    let desk = Desk::open().await;
    let channel = desk.channel(|channel| channel.kind = ChannelType::Form).await;
    let session = session(&desk, &channel).await;
    let form = format!(
        "session={session}&subject=My+order&message=Where%0D%0Ais%20it%3F&name=Ada&email=ada%40example.com&phone=&website="
    );
    let answer = send_form(&desk, &channel, &form).await;
    let ticket = desk.ticket_now(Visitor::of(&desk, channel.clone(), &answer).ticket).await;
    assert_eq!((ticket.source, ticket.lifecycle), (Source::Guest, Lifecycle::Live));
    assert_eq!(json!(ticket.requester), json!({"name": "Ada", "email": "ada@example.com"}));
    assert_eq!(answer.data()["ticket"]["messages"][0]["body_text"], "Where\nis it?");
    let none = send_form(&desk, &channel, "message=Hi").await;
    assert_eq!(none.problem(), (401, "unauthorized".to_owned()));
    let bad = send_form(&desk, &channel, &format!("session={session}&email=x&colour=red")).await;
    assert_eq!(
        (bad.status, bad.pointers()),
        (422, vec!["/message/body_text".into(), "/from/email".into(), "/colour".into()])
    );
    let twice = send_form(&desk, &channel, &format!("session={session}&message=a&message=b")).await;
    assert_eq!(twice.problem(), (400, "malformed".to_owned()));
}

#[tokio::test]
async fn who_fills_in_the_honeypot_is_kept_as_spam_and_not_told() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let session = session(&desk, &channel).await;
    let form = format!("session={session}&subject=My+order&message=Where+is+it%3F&website=http%3A%2F%2Fx");
    let answer = send_form(&desk, &channel, &form).await;
    let visitor = Visitor::of(&desk, channel, &answer);
    let ticket = desk.ticket_now(visitor.ticket).await;
    assert_eq!((ticket.lifecycle, ticket.status), (Lifecycle::Unprocessed, Status::Spam));
    assert_eq!(shape(&answer.data()), shape(&ordinary(&desk).await));
    assert_eq!(visitor.get("").await.data()["status"], "open");
}

#[tokio::test]
async fn a_retry_with_the_same_key_opens_one_ticket_and_shows_the_same_token() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let session = session(&desk, &channel).await;
    let key = [("idempotency-key", "one")];
    let first = open_in(&desk, &channel, &session, &key, &ada()).await;
    let size = desk.table.size().await;
    let again = open_in(&desk, &channel, &session, &key, &ada()).await;
    assert_eq!((again.status, again.data()), (201, first.data()));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(desk.table.size().await, size);
    let other = open_in(&desk, &channel, &session, &key, &json!({"message": {"body_text": "Else"}})).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
}

#[tokio::test]
async fn the_same_key_of_another_visitor_is_another_key() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let key = [("idempotency-key", "one")];
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let session = session(&desk, &channel).await;
        let answer = open_in(&desk, &channel, &session, &key, &ada()).await;
        tokens.push(Visitor::of(&desk, channel.clone(), &answer).token);
    }
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn opening_a_ticket_is_one_round_trip_while_numbers_are_taken_ahead() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let nobody = json!({"message": {"body_text": "Where is it?"}});
    for _ in 0..2 {
        open(&desk, &channel, &nobody).await;
    }
    // The numbers of the tickets that are coming are taken beside the write, now and then.
    let mut requests = Vec::new();
    for _ in 0..6 {
        let answer = open(&desk, &channel, &nobody).await;
        assert_eq!(answer.usage.depth(), 1, "{:?}", answer.usage);
        requests.push(answer.usage.round_trips());
    }
    assert_eq!(requests, [2, 1, 2, 1, 1, 1]);
    // Whose the address is, is looked up by two reads, whoever has it.
    for _ in 0..2 {
        let answer = open(&desk, &channel, &ada()).await;
        assert_eq!(answer.usage.depth(), 3, "{:?}", answer.usage);
        assert!([3, 4].contains(&answer.usage.round_trips()), "{:?}", answer.usage);
    }
}
