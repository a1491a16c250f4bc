//! The request ledger's scenarios: every operation once, and what each asks of the table;
//! one ticket's whole life with all that follows ([`life`](mod@life)); writes that are
//! refused ([`refused`](mod@refused)). One for the golden file and for `make bench`, so that
//! they can't differ.

pub mod charge;
mod item;
pub mod life;
pub mod pipeline;
pub mod prices;
pub mod refused;

use crate::{Desk, Json, json};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use lambdesk_runtime::Clock;
use lambdesk_table::Usage;
use lambdesk_testkit::desk::START;
use tower::ServiceExt as _;

/// One operation, and what it asked of the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it cost.
    pub usage: Usage,
}

/// Runs every operation on a desk of its own, with the key and the directory
/// remembered but for those named `cold`.
pub async fn every_operation() -> Vec<Entry> {
    let desk = Desk::start_at(Clock::manual(START)).await;
    let channel = desk.channel().await;
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let tag = desk.owner.post("/v1/tags", json!({"name": "urgent"})).await.created();
    let key = json!({"name": "Ledger", "kind": "machine", "scopes": ["tickets:read", "tickets:write"]});
    let key = format!("Bearer {}", desk.key(key).await);
    let mut caller = Caller { router: desk.stack.router(), key, entries: Vec::new() };
    fill(&caller, &channel).await;
    let ticket = creations(&mut caller, &channel).await;
    changes(&mut caller, &ticket, &jane, &tag).await;
    reads(&mut caller, &desk, &ticket, &channel).await;
    visitor(&mut caller, &channel).await;
    cold(&mut caller, &desk, &ticket).await;
    caller.router = desk.stack.router();
    full_states(&mut caller, &channel).await;
    caller.entries
}

/// Calls within the process, so that what was used comes back with the answer.
struct Caller {
    router: Router,
    key: String,
    entries: Vec<Entry>,
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
        let status = response.status();
        let usage = response.extensions().get::<Usage>().cloned().unwrap_or_default();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let mut answer: Json = serde_json::from_slice(&bytes).unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {answer}");
        (answer["data"].take(), usage)
    }

    /// Calls, and enters what it cost.
    async fn enter(
        &mut self,
        name: &'static str,
        (method, path): (Method, &str),
        body: Option<Json>,
        more: &[(&str, &str)],
    ) -> Json {
        let (answer, usage) = self.call(method, path, body, more).await;
        self.entries.push(Entry { name, usage });
        answer
    }
}

/// Sixty tickets, so that pages are full.
async fn fill(caller: &Caller, channel: &Json) {
    for number in 0..60 {
        let body = first_message(number, channel, "open");
        caller.call(Method::POST, "/v1/tickets", Some(body), &[]).await;
    }
}

fn first_message(number: usize, channel: &Json, status: &str) -> Json {
    json!({
        "channel_id": channel["id"], "subject": format!("Ticket number {number:03}"), "status": status,
        "from": {"name": "Grace Example", "email": format!("c{number:03}@customer.example")},
        "message": {"body_text": "A first message of about a hundred characters, as they come in through the form on the page, every day."},
    })
}

/// Answers the path of the first ticket.
async fn creations(c: &mut Caller, channel: &Json) -> String {
    const POST: (Method, &str) = (Method::POST, "/v1/tickets");
    const KEY: [(&str, &str); 1] = [("idempotency-key", "a")];
    let plain = json!({
        "channel_id": channel["id"], "subject": "A subject of ordinary length",
        "message": {"body_text": "x".repeat(300)},
    });
    let by = |name: &str| {
        let mut body = plain.clone();
        body["from"] = json!({"email": "new@customer.example", "name": name});
        Some(body)
    };
    // The clock stands still, so numbers are taken ahead as where tickets come all the time.
    let created = c.enter("create, without contact", POST, Some(plain.clone()), &[]).await;
    c.enter("create, new contact", POST, by("Mary"), &[]).await;
    c.enter("create, known contact", POST, by("Mary"), &[]).await;
    c.enter("create, known contact under another name", POST, by("M."), &[]).await;
    c.enter("create, with Idempotency-Key", POST, Some(plain.clone()), &KEY).await;
    c.enter("create, replayed", POST, Some(plain), &KEY).await;
    format!("/v1/tickets/{}", created["id"].as_str().unwrap())
}

async fn changes(c: &mut Caller, ticket: &str, assignee: &Json, tag: &Json) {
    let sub = |name: &str| format!("{ticket}/{name}");
    let (messages, status) = (sub("messages"), sub("status"));
    let to = |word: &str| Some(json!({"status": word}));
    let text = |letter: &str| letter.repeat(300);
    let note = json!({"kind": "note", "body_text": text("y")});
    let inbound = json!({"kind": "inbound", "body_text": text("z")});
    let follow_up = json!({"follow_up_at": "2031-01-01T00:00:00Z"});
    c.enter("reply", (Method::POST, &messages), Some(json!({"body_text": text("y")})), &[]).await;
    c.enter("note", (Method::POST, &messages), Some(note), &[]).await;
    c.enter("customer's reply, relayed", (Method::POST, &messages), Some(inbound), &[]).await;
    c.enter("status", (Method::PUT, &status), to("in_progress"), &[]).await;
    c.enter("status, the same again", (Method::PUT, &status), to("in_progress"), &[]).await;
    let body = json!({"assignee_id": assignee["id"]});
    c.enter("assign", (Method::PUT, &sub("assignee")), Some(body), &[]).await;
    c.enter("follow-up", (Method::PUT, &sub("follow_up")), Some(follow_up), &[]).await;
    c.enter("tags", (Method::PUT, &sub("tags")), Some(json!({"tags": [tag["id"]]})), &[]).await;
    let body = json!({"subject": "Another subject"});
    let patched = c.enter("patch the subject", (Method::PATCH, ticket), Some(body), &[]).await;
    let version = format!("\"{}\"", patched["version"]);
    let body = json!({"priority": "high"});
    c.enter("patch with If-Match", (Method::PATCH, ticket), Some(body), &[("if-match", &version)]).await;
    c.enter("close", (Method::PUT, &status), to("closed"), &[]).await;
    c.enter("reopen", (Method::PUT, &status), to("open"), &[]).await;
    c.enter("archive", (Method::POST, &sub("archive")), None, &[]).await;
    c.enter("restore", (Method::POST, &sub("restore")), None, &[]).await;
    let (doomed, _) = c.call(Method::POST, &messages, Some(json!({"body_text": text("y")})), &[]).await;
    let doomed = format!("{messages}/{}", doomed["id"].as_str().unwrap());
    c.enter("delete a message", (Method::DELETE, &doomed), None, &[]).await;
    let file = json!({"file_name": "report.pdf", "content_type": "application/pdf", "size": 1000});
    c.enter("announce a file", (Method::POST, &sub("attachments")), Some(file), &[]).await;
}

async fn reads(c: &mut Caller, desk: &Desk, ticket: &str, channel: &Json) {
    let messages = format!("{ticket}/messages");
    for number in 0..20 {
        let body = json!({"body_text": format!("{number} {}", "y".repeat(300))});
        c.call(Method::POST, &messages, Some(body), &[]).await;
    }
    // What is read from the log depends on how much of it is written.
    let (version, log) =
        (desk.owner.get(ticket).await.ok()["version"].as_u64(), format!("{ticket}/activities?limit=100"));
    let length = |log: &Json| log["data"].as_array().map(|events| events.len() as u64);
    desk.owner.eventually(&log, |log| length(log) == version).await;
    let by_channel = format!("/v1/tickets?status=open&channel_id={}", channel["id"].as_str().unwrap());
    for (name, path) in [
        ("get, with 20 messages", ticket),
        ("messages, 25", &messages),
        ("activities, 25", &format!("{ticket}/activities")),
        ("list one state, 25", "/v1/tickets?status=open"),
        ("list by default (six states), 25", "/v1/tickets"),
        ("list one state by channel", &by_channel),
        ("list open ones of nobody", "/v1/tickets?status=open&assignee_id=none"),
    ] {
        c.enter(name, (Method::GET, path), None, &[]).await;
    }
}

/// The anonymous side.
async fn visitor(c: &mut Caller, channel: &Json) {
    const ORIGIN: [(&str, &str); 1] = [("origin", "https://shop.example")];
    let intake = format!("/intake/{}", channel["public_token"].as_str().unwrap());
    let (session, tickets) = (format!("{intake}/session"), format!("{intake}/tickets"));
    let session = c.enter("intake: session", (Method::POST, &session), Some(json!({})), &ORIGIN).await;
    let key = std::mem::replace(&mut c.key, format!("Bearer {}", session["session"].as_str().unwrap()));
    let body = json!({"subject": "Help", "message": {"body_text": "x".repeat(300)}});
    let created = c.enter("intake: create", (Method::POST, &tickets), Some(body), &ORIGIN).await;
    let public = format!("/intake/tickets/{}", created["public_token"].as_str().unwrap());
    c.enter("intake: the visitor's view", (Method::GET, &public), None, &ORIGIN).await;
    let (body, messages) = (json!({"body_text": "z".repeat(300)}), format!("{public}/messages"));
    c.enter("intake: the visitor's reply", (Method::POST, &messages), Some(body), &ORIGIN).await;
    c.key = key;
}

/// The same with nothing remembered: key and directory are read too.
async fn cold(c: &mut Caller, desk: &Desk, ticket: &str) {
    let status = format!("{ticket}/status");
    for (name, method, path, body) in [
        ("cold: get", Method::GET, ticket, None),
        ("cold: list one state", Method::GET, "/v1/tickets?status=open", None),
        ("cold: status", Method::PUT, &status, Some(json!({"status": "on_hold"}))),
    ] {
        c.router = desk.cold_router();
        c.enter(name, (method, path), body, &[]).await;
    }
}

/// The default list where each of its six states fills a page.
async fn full_states(c: &mut Caller, channel: &Json) {
    for status in ["in_progress", "waiting", "on_hold", "resolved", "closed"] {
        for number in 0..26 {
            c.call(Method::POST, "/v1/tickets", Some(first_message(number, channel, status)), &[]).await;
        }
    }
    c.enter("list by default, each state full", (Method::GET, "/v1/tickets"), None, &[]).await;
}
