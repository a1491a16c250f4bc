//! What a visitor sees of their own ticket, and of nothing else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::visitor::{PAGE, Visitor, nobody};
use lambdesk_domain::{command::ReplyKind, status::Status};
use lambdesk_testkit::{Desk, texts};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn notes_never_show_and_staff_show_by_name_alone() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.wait(Duration::from_mins(1));
    desk.write(visitor.ticket, ReplyKind::Reply, "On its way.", false).await;
    desk.wait(Duration::from_mins(1));
    desk.write(visitor.ticket, ReplyKind::Note, "A difficult one", false).await;
    let answer = visitor.get("").await;
    let ticket = answer.data();
    assert_eq!(texts(&ticket["messages"]), ["Where is it?", "On its way."]);
    assert_eq!(ticket["messages"][1]["sender"], json!({"name": "Grace"}));
    assert_eq!(ticket["messages"][1]["kind"], "outbound");
    assert_eq!((&ticket["status"], &ticket["is_read"]), (&json!("waiting"), &json!(false)));
    // The note is a minute younger, and does not tell.
    assert_eq!(ticket["last_activity_at"], "2026-01-15T14:31:00.000Z");
    let hidden = [desk.owner.to_string(), desk.workspace.to_string(), visitor.ticket.to_string()];
    for secret in hidden.iter().map(String::as_str).chain(["difficult", "desk.example", "ada@example.com"]) {
        assert!(!answer.text.contains(secret), "{secret}");
    }
    let list = visitor.get("/messages").await;
    assert_eq!(list.data(), ticket["messages"]);
}

#[tokio::test]
async fn statuses_are_told_in_words_for_visitors_and_spam_looks_open() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    for (status, word, is_closed) in [
        (Status::InProgress, "open", false),
        (Status::OnHold, "open", false),
        (Status::Waiting, "waiting", false),
        (Status::Resolved, "resolved", true),
        (Status::Closed, "closed", true),
        (Status::Spam, "open", false),
    ] {
        desk.set_status(visitor.ticket, status).await;
        let ticket = visitor.get("").await.data();
        assert_eq!((&ticket["status"], &ticket["is_closed"]), (&json!(word), &json!(is_closed)));
    }
}

#[tokio::test]
async fn a_poll_brings_what_is_newer_than_a_message() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let first = visitor.get("/messages").await.data()[0]["id"].as_str().unwrap().to_owned();
    let poll = async |after: &str| visitor.get(&format!("/messages?after={after}")).await;
    assert_eq!(poll(&first).await.data(), json!([]));
    let second = desk.write(visitor.ticket, ReplyKind::Reply, "On its way.", false).await;
    desk.write(visitor.ticket, ReplyKind::Note, "Hidden", false).await;
    desk.write(visitor.ticket, ReplyKind::Reply, "Arrived?", false).await;
    let answer = poll(&first).await;
    assert_eq!(texts(&answer.data()), ["On its way.", "Arrived?"]);
    assert_eq!(answer.json()["page"], json!({"next_cursor": null, "prev_cursor": null, "size": 25}));
    assert_eq!(texts(&poll(&second.to_string()).await.data()), ["Arrived?"]);
    for bad in ["/messages?after=x", "/messages?cursor=x", "/messages?page=1", "/messages?kind=note", "?x=1"] {
        assert_eq!(visitor.get(bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn pages_of_the_thread_leave_notes_out_and_lose_nothing() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    for number in 1..=4 {
        desk.write(visitor.ticket, ReplyKind::Note, "Hidden", false).await;
        desk.write(visitor.ticket, ReplyKind::Reply, &format!("Reply {number}"), false).await;
    }
    let mut found = Vec::new();
    let mut query = "/messages?limit=2".to_owned();
    loop {
        let answer = visitor.get(&query).await;
        found.extend(texts(&answer.data()).into_iter().map(str::to_owned));
        let next = answer.json()["page"]["next_cursor"].as_str().map(str::to_owned);
        let Some(next) = next else { break };
        query = format!("/messages?limit=2&cursor={next}");
    }
    assert_eq!(found, ["Where is it?", "Reply 1", "Reply 2", "Reply 3", "Reply 4"]);
}

#[tokio::test]
async fn a_cursor_of_one_ticket_is_none_of_another() {
    let desk = Desk::open().await;
    let (one, other) = (Visitor::new(&desk).await, Visitor::new(&desk).await);
    desk.write(one.ticket, ReplyKind::Reply, "Second", false).await;
    let page = one.get("/messages?limit=1").await.json()["page"].clone();
    let rest = format!("/messages?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(one.get(&rest).await.status, 200);
    assert_eq!(other.get(&rest).await.problem(), (400, "invalid_cursor".to_owned()));
}

#[tokio::test]
async fn reading_and_polling_are_one_query_each() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.write(visitor.ticket, ReplyKind::Reply, "On its way.", false).await;
    let ticket = visitor.get("").await;
    let last = ticket.data()["messages"][1]["id"].as_str().unwrap().to_owned();
    for rest in [String::new(), "/messages".to_owned(), format!("/messages?after={last}")] {
        let answer = visitor.get(&rest).await;
        assert_eq!((answer.status, answer.operations()), (200, vec!["Query"]), "{rest}");
    }
}

#[tokio::test]
async fn marking_as_read_is_seen_by_us_and_writes_once() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.write(visitor.ticket, ReplyKind::Reply, "On its way.", false).await;
    assert!(!desk.ticket_now(visitor.ticket).await.is_read_by_customer);
    for _ in 0..2 {
        let answer = nobody(&desk).send("POST", &visitor.path("/read"), &[("origin", PAGE)], "").await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        let ticket = desk.ticket_now(visitor.ticket).await;
        assert_eq!((ticket.is_read_by_customer, ticket.version.0), (true, 3));
    }
}

#[tokio::test]
async fn a_ticket_in_the_trash_is_gone() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    desk.trash(visitor.ticket).await;
    assert_eq!(visitor.get("").await.status, 404);
    assert_eq!(visitor.get("/messages").await.status, 404);
    assert_eq!(visitor.say("Hello?").await.status, 404);
    assert_eq!(nobody(&desk).send("POST", &visitor.path("/read"), &[], "").await.status, 404);
}

#[tokio::test]
async fn a_forged_public_token_is_refused_before_anything_is_read() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let end = visitor.token.len() - 4;
    let flipped = if visitor.token.as_bytes()[end] == b'A' { "B" } else { "A" };
    let forged = format!("{}{flipped}{}", &visitor.token[..end], &visitor.token[end + 1..]);
    let ticket = visitor.ticket.to_string();
    for token in [forged.as_str(), &visitor.token[..40], "tk_", "x", &ticket, "%2e%2e"] {
        for (method, rest) in
            [("GET", ""), ("GET", "/messages"), ("POST", "/messages"), ("POST", "/read"), ("OPTIONS", "")]
        {
            let answer =
                nobody(&desk).send(method, &format!("/intake/tickets/{token}{rest}"), &[("origin", PAGE)], "").await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{method} {token}{rest}");
            assert_eq!(answer.usage.round_trips(), 0);
        }
    }
}
