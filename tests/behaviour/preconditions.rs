//! Two agents on one ticket: who says which version they saw is told when it is
//! stale; who doesn't changes only the fields they name.

use lambdesk_tests::{Api, Desk, Json, json};
use reqwest::Method;

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

#[tokio::test]
async fn of_two_agents_with_the_same_version_one_is_told_the_current_one_and_can_go_on() {
    let desk = Desk::start().await;
    let (_, jane) = desk.user("Jane Smith", "agent").await;
    let (_, john) = desk.user("John Smith", "agent").await;
    let ticket = desk.ticket("S").await;
    let seen = jane.get(&path(&ticket)).await;
    let etag = seen.header("etag").to_owned();
    let first = jane.with("if-match", &etag).patch(&path(&ticket), json!({"subject": "Jane's"})).await;
    assert_eq!(first.header("etag"), "\"2\"");
    let late = john.with("if-match", &etag).patch(&path(&ticket), json!({"subject": "John's", "uid": "u"})).await;
    assert_eq!(late.header("etag"), "\"2\"", "the refusal names the version now");
    let late = late.problem(412, "stale");
    assert_eq!(late["current_version"], 2);
    let after = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!((&after["subject"], &after["uid"]), (&json!("Jane's"), &Json::Null), "nothing of it was written");
    let again = john.with("if-match", "\"2\"").patch(&path(&ticket), json!({"uid": "u"})).await.ok();
    assert_eq!((&again["subject"], &again["uid"], &again["version"]), (&json!("Jane's"), &json!("u"), &json!(3)));
}

#[tokio::test]
async fn without_a_version_changes_of_different_fields_both_survive() {
    let desk = Desk::start().await;
    let (_, jane) = desk.user("Jane Smith", "agent").await;
    let (_, john) = desk.user("John Smith", "agent").await;
    let ticket = desk.ticket("S").await;
    let path = path(&ticket);
    jane.patch(&path, json!({"subject": "Jane's"})).await.ok();
    john.patch(&path, json!({"priority": "urgent"})).await.ok();
    let (requester, other) = (json!({"requester": {"name": "Jane"}}), json!({"requester": {"phone": "+123"}}));
    let both = tokio::join!(jane.patch(&path, requester), john.patch(&path, other));
    both.0.ok();
    both.1.ok();
    let after = desk.owner.get(&path).await.ok();
    assert_eq!((&after["subject"], &after["priority"]), (&json!("Jane's"), &json!("urgent")));
    assert_eq!((&after["requester"]["name"], &after["requester"]["phone"]), (&json!("Jane"), &json!("+123")));
    assert_eq!(after["version"], 5);
}

/// Every write on a ticket that takes a body or none.
fn writes() -> Vec<(Method, &'static str, Option<Json>)> {
    vec![
        (Method::PATCH, "", Some(json!({"subject": "T"}))),
        (Method::PUT, "", Some(json!({"subject": "T"}))),
        (Method::PUT, "/status", Some(json!({"status": "closed"}))),
        (Method::PUT, "/assignee", Some(json!({"assignee_id": null}))),
        (Method::POST, "/assign", None),
        (Method::PUT, "/team", Some(json!({"team_id": null}))),
        (Method::PUT, "/tags", Some(json!({"tags": ["vip"]}))),
        (Method::POST, "/tags", Some(json!({"tags": ["vip"]}))),
        (Method::PUT, "/follow_up", Some(json!({"follow_up_at": "2031-01-01T00:00:00Z"}))),
        (Method::POST, "/read", None),
        (Method::POST, "/unread", None),
        (Method::POST, "/archive", None),
        (Method::POST, "/messages", Some(json!({"body_text": "x"}))),
        (Method::POST, "/messages", Some(json!({"body_text": "x", "kind": "note"}))),
        (Method::DELETE, "", None),
    ]
}

async fn desk_with_a_ticket() -> (Desk, String) {
    let desk = Desk::start().await;
    let path = ticket_with_a_tag_at_hand(&desk).await;
    (desk, path)
}

async fn ticket_with_a_tag_at_hand(desk: &Desk) -> String {
    desk.owner.patch("/v1/workspace", json!({"deletion": "trash"})).await.ok();
    desk.owner.post("/v1/tags", json!({"name": "vip"})).await.created();
    path(&desk.ticket("S").await)
}

#[tokio::test]
async fn every_write_refuses_a_stale_version_and_writes_nothing() {
    let (desk, path) = desk_with_a_ticket().await;
    let stale: Api = desk.owner.with("if-match", "\"9\"");
    for (method, verb, body) in writes() {
        let refused = stale.send(method.clone(), &format!("{path}{verb}"), body).await;
        assert_eq!(refused.header("etag"), "\"1\"", "{method} {verb}");
        refused.problem(412, "stale");
    }
    assert_eq!(desk.owner.get(&path).await.ok()["version"], 1);
}

#[tokio::test]
async fn a_dry_run_of_every_write_answers_events_and_changes_and_writes_nothing() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["*"]).await;
    let path = ticket_with_a_tag_at_hand(&desk).await;
    let emitted = [receiver.next().await, receiver.next().await];
    let mut emitted = emitted.map(|event| event.kind().to_owned());
    emitted.sort();
    assert_eq!(emitted, ["contact.created", "ticket.created"]);
    let before = desk.owner.get(&path).await.ok();
    for (method, verb, body) in writes() {
        let tried = desk.owner.send(method.clone(), &format!("{path}{verb}?dry_run=true"), body).await.ok();
        let (events, changes) = (tried["events"].as_array().unwrap(), tried["changes"].as_array().unwrap());
        let is_note = tried["events"][0]["data"]["message"]["kind"] == "note";
        let changes_nothing = matches!(verb, "/assignee" | "/team" | "/unread");
        assert_eq!(events.len(), usize::from(!changes_nothing), "{method} {verb}: {tried}");
        assert_eq!(changes.is_empty(), changes_nothing, "{method} {verb}: {tried}");
        assert!(!is_note || tried["changes"][0]["field"] == "is_read_by_organization", "{tried}");
    }
    let created = json!({"subject": "New", "from": {"email": "new@customer.example"}, "message": {"body_text": "x"}});
    let tried = desk.owner.post("/v1/tickets?dry_run=true", created).await.ok();
    assert_eq!(tried["events"][0]["type"], "ticket.created");
    let fields: Vec<_> = tried["changes"].as_array().unwrap().iter().map(|change| change["field"].clone()).collect();
    assert!(fields.contains(&json!("status")) && fields.contains(&json!("contact_id")), "{fields:?}");
    assert!(!tried.to_string().contains("new@customer.example"), "no personal text");
    assert_eq!(desk.owner.get(&path).await.ok(), before);
    assert_eq!(desk.owner.get("/v1/tickets").await.ok().as_array().unwrap().len(), 1);
    receiver.silence().await;
}

#[tokio::test]
async fn nothing_is_made_for_a_version_that_is_not_there_yet() {
    let desk = Desk::start().await;
    let stale: Api = desk.owner.with("if-match", "\"1\"");
    for (path, body) in [
        ("/v1/users", json!({"name": "Ann", "email": "ann@desk.example", "role": "agent"})),
        ("/v1/tags", json!({"name": "T"})),
        ("/v1/channels", json!({"name": "C", "type": "api"})),
        ("/v1/api-keys", json!({"name": "K", "kind": "machine", "scopes": ["admin"]})),
        ("/v1/contacts", json!({"name": "C"})),
        ("/v1/accounts", json!({"kind": "k"})),
        ("/v1/tickets", json!({"subject": "S"})),
        ("/v1/webhooks", json!({"url": "http://127.0.0.1:9/", "types": ["*"]})),
    ] {
        let before = desk.owner.get(path).await.ok();
        stale.post(path, body).await.problem(412, "no_version");
        let after = desk.owner.get(path).await.ok();
        assert_eq!(after.as_array().unwrap().len(), before.as_array().unwrap().len(), "{path}");
    }
}
