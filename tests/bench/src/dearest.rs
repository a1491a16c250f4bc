//! The dearest request of each kind, with hostile content: what it reads and writes, and how
//! many bytes its answer has as Lambda counts them. `lambdesk_domain::budget` says what each
//! may have at most.

use crate::report::{Cell, Table};
use axum::http::Method;
use lambdesk_domain::budget::{ANSWER_BYTES, READ_UNITS, WRITE_UNITS};
use lambdesk_tests::{
    Desk, Json, MeasuredApi, MeasuredReply, json,
    text::{noise, printable},
};

/// Long messages in the thread that is read.
const MESSAGES: u64 = 40;
/// Large tickets in the lists.
const TICKETS: u64 = 120;

/// Measured one after the other.
pub async fn table() -> Table {
    let columns = ["request", "status", "read units", "write units", "bytes, escaped", "ms, engine included"];
    let mut table = Table::new("dearest", "The dearest requests, with hostile content", &columns);
    let desk = Desk::start().await;
    let owner = desk.owner.get("/v1/users").await.ok()[0]["id"].clone();
    let scopes = ["tickets:read", "tickets:write", "contacts:read", "webhooks:read", "admin"];
    let key = desk.key(json!({"name": "M", "kind": "user", "user_id": owner, "scopes": scopes})).await;
    let api = MeasuredApi::of(&desk, Some(&key));
    for (name, reply) in requests(&desk, &api).await {
        let millis = reply.took.as_secs_f64() * 1_000.0;
        let (read, write) = (Cell::maybe(Some(reply.reads()), 1), Cell::maybe(Some(reply.writes()), 1));
        let millis = Cell::maybe(Some(millis), 1);
        table.row([name.into(), usize::from(reply.status).into(), read, write, reply.escaped.into(), millis]);
    }
    table.note(format!("At most {READ_UNITS} read units, {WRITE_UNITS} write units and {ANSWER_BYTES} bytes each."));
    table
}

/// Printable noise of about so many bytes, which can't be packed much.
fn printed(bytes: usize, seed: u64) -> String {
    noise(bytes, seed, &printable())
}

async fn requests(desk: &Desk, api: &MeasuredApi) -> Vec<(&'static str, MeasuredReply)> {
    let mut done = Vec::new();
    desk.text_fields(12).await;
    let custom: serde_json::Map<_, _> = (0..12).map(|field| (format!("f{field}"), json!("\"".repeat(500)))).collect();
    for number in 0..TICKETS {
        let body = json!({"subject": format!("zz {number}"), "custom": custom});
        api.post("/v1/tickets", body).await.expect(201);
    }
    let large = json!({"subject": "S", "custom": custom, "message": {"body_text": printed(65_000, 1)}});
    let made = api.with("idempotency-key", "1").post("/v1/tickets", large).await;
    let path = format!("/v1/tickets/{}", made.body["data"]["id"].as_str().unwrap());
    done.push(("POST tickets, 64 KB", made));
    let closing = json!({"status": "waiting"});
    done.push(("PUT status of it", api.send(Method::PUT, &format!("{path}/status"), Some(closing)).await));
    let messages = format!("{path}/messages");
    for (name, body) in [
        ("POST messages, 64 KB of noise", json!({"body_text": printed(65_000, 2)})),
        ("POST messages, 64 KB of &", json!({"body_text": "&".repeat(65_536)})),
        ("POST messages, 64 KB of quotes in HTML", json!({"body_html": "\"".repeat(65_000)})),
    ] {
        done.push((name, api.with("idempotency-key", name).post(&messages, body).await));
    }
    for number in 0..MESSAGES {
        let text = if number % 2 == 0 { "\"\\".repeat(32_000) } else { printed(65_000, number + 3) };
        api.post(&messages, json!({"body_text": text})).await.expect(201);
    }
    for (name, path) in [
        ("GET ticket, with its thread", path.clone()),
        ("GET messages, 100", format!("{messages}?limit=100")),
        ("GET activities, 100", format!("{path}/activities?limit=100")),
        ("GET tickets, 100", "/v1/tickets?limit=100".to_owned()),
        ("GET tickets, 100 by creation", "/v1/tickets?limit=100&sort=created_at".to_owned()),
        ("GET tickets, 100 by priority, with total", "/v1/tickets?limit=100&sort=priority&with_total=true".to_owned()),
        ("GET tickets, 100 that say a word", "/v1/tickets?limit=100&q=zz".to_owned()),
        ("GET events that nothing matches", "/v1/events?limit=100&type=ticket.tagged".to_owned()),
        ("GET number that is absent", "/v1/tickets/number/9000".to_owned()),
    ] {
        done.push((name, api.get(&path).await));
    }
    done.extend(visitor(desk).await);
    done
}

async fn visitor(desk: &Desk) -> Vec<(&'static str, MeasuredReply)> {
    let channel = desk.channel().await;
    let intake = format!("/intake/{}", channel["public_token"].as_str().unwrap());
    let page = MeasuredApi::of(desk, None).with("origin", "https://shop.example");
    let session: Json = page.post(&format!("{intake}/session"), json!({})).await.expect(201).body;
    let visitor = page.with("authorization", &format!("Bearer {}", session["data"]["session"].as_str().unwrap()));
    let opening = json!({"subject": "S", "message": {"body_text": printed(65_000, 77)}});
    let opened = visitor.with("idempotency-key", "v").post(&format!("{intake}/tickets"), opening).await;
    let own = format!("/intake/tickets/{}", opened.body["data"]["public_token"].as_str().unwrap());
    let reply = json!({"body_text": "&".repeat(65_536)});
    let replied = page.with("idempotency-key", "r").post(&format!("{own}/messages"), reply).await;
    let seen = page.get(&own).await;
    vec![
        ("visitor: POST tickets, 64 KB", opened),
        ("visitor: POST messages, 64 KB of &", replied),
        ("visitor: GET own ticket", seen),
    ]
}
