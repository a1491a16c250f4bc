//! The request ledger: what every operation asks of the table, held exactly.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lambdesk-tests ledger` writes it anew.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use lambdesk_store::Usage;
use lambdesk_tests::{Desk, Json, json};
use std::fmt::Write as _;
use tower::ServiceExt as _;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/ledger.txt");

/// Calls within the process, so that what was used comes back with the answer.
struct Caller {
    router: Router,
    key: String,
    ledger: String,
}

impl Caller {
    async fn call(&self, method: Method, path: &str, body: Option<Json>, more: &[(&str, &str)]) -> (Json, Usage) {
        let mut request = Request::builder().method(method).uri(path).header("authorization", &self.key);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, usage) = (response.status(), response.extensions().get::<Usage>().cloned().unwrap_or_default());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let mut answer: Json = serde_json::from_slice(&bytes).unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {answer}");
        (answer["data"].take(), usage)
    }

    /// One line of the ledger.
    async fn enter(
        &mut self,
        name: &str,
        method: Method,
        path: &str,
        body: Option<Json>,
        more: &[(&str, &str)],
    ) -> Json {
        let (answer, usage) = self.call(method, path, body, more).await;
        write_line(&mut self.ledger, name, &usage);
        answer
    }
}

fn write_line(ledger: &mut String, name: &str, usage: &Usage) {
    let requests: Vec<_> = usage
        .operations
        .iter()
        .map(|operation| {
            let indexes = operation.index_units.iter().map(|(index, units)| format!(" {index} {units}"));
            format!("{} {}{}", operation.name, operation.table_units, indexes.collect::<String>())
        })
        .collect();
    let requests = if requests.is_empty() { "none".to_owned() } else { requests.join(" | ") };
    let (trips, depth, units) = (usage.round_trips(), usage.depth(), usage.units());
    writeln!(ledger, "{name:<44} {trips:>2} {depth:>2} {units:>5}  {requests}").unwrap();
}

#[tokio::test]
async fn every_operation_costs_what_the_ledger_says() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let tag = desk.owner.post("/v1/tags", json!({"name": "urgent"})).await.created();
    let key = desk.key(json!({"name": "Ledger", "kind": "machine", "scopes": ["tickets:read", "tickets:write"]})).await;
    let mut caller = Caller { router: desk.stack.router(), key, ledger: String::new() };
    fill(&caller, &channel).await;

    let c = &mut caller;
    let plain = json!({"channel_id": channel["id"], "subject": "A subject of ordinary length", "message": {"body_text": "x".repeat(300)}});
    let with = |email: &str, name: &str| {
        let mut body = plain.clone();
        body["from"] = json!({"email": email, "name": name});
        Some(body)
    };
    let created = c.enter("create, without contact", Method::POST, "/v1/tickets", Some(plain.clone()), &[]).await;
    c.enter("create, new contact", Method::POST, "/v1/tickets", with("new@customer.example", "Mary"), &[]).await;
    c.enter("create, known contact", Method::POST, "/v1/tickets", with("new@customer.example", "Mary"), &[]).await;
    c.enter(
        "create, known contact under another name",
        Method::POST,
        "/v1/tickets",
        with("new@customer.example", "M."),
        &[],
    )
    .await;
    c.enter(
        "create, with Idempotency-Key",
        Method::POST,
        "/v1/tickets",
        Some(plain.clone()),
        &[("idempotency-key", "a")],
    )
    .await;
    c.enter("create, replayed", Method::POST, "/v1/tickets", Some(plain.clone()), &[("idempotency-key", "a")]).await;

    let ticket = format!("/v1/tickets/{}", created["id"].as_str().unwrap());
    let (messages, status) = (format!("{ticket}/messages"), format!("{ticket}/status"));
    c.enter("reply", Method::POST, &messages, Some(json!({"body_text": "y".repeat(300)})), &[]).await;
    c.enter("note", Method::POST, &messages, Some(json!({"kind": "note", "body_text": "y".repeat(300)})), &[]).await;
    c.enter(
        "customer's reply, relayed",
        Method::POST,
        &messages,
        Some(json!({"kind": "inbound", "body_text": "z".repeat(300)})),
        &[],
    )
    .await;
    c.enter("status", Method::PUT, &status, Some(json!({"status": "in_progress"})), &[]).await;
    c.enter("status, the same again", Method::PUT, &status, Some(json!({"status": "in_progress"})), &[]).await;
    c.enter("assign", Method::PUT, &format!("{ticket}/assignee"), Some(json!({"assignee_id": jane["id"]})), &[]).await;
    c.enter(
        "follow-up",
        Method::PUT,
        &format!("{ticket}/follow_up"),
        Some(json!({"follow_up_at": "2031-01-01T00:00:00Z"})),
        &[],
    )
    .await;
    c.enter("tags", Method::PUT, &format!("{ticket}/tags"), Some(json!({"tags": [tag["id"]]})), &[]).await;
    c.enter("patch the subject", Method::PATCH, &ticket, Some(json!({"subject": "Another subject"})), &[]).await;
    c.enter("patch with If-Match", Method::PATCH, &ticket, Some(json!({"priority": "high"})), &[("if-match", "\"9\"")])
        .await;
    c.enter("close", Method::PUT, &status, Some(json!({"status": "closed"})), &[]).await;
    c.enter("reopen", Method::PUT, &status, Some(json!({"status": "open"})), &[]).await;
    c.enter("archive", Method::POST, &format!("{ticket}/archive"), None, &[]).await;
    c.enter("restore", Method::POST, &format!("{ticket}/restore"), None, &[]).await;

    for number in 0..20 {
        c.call(Method::POST, &messages, Some(json!({"body_text": format!("{number} {}", "y".repeat(300))})), &[]).await;
    }
    c.enter("get, with 20 messages", Method::GET, &ticket, None, &[]).await;
    c.enter("messages, 25", Method::GET, &messages, None, &[]).await;
    c.enter("activities, 25", Method::GET, &format!("{ticket}/activities"), None, &[]).await;
    c.enter("list one state, 25", Method::GET, "/v1/tickets?status=open", None, &[]).await;
    c.enter("list by default (six states), 25", Method::GET, "/v1/tickets", None, &[]).await;
    c.enter(
        "list one state by channel",
        Method::GET,
        &format!("/v1/tickets?status=open&channel_id={}", channel["id"].as_str().unwrap()),
        None,
        &[],
    )
    .await;
    c.enter("list open ones of nobody", Method::GET, "/v1/tickets?status=open&assignee_id=none", None, &[]).await;
    visitor(&mut caller, &channel).await;
    cold(&mut caller, &desk, &ticket).await;
    compare(&caller.ledger);
}

/// Sixty tickets, so that pages are full.
async fn fill(caller: &Caller, channel: &Json) {
    for number in 0..60 {
        let body = json!({
            "channel_id": channel["id"], "subject": format!("Ticket number {number:03}"),
            "from": {"name": "Grace Example", "email": format!("c{number:03}@customer.example")},
            "message": {"body_text": "A first message of about a hundred characters, as they come in through the form on the page, every day."},
        });
        caller.call(Method::POST, "/v1/tickets", Some(body), &[]).await;
    }
}

/// The anonymous side.
async fn visitor(caller: &mut Caller, channel: &Json) {
    let token = channel["public_token"].as_str().unwrap();
    let origin = ("origin", "https://shop.example");
    let session = caller
        .enter("intake: session", Method::POST, &format!("/intake/{token}/session"), Some(json!({})), &[origin])
        .await;
    let key = std::mem::replace(&mut caller.key, format!("Bearer {}", session["session"].as_str().unwrap()));
    let body = json!({"subject": "Help", "message": {"body_text": "x".repeat(300)}});
    let created =
        caller.enter("intake: create", Method::POST, &format!("/intake/{token}/tickets"), Some(body), &[origin]).await;
    let public = format!("/intake/tickets/{}", created["public_token"].as_str().unwrap());
    caller.enter("intake: the visitor's view", Method::GET, &public, None, &[origin]).await;
    let body = json!({"body_text": "z".repeat(300)});
    caller
        .enter("intake: the visitor's reply", Method::POST, &format!("{public}/messages"), Some(body), &[origin])
        .await;
    caller.key = key;
}

/// The same with nothing remembered: key and directory are read too.
async fn cold(caller: &mut Caller, desk: &Desk, ticket: &str) {
    for (name, method, path, body) in [
        ("cold: get", Method::GET, ticket.to_owned(), None),
        ("cold: list one state", Method::GET, "/v1/tickets?status=open".to_owned(), None),
        ("cold: status", Method::PUT, format!("{ticket}/status"), Some(json!({"status": "on_hold"}))),
    ] {
        caller.router = desk.stack.cold_router();
        caller.enter(name, method, &path, body, &[]).await;
    }
}

fn compare(ledger: &str) {
    let head = "operation                          round trips, depth, units: requests with units of the table and of its indexes\n";
    let ledger = format!("{head}{ledger}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &ledger).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(ledger == golden, "the ledger changed; look why, then UPDATE_GOLDEN=1\n{ledger}");
}
