//! Many writers on one ticket: nothing lost, no gap, every event once.

use lambdesk_tests::{Api, Desk, Json, Reply, json};
use reqwest::Method;
use std::collections::BTreeSet;

/// JSON Patch rests on the whole ticket, so that it may be told to come again while
/// fifteen others write without a pause.
async fn patient(owner: &Api, path: &str, operations: &str) -> Reply {
    let kind = "application/json-patch+json";
    loop {
        let reply = owner.send_raw(Method::PATCH, path, kind, Some(operations.as_bytes().to_vec())).await;
        if reply.status != 503 {
            return reply;
        }
        assert_eq!(reply.header("retry-after"), "1");
    }
}

/// What one of many writers does, in an order of its own.
async fn write(owner: Api, path: String, writer: usize, users: Vec<Json>) {
    for step in 0..7 {
        let reply = match (writer + step) % 7 {
            0 => owner.post(&format!("{path}/tags"), json!({"tags": [format!("tag {writer}")]})).await,
            1 => owner.patch(&path, json!({"custom": {format!("field_{writer}"): writer}})).await,
            2 => owner.post(&format!("{path}/messages"), json!({"body_text": format!("reply {writer}")})).await,
            3 => {
                let note = json!({"kind": "note", "body_text": format!("note {writer}")});
                owner.post(&format!("{path}/messages"), note).await
            }
            4 => {
                let status = ["in_progress", "on_hold", "waiting", "open"][writer % 4];
                owner.put(&format!("{path}/status"), json!({"status": status})).await
            }
            5 => {
                let assignee = users.get(writer % 3).map_or(Json::Null, |user| user["id"].clone());
                owner.put(&format!("{path}/assignee"), json!({"assignee_id": assignee})).await
            }
            _ => {
                let priority = ["low", "normal", "high", "urgent"][writer % 4];
                let operations = json!([{"op": "replace", "path": "/priority", "value": priority}]).to_string();
                patient(&owner, &path, &operations).await
            }
        };
        assert!(reply.status.is_success(), "{}: {} {}", (writer + step) % 7, reply.status, reply.body);
    }
}

fn sequences(events: &Json) -> Vec<u64> {
    let mut sequences: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    sequences.sort_unstable();
    sequences
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_lose_nothing_leave_no_gap_and_every_event_is_told_once() {
    let desk = Desk::start().await;
    for writer in 0..16 {
        desk.owner.post("/v1/tags", json!({"name": format!("tag {writer}")})).await.created();
        let field = json!({"key": format!("field_{writer}"), "name": format!("Field {writer}"), "kind": "number"});
        desk.owner.post("/v1/custom-fields", field).await.created();
    }
    let users = vec![desk.user("Jane Smith", "agent").await.0, desk.user("John Smith", "agent").await.0];
    let mut receiver = desk.receiver(&["ticket.create", "ticket.update"]).await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let writers: Vec<_> =
        (0..16).map(|writer| tokio::spawn(write(desk.owner.clone(), path.clone(), writer, users.clone()))).collect();
    for writer in writers {
        writer.await.unwrap();
    }

    let after = desk.owner.get(&path).await.ok();
    assert_eq!((after["tags"].as_array().unwrap().len(), &after["replies_count"]), (16, &json!(16)));
    let custom: serde_json::Map<_, _> = (0..16).map(|writer| (format!("field_{writer}"), json!(writer))).collect();
    assert_eq!(after["custom"], Json::Object(custom));
    let thread = desk.owner.get(&format!("{path}/messages?limit=100")).await.ok();
    let mut said: Vec<_> =
        thread.as_array().unwrap().iter().map(|message| message["body_text"].as_str().unwrap().to_owned()).collect();
    said.sort();
    let mut expected: Vec<_> = (0..16).flat_map(|w| [format!("reply {w}"), format!("note {w}")]).collect();
    expected.push("Hello, I need help.".to_owned());
    expected.sort();
    assert_eq!(said, expected);

    let version = after["version"].as_u64().unwrap();
    assert!(version >= 65, "tags, fields, replies and notes all changed it: {version}");
    let every_one: Vec<_> = (1..=version).collect();
    let mut told = Vec::new();
    let mut ids = BTreeSet::new();
    for _ in 0..version {
        let delivery = receiver.next().await;
        told.push(delivery.event["sequence"].as_u64().unwrap());
        assert!(ids.insert(delivery.header("webhook-id").to_owned()), "delivered twice");
    }
    told.sort_unstable();
    assert_eq!(told, every_one);
    receiver.silence().await;
    let feed = format!("/v1/events?limit=100&ticket_id={}", ticket["id"].as_str().unwrap());
    let found = desk.owner.eventually(&feed, |body| body["data"].as_array().is_some_and(|d| !d.is_empty())).await;
    let mut events = found["data"].as_array().unwrap().clone();
    while events.len() < usize::try_from(version).unwrap() {
        let after = events.last().unwrap()["position"].as_str().unwrap();
        let more = format!("{feed}&after={after}");
        let more = desk.owner.eventually(&more, |body| body["data"].as_array().is_some_and(|d| !d.is_empty())).await;
        events.extend(more["data"].as_array().unwrap().clone());
    }
    assert_eq!(sequences(&Json::Array(events)), every_one);
    let (mut log, mut next) = (Vec::new(), Some(format!("{path}/activities?limit=50")));
    while let Some(page) = next {
        let page = desk.owner.get(&page).await.expect(200);
        log.extend(page["data"].as_array().unwrap().clone());
        next = page["page"]["next_cursor"].as_str().map(|cursor| format!("{path}/activities?limit=50&cursor={cursor}"));
    }
    assert_eq!(sequences(&Json::Array(log)), every_one);
}

#[tokio::test]
async fn changes_of_different_fields_both_survive() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let (priority, subject) = (json!({"priority": "urgent"}), json!({"subject": "T"}));
    let both = tokio::join!(desk.owner.patch(&path, priority), desk.owner.patch(&path, subject));
    both.0.ok();
    both.1.ok();
    let after = desk.owner.get(&path).await.ok();
    assert_eq!((&after["priority"], &after["subject"], &after["version"]), (&json!("urgent"), &json!("T"), &json!(3)));
}

#[tokio::test]
async fn numbers_are_unique_under_concurrent_creates() {
    let desk = Desk::start().await;
    let creations: Vec<_> = (0..24)
        .map(|_| {
            let owner = desk.owner.clone();
            tokio::spawn(async move { owner.post("/v1/tickets", json!({"subject": "S"})).await.created() })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for creation in creations {
        let ticket: Json = creation.await.unwrap();
        numbers.insert(ticket["number"].as_u64().unwrap());
    }
    assert_eq!(numbers.len(), 24);
}
