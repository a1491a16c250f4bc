//! Visitors reply.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::visitor::{JSON, Visitor, ada, nobody, open};
use lambdesk_domain::{
    access::Cause,
    command::{Fields, ReplyKind, Update},
    contact::{Contact, ContactRef},
    directory::{Entry, IntakePolicy},
    id::{ContactId, TicketId},
    set::Set,
    status::{Awaiting, Lifecycle, Status},
};
use lambdesk_testkit::{Desk, texts};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_reply_is_on_the_ticket_and_brings_it_back_to_us() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.write(visitor.ticket, ReplyKind::Reply, "On its way.", false).await;
    assert_eq!(desk.ticket_now(visitor.ticket).await.status, Status::Waiting);
    let answer = visitor.say("Thank you!").await;
    assert_eq!(answer.status, 201);
    let expected = json!({"message": {
        "id": answer.data()["message"]["id"], "kind": "inbound", "body_text": "Thank you!", "body_html": "<p>Thank you!</p>",
        "is_secure": false, "sender": {"name": null}, "attachments": [], "created_at": "2026-01-15T14:30:00.000Z",
    }});
    assert_eq!(answer.data(), expected);
    let ticket = desk.ticket_now(visitor.ticket).await;
    assert_eq!((ticket.status, ticket.awaiting), (Status::Open, Awaiting::Agent));
    assert_eq!((ticket.is_read_by_customer, ticket.is_read_by_organization), (true, false));
    let stored = desk.store.tickets.thread(desk.workspace, visitor.ticket, 1).await.unwrap().unwrap().1;
    let sender = &stored.items[0].sender;
    assert_eq!(sender.name.as_ref().unwrap().as_str(), "Ada");
    assert_eq!(sender.id, ticket.contact.map(|contact| contact.id.uuid()));
}

#[tokio::test]
async fn html_of_a_visitor_is_sanitised() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let body = json!({"body_html": "<p onclick=x>Hi<script>alert(1)</script></p>"}).to_string();
    let answer = nobody(&desk).send("POST", &visitor.path("/messages"), &[JSON], body).await;
    assert_eq!(answer.data()["message"]["body_html"], "<p>Hi</p>");
}

#[tokio::test]
async fn a_retried_reply_is_written_once() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let headers = [JSON, ("idempotency-key", "one")];
    let body = r#"{"body_text": "Again"}"#;
    let first = nobody(&desk).send("POST", &visitor.path("/messages"), &headers, body).await;
    let again = nobody(&desk).send("POST", &visitor.path("/messages"), &headers, body).await;
    assert_eq!((first.data(), again.header("idempotent-replayed")), (again.data(), "true"));
    assert_eq!(desk.ticket_now(visitor.ticket).await.replies_count, 1);
}

#[tokio::test]
async fn a_reply_to_a_closed_ticket_continues_it_in_a_new_one_with_a_new_token() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.set_status(visitor.ticket, Status::Closed).await;
    let closed = desk.ticket_now(visitor.ticket).await;
    let headers = [JSON, ("idempotency-key", "one")];
    let body = r#"{"body_text": "It broke again"}"#;
    let answer = nobody(&desk).send("POST", &visitor.path("/messages"), &headers, body).await;
    let next = Visitor::of(&desk, visitor.channel.clone(), &answer);
    assert_ne!(next.token, visitor.token);
    assert_eq!(answer.data()["message"]["body_text"], "It broke again");
    assert_eq!(texts(&answer.data()["ticket"]["messages"]), ["It broke again"]);
    let new = desk.ticket_now(next.ticket).await;
    assert_eq!((new.origin.continues, new.status, new.lifecycle), (Some(closed.id), Status::Open, Lifecycle::Live));
    assert_eq!((new.channel, &new.subject, &new.requester), (closed.channel, &closed.subject, &closed.requester));
    assert_eq!(new.contact.unwrap().id, closed.contact.as_ref().unwrap().id);
    assert_eq!(texts(&next.get("").await.data()["messages"]), ["It broke again"]);
    let named = desk.ticket_now(visitor.ticket).await;
    assert_eq!(
        (named.continued_by, named.status, named.version),
        (Some(new.id), Status::Closed, closed.version.next())
    );
    let again = nobody(&desk).send("POST", &visitor.path("/messages"), &headers, body).await;
    assert_eq!((again.data(), again.header("idempotent-replayed")), (answer.data(), "true"));
}

#[tokio::test]
async fn a_continuation_on_a_channel_that_is_off_waits_unprocessed() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.set_status(visitor.ticket, Status::Closed).await;
    let mut off = visitor.channel.clone();
    off.is_enabled = false;
    desk.replace(&Entry::Channel(off)).await;
    let answer = visitor.say("Hello?").await;
    let next = Visitor::of(&desk, visitor.channel.clone(), &answer);
    assert_eq!(desk.ticket_now(next.ticket).await.lifecycle, Lifecycle::Unprocessed);
}

#[tokio::test]
async fn spam_and_what_is_kept_back_stay_where_they_are() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.set_status(visitor.ticket, Status::Spam).await;
    assert_eq!(visitor.say("Buy!").await.status, 201);
    let ticket = desk.ticket_now(visitor.ticket).await;
    assert_eq!((ticket.status, ticket.status_before_spam), (Status::Spam, Some(Status::Open)));
    let channel = desk.channel(|channel| channel.intake = IntakePolicy::Hold).await;
    let answer = open(&desk, &channel, &ada()).await;
    let held = Visitor::of(&desk, channel, &answer);
    assert_eq!(held.say("Anyone?").await.status, 201);
    assert_eq!(desk.ticket_now(held.ticket).await.lifecycle, Lifecycle::Unprocessed);
}

#[tokio::test]
async fn what_a_blocked_sender_writes_is_kept_and_moves_nothing() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.write(visitor.ticket, ReplyKind::Reply, "On its way.", false).await;
    block(&desk, visitor.ticket).await;
    let before = desk.ticket_now(visitor.ticket).await;
    desk.wait(Duration::from_mins(1));
    assert_eq!(visitor.say("Liars!").await.status, 201);
    let after = desk.ticket_now(visitor.ticket).await;
    assert!(after.cause.is_silent);
    assert_eq!((after.status, after.awaiting, after.lifecycle), (before.status, before.awaiting, before.lifecycle));
    assert_eq!((after.last_activity_at, &after.preview), (before.last_activity_at, &before.preview));
    assert!(after.is_read_by_organization);
    let messages = visitor.get("").await.data()["messages"].clone();
    assert_eq!(texts(&messages), ["Where is it?", "On its way.", "Liars!"]);
}

#[tokio::test]
async fn a_blocked_senders_continuation_is_kept_back_silently() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.set_status(visitor.ticket, Status::Closed).await;
    block(&desk, visitor.ticket).await;
    let answer = visitor.say("Liars!").await;
    let next = desk.ticket_now(Visitor::of(&desk, visitor.channel.clone(), &answer).ticket).await;
    assert_eq!((next.lifecycle, next.cause.is_silent), (Lifecycle::Unprocessed, true));
}

/// The ticket's contact is somebody blocked.
async fn block(desk: &Desk, ticket: TicketId) {
    let contact = Contact {
        name: Some("Ada".parse().unwrap()),
        email: Some("blocked@example.com".parse().unwrap()),
        is_blocked: true,
        ..Contact::new(ContactId::new(desk.clock.new_uuid()), Cause::SYSTEM, desk.now())
    };
    desk.add_contact(&contact).await;
    let contact = Set::Contact(Some(ContactRef::from(&contact)));
    desk.update(ticket, &Update::Fields(Box::new(Fields::of([contact])))).await;
}

#[tokio::test]
async fn an_archived_ticket_takes_replies_in_the_archive() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.update(visitor.ticket, &Update::Archive).await;
    assert_eq!(visitor.say("Hello?").await.status, 201);
    assert_eq!(desk.ticket_now(visitor.ticket).await.lifecycle, Lifecycle::Archived);
}
