//! Webhooks from a change to a receiver that verifies them, and follow-ups.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Desk, json};
use std::time::Duration;

#[tokio::test]
async fn every_step_of_a_ticket_is_told_in_order_with_a_valid_signature() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let mut receiver = desk.receiver(&["*"]).await;
    let body = json!({"channel_id": channel["id"], "subject": "S", "message": {"body_text": "x"}});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.post(&format!("{path}/messages"), json!({"body_text": "Hi"})).await.created();
    desk.owner.put(&format!("{path}/status"), json!({"status": "closed"})).await.ok();
    let mut all = Vec::new();
    for _ in 0..3 {
        let told = receiver.next().await;
        assert_eq!(told.event["ticket_id"], ticket["id"]);
        assert_eq!(told.header("webhook-id"), told.event["id"].as_str().unwrap());
        all.push((told.event["sequence"].as_u64().unwrap(), told.kind().to_owned()));
    }
    all.sort();
    let expected = [(1, "ticket.created"), (2, "message.created"), (3, "ticket.status_changed")];
    assert_eq!(all, expected.map(|(sequence, kind)| (sequence, kind.to_owned())));
    receiver.silence().await;
}

#[tokio::test]
async fn a_silent_write_is_logged_but_not_told() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["*"]).await;
    let ticket = desk.owner.post("/v1/tickets?silent=true", json!({"subject": "S"})).await.created();
    let path = format!("/v1/tickets/{}/activities", ticket["id"].as_str().unwrap());
    let log =
        desk.owner.eventually(&path, |body| body["data"].as_array().is_some_and(|events| !events.is_empty())).await;
    assert_eq!(log["data"][0]["is_silent"], true);
    receiver.silence().await;
}

#[tokio::test]
async fn a_failed_delivery_is_logged_and_retried_under_the_same_id() {
    let clock = Clock::manual(lambdesk_runtime::now());
    let desk = Desk::start_at(clock.clone()).await;
    let mut receiver = desk.receiver(&["ticket.created"]).await;
    receiver.answer(&[500]);
    desk.ticket("S").await;
    let first = receiver.next().await;
    let log = format!("/v1/webhooks/{}/deliveries", receiver.endpoint);
    desk.owner.eventually(&log, |body| body["data"][0]["attempts_count"] == 1).await;
    clock.advance(Duration::from_secs(10));
    desk.sweep().await;
    let second = receiver.next().await;
    assert_eq!((first.header("webhook-id"), &first.raw), (second.header("webhook-id"), &second.raw));
    let log = desk.owner.eventually(&log, |body| body["data"][0]["state"] == "delivered").await;
    let delivery = format!("/v1/webhooks/{}/deliveries/{}", receiver.endpoint, log["data"][0]["id"].as_str().unwrap());
    let delivery = desk.owner.get(&delivery).await.ok();
    assert_eq!((&delivery["attempts"][0]["status"], &delivery["attempts"][1]["status"]), (&json!(500), &json!(204)));
}

#[tokio::test]
async fn a_follow_up_comes_back_by_itself_when_it_is_due_and_once() {
    let start = lambdesk_runtime::now();
    let clock = Clock::manual(start);
    let desk = Desk::start_at(clock.clone()).await;
    let mut receiver = desk.receiver(&["ticket.follow_up_due"]).await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let due = start.plus(Duration::from_secs(200));
    desk.owner.put(&format!("{path}/follow_up"), json!({"follow_up_at": due.to_string()})).await.ok();
    desk.owner
        .eventually(&format!("{path}/activities"), |body| {
            body["data"].as_array().is_some_and(|events| events.len() == 2)
        })
        .await;
    desk.sweep().await;
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]), "not yet due");
    clock.advance(Duration::from_secs(201));
    assert_eq!(desk.owner.get("/v1/tickets").await.ok().as_array().unwrap().len(), 1, "due, before any sweep");
    desk.sweep().await;
    // Runs are recorded by the millisecond in which they began.
    clock.advance(Duration::from_millis(1));
    desk.sweep().await;
    let told = receiver.next().await;
    assert_eq!((told.kind(), &told.event["actor"]["kind"]), ("ticket.follow_up_due", &json!("system")));
    receiver.silence().await;
    assert_eq!(desk.owner.get(&path).await.ok()["follow_up_at"], json!(null));
    let runs = desk.owner.get("/v1/sweeps").await.ok();
    assert!(runs.as_array().unwrap().iter().any(|run| run["follow_ups"]["done"] == 1), "{runs}");
}

#[tokio::test]
async fn the_feed_tells_the_same_events_in_order() {
    let desk = Desk::start().await;
    for subject in ["a", "b", "c"] {
        desk.ticket(subject).await;
    }
    let feed = desk
        .owner
        .eventually("/v1/events?type=ticket.created", |body| {
            body["data"].as_array().is_some_and(|events| events.len() == 3)
        })
        .await;
    let position = feed["data"][0]["position"].as_str().unwrap();
    let rest = desk.owner.get(&format!("/v1/events?type=ticket.created&after={position}")).await.ok();
    assert_eq!(rest.as_array().unwrap()[..], feed["data"].as_array().unwrap()[1..]);
    desk.owner.get("/v1/events?after=nonsense").await.expect(400);
}
