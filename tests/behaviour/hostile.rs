//! Bad input gets the right 4xx and leaves nothing behind.

use lambdesk_tests::{Desk, json};
use reqwest::Method;

#[tokio::test]
async fn bodies_that_are_no_json_or_too_large_are_refused() {
    let desk = Desk::start().await;
    let post =
        async |kind: &str, body: Vec<u8>| desk.owner.send_raw(Method::POST, "/v1/tickets", kind, Some(body)).await;
    for bad in [
        "{",
        "",
        "nul",
        "{\"subject\": \"a\"} x",
        "{\"subject\": \"a\", \"subject\": \"b\"}",
        "\u{feff}{}",
        &"[".repeat(10_000),
    ] {
        post("application/json", bad.as_bytes().to_vec()).await.expect(400);
    }
    post("application/json", vec![0xff, 0xfe, b'{']).await.expect(400);
    for other in ["[]", "1", "null", "\"x\""] {
        post("application/json", other.as_bytes().to_vec()).await.expect(422);
    }
    post("text/plain", b"{}".to_vec()).await.problem(415, "unsupported_media_type");
    let large = format!("{{\"subject\": \"{}\"}}", "x".repeat(300_000));
    post("application/json", large.into_bytes()).await.problem(413, "too_large");
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once_and_nothing_is_stored() {
    let desk = Desk::start().await;
    let body = json!({
        "subject": 7, "from": {"email": "no", "name": {}, "x": 1}, "message": {"body_text": "a", "body_html": "b"},
        "status": "gone", "priority": [], "category_id": "x", "tags": ["none"], "custom": {"no": 1},
        "follow_up_at": "tomorrow", "uid": "u".repeat(255), "extra": null,
    });
    let expected = [
        "/category_id",
        "/custom/no",
        "/extra",
        "/follow_up_at",
        "/from/email",
        "/from/name",
        "/from/x",
        "/message/body_text",
        "/priority",
        "/status",
        "/subject",
        "/tags/0",
        "/uid",
    ];
    assert_eq!(desk.owner.post("/v1/tickets", body).await.bad_fields(), expected);
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
}

#[tokio::test]
async fn unknown_paths_methods_and_parameters_are_told_apart() {
    let desk = Desk::start().await;
    desk.owner.get("/v1/nothing").await.problem(404, "not_found");
    let reply = desk.owner.send(Method::PUT, "/v1/tickets", Some(json!({}))).await;
    assert!(reply.header("allow").contains("POST"), "{:?}", reply.headers);
    reply.problem(405, "method_not_allowed");
    desk.owner.get("/v1/tickets?q%FF=1").await.expect(400);
    desk.owner.get("/v1/tickets?nope=1").await.expect(400);
    desk.owner.post("/v1/tickets?nope=1", json!({"subject": "S"})).await.expect(400);
    desk.owner.with("if-match", "W/\"1\"").patch("/v1/tickets/x", json!({})).await.expect(404);
    desk.owner.get("/v1/tickets?cursor=AAAA").await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn a_stale_version_is_412_with_the_current_one() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.patch(&path, json!({"subject": "T"})).await.ok();
    let stale =
        desk.owner.with("if-match", "\"1\"").patch(&path, json!({"priority": "high"})).await.problem(412, "stale");
    assert_eq!(stale["current_version"], 2);
    let fresh = desk.owner.with("if-match", "\"2\"").patch(&path, json!({"priority": "high"})).await;
    assert_eq!(fresh.header("etag"), "\"3\"");
    assert_eq!(fresh.ok()["subject"], "T");
    desk.owner
        .with("if-match", "nonsense")
        .patch(&path, json!({"priority": "low"}))
        .await
        .problem(400, "invalid_if_match");
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let desk = Desk::start().await;
    let reply = desk.owner.with("x-request-id", "mine").get("/v1/tickets").await;
    let id = reply.header("x-request-id").to_owned();
    assert_eq!(id.len(), 36, "{id}");
    let problem = desk.owner.get("/v1/tickets/none").await;
    let id = problem.header("x-request-id").to_owned();
    assert_eq!(problem.problem(404, "not_found")["request_id"], id.as_str());
}

#[tokio::test]
async fn a_dry_run_tells_what_would_follow_and_changes_nothing() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["ticket.create", "ticket.update"]).await;
    let tried = desk.owner.post("/v1/tickets?dry_run=true", json!({"subject": "S"})).await.ok();
    assert_eq!(tried["events"][0]["type"], "ticket.created");
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
    receiver.silence().await;
    let ticket = desk.ticket("S").await;
    receiver.next().await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let tried = desk.owner.put(&format!("{path}/status?dry_run=true"), json!({"status": "closed"})).await.ok();
    assert_eq!(tried["events"][0]["changes"], json!([{"field": "status", "from": "open", "to": "closed"}]));
    assert_eq!(desk.owner.get(&path).await.ok()["version"], 1);
    desk.owner.put(&format!("{path}/status"), json!({"status": "closed"})).await.ok();
    let told = receiver.next().await.event;
    assert_eq!((&told["changes"], &told["types"]), (&tried["events"][0]["changes"], &tried["events"][0]["types"]));
}

#[tokio::test]
async fn a_ticket_never_gets_more_than_fifty_tags_however_they_come() {
    let desk = Desk::start().await;
    let mut names = Vec::new();
    for number in 0..52 {
        let name = format!("tag {number}");
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
        names.push(name);
    }
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/tags", ticket["id"].as_str().unwrap());
    desk.owner.post(&path, json!({"tags": names[..30]})).await.ok();
    desk.owner.post(&path, json!({"tags": names[25..50]})).await.ok();
    desk.owner.post(&path, json!({"tags": names[50..]})).await.problem(409, "too_many_tags");
    let full = desk.owner.post(&path, json!({"tags": names[..1]})).await.ok();
    assert_eq!(full["tags"].as_array().unwrap().len(), 50);
    assert_eq!(desk.owner.put(&path, json!({"tags": names})).await.bad_fields(), ["/tags"]);
}

#[tokio::test]
async fn what_nobody_can_see_is_no_text() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let messages = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    for nothing in ["\u{200b}", "\u{feff} \u{2060}", "\u{ad}\u{a0}"] {
        let subject = json!({"subject": nothing, "summary": nothing, "from": {"name": nothing}});
        let bad = desk.owner.post("/v1/tickets", subject).await.bad_fields();
        assert_eq!(bad, ["/from/name", "/subject", "/summary"], "{nothing:?}");
        assert_eq!(desk.owner.post(&messages, json!({"body_text": nothing})).await.bad_fields(), ["/body_text"]);
        let html = format!("<p>{nothing}</p>");
        assert_eq!(desk.owner.post(&messages, json!({"body_html": html})).await.bad_fields(), ["/body_html"]);
    }
    let summary = json!({"subject": "S", "summary": "a\u{0}b"});
    assert_eq!(desk.owner.post("/v1/tickets", summary).await.bad_fields(), ["/summary"]);
}

#[tokio::test]
async fn a_person_who_writes_for_the_customer_is_told_who_may() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let messages = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    let inbound = json!({"body_text": "x", "kind": "inbound"});
    desk.owner.post(&messages, inbound.clone()).await.problem(403, "not_a_relay");
    desk.machine(&["tickets:write"]).await.post(&messages, inbound).await.created();
}
