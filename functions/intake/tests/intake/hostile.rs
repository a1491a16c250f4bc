//! What is sent in bad faith or by mistake: the right 4xx, and nothing stored.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::visitor::{JSON, PAGE, Visitor, ada, nobody, open_in, session};
use lambdesk_testkit::Desk;
use serde_json::json;

#[tokio::test]
async fn bad_bodies_are_refused_readably_and_store_nothing() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let session = session(&desk, &visitor.channel).await;
    let bearer = format!("Bearer {session}");
    let paths = [format!("/intake/{}/tickets", desk.token(&visitor.channel)), visitor.path("/messages")];
    let before = desk.table.size().await;
    let deep = "[".repeat(100_000);
    let huge = format!("{{\"a\": \"{}\"}}", "x".repeat(256 * 1024));
    let many = format!("{{{}}}", (0..9000).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(","));
    let bodies: Vec<(&str, &[u8], u16)> = vec![
        ("application/json", b"", 400),
        ("application/json", b"{", 400),
        ("application/json", b"{\"a\": \xff}", 400),
        ("application/json", deep.as_bytes(), 400),
        ("application/json", b"{\"message\": 1, \"message\": 2}", 400),
        ("application/json", b"[]", 422),
        ("application/json", b"null", 422),
        ("application/json", b"{}", 422),
        ("application/json", many.as_bytes(), 422),
        ("application/json", huge.as_bytes(), 413),
        ("text/plain", b"{}", 415),
        ("multipart/form-data", b"{}", 415),
        ("", b"{}", 415),
    ];
    for path in &paths {
        for (content_type, body, status) in &bodies {
            let headers = [("content-type", *content_type), ("origin", PAGE), ("authorization", &bearer)];
            let answer = nobody(&desk).send("POST", path, &headers, body.to_vec()).await;
            assert_eq!(answer.problem().0, *status, "{path} {content_type} {answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), PAGE, "{path}");
        }
    }
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn every_bad_field_is_told_at_once_and_none_is_ignored() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let session = session(&desk, &channel).await;
    let before = desk.table.size().await;
    let body = json!({
        "subject": "x".repeat(256), "message": {"body_text": 7, "attachments": []}, "uid": "", "status": "closed",
        "from": {"email": "no address", "role": "owner"}, "custom": {"plan": "gold"}, "priority": "urgent",
    });
    let answer = open_in(&desk, &channel, &session, &[], &body).await;
    let mut pointers = answer.pointers();
    pointers.sort();
    let expected = [
        "/custom/plan",
        "/from/email",
        "/from/role",
        "/message/attachments",
        "/message/body_text",
        "/priority",
        "/status",
        "/subject",
        "/uid",
    ];
    assert_eq!((answer.status, pointers), (422, expected.map(str::to_owned).to_vec()));
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn a_message_over_64_kib_is_too_large() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let session = session(&desk, &visitor.channel).await;
    let text = "x".repeat(64 * 1024 + 1);
    let before = desk.table.size().await;
    let body = json!({"message": {"body_text": text}});
    let answer = open_in(&desk, &visitor.channel, &session, &[], &body).await;
    assert_eq!(answer.problem(), (413, "too_large".to_owned()));
    assert_eq!(visitor.say(&text).await.problem(), (413, "too_large".to_owned()));
    assert_eq!(desk.table.size().await, before);
    let largest = "x".repeat(64 * 1024);
    assert_eq!(visitor.say(&largest).await.status, 201);
}

#[tokio::test]
async fn what_is_for_callers_with_a_key_is_refused() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let session = session(&desk, &visitor.channel).await;
    let bearer = format!("Bearer {session}");
    let tickets = format!("/intake/{}/tickets", desk.token(&visitor.channel));
    let before = desk.table.size().await;
    for query in ["silent=true", "dry_run=true", "x=1", "=", "%zz"] {
        for path in [&tickets, &visitor.path("/messages"), &visitor.path("/read")] {
            let headers = [JSON, ("origin", PAGE), ("authorization", &bearer)];
            let answer = nobody(&desk).send("POST", &format!("{path}?{query}"), &headers, ada().to_string()).await;
            assert_eq!(answer.problem().0, 400, "{path}?{query}");
        }
    }
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn other_methods_are_405_and_name_those_there_are() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = nobody(&desk).send(method, &visitor.path("/messages"), &[], "").await;
        assert_eq!(answer.problem().0, 405);
        assert!(answer.header("allow").contains("POST"), "{answer:?}");
    }
}

#[tokio::test]
async fn contents_that_grow_when_they_are_cleaned_or_written_as_json_are_no_failure_of_ours() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    for (member, content) in [
        ("body_html", "<a href=\"https://x.example\">y".repeat(2000)),
        ("body_html", "<a>y".repeat(16_000)),
        ("body_html", "&".repeat(65_000)),
        ("body_text", "&".repeat(65_000)),
        ("body_text", "\"".repeat(65_000)),
        ("body_text", "x\u{1}".repeat(32_000)),
    ] {
        let body = json!({member: content}).to_string();
        let key = ("idempotency-key", "one");
        let answer = nobody(&desk).send("POST", &visitor.path("/messages"), &[JSON, key], body).await;
        assert!([201, 413, 422].contains(&answer.status), "{member} {answer:?}");
    }
}
