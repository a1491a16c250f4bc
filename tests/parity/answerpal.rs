//! A · `AnswerPal`.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, json};
use std::time::Duration;

/// Opens a session as a page of `https://shop.example` would.
pub async fn session(desk: &Desk, channel: &Json) -> Api {
    let visitor = desk.nobody().with("origin", "https://shop.example");
    let token = channel["public_token"].as_str().unwrap();
    let session = visitor.post(&format!("/intake/{token}/session"), json!({})).await.created();
    visitor.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()))
}

/// Opens a ticket as a visitor; answers it with its public token.
pub async fn chat(desk: &Desk, channel: &Json, subject: &str) -> Json {
    let token = channel["public_token"].as_str().unwrap();
    let body = json!({"subject": subject, "message": {"body_text": "Is anyone there?"}});
    session(desk, channel).await.post(&format!("/intake/{token}/tickets"), body).await.created()
}

#[tokio::test]
async fn a7_delete_answers_204_and_404_and_can_be_taken_back() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.patch("/v1/workspace", json!({"deletion": "off"})).await.ok();
    desk.owner.delete(&path).await.problem(409, "deletion_off");
    desk.owner.patch("/v1/workspace", json!({"deletion": "trash"})).await.ok();
    desk.owner.delete(&path).await.expect(204);
    desk.owner.delete(&path).await.problem(404, "not_found");
    desk.owner.get(&path).await.problem(404, "not_found");
    desk.owner.put(&format!("{path}/status"), json!({"status": "open"})).await.problem(409, "trashed");
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
    let trashed = desk.owner.get("/v1/tickets?include=trashed").await.ok();
    assert!(trashed[0]["trashed_at"].is_string());
    desk.owner.post(&format!("{path}/restore"), json!({})).await.ok();
    assert_eq!(desk.owner.get(&path).await.ok()["subject"], "S");
    desk.owner.delete("/v1/tickets/01890a5d-ac96-774b-bcce-b302099a8057").await.problem(404, "not_found");
}

#[tokio::test]
async fn a7_what_was_deleted_can_be_taken_back_in_its_window_and_is_gone_after_it() {
    let clock = Clock::manual("2027-01-15T08:00:00Z".parse().unwrap());
    let desk = Desk::start_at(clock.clone()).await;
    desk.owner.patch("/v1/workspace", json!({"restore_window_days": 1})).await.ok();
    let path = format!("/v1/tickets/{}", desk.ticket("S").await["id"].as_str().unwrap());
    let restore = format!("{path}/restore");
    desk.owner.delete(&path).await.expect(204);
    clock.advance(Duration::from_hours(23));
    desk.owner.post(&restore, json!({})).await.ok();
    desk.owner.delete(&path).await.expect(204);
    clock.advance(Duration::from_hours(24));
    desk.owner.post(&restore, json!({})).await.problem(409, "restore_window_passed");
    // The sweep looks into a trash once a day.
    for _ in 0..200 {
        desk.sweep().await;
        if desk.owner.post(&restore, json!({})).await.status == 404 {
            break;
        }
        clock.advance(Duration::from_mins(10));
    }
    desk.owner.post(&restore, json!({})).await.problem(404, "not_found");
    assert_eq!(desk.owner.get("/v1/tickets?include=trashed").await.ok(), json!([]));
}

#[tokio::test]
async fn a12_a_webchat_ticket_needs_the_channels_token_and_an_allowed_hostname() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let token = channel["public_token"].as_str().unwrap();
    let path = format!("/intake/{token}/session");
    for origin in ["https://evil.example", "null", "https://shop.example.evil.example", "https://shop.example:8443"] {
        desk.nobody().with("origin", origin).post(&path, json!({})).await.problem(403, "origin_not_allowed");
    }
    desk.nobody().post(&path, json!({})).await.problem(403, "origin_not_allowed");
    let shop = desk.nobody().with("origin", "https://shop.example");
    shop.post("/intake/ch_nonsense/session", json!({})).await.problem(404, "not_found");
    shop.post(&format!("/intake/{token}/tickets"), json!({"message": {"body_text": "Hi"}})).await.expect(401);

    let created = chat(&desk, &channel, "Help").await;
    let public = created["public_token"].as_str().unwrap();
    let seen = shop.get(&format!("/intake/tickets/{public}")).await.ok();
    assert_eq!(seen["messages"][0]["body_text"], "Is anyone there?");
    let ticket = desk.owner.get("/v1/tickets?source=guest").await.ok()[0].clone();
    assert_eq!((&ticket["subject"], &ticket["channel"]["id"]), (&json!("Help"), &channel["id"]));
    let messages = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    desk.owner.post(&messages, json!({"body_text": "Internal", "kind": "note"})).await.created();
    desk.owner.post(&messages, json!({"body_text": "Hello!"})).await.created();
    let seen = shop.get(&format!("/intake/tickets/{public}")).await.ok();
    assert!(!seen.to_string().contains("Internal"), "{seen}");
    assert_eq!(seen["messages"][1]["body_text"], "Hello!");
    shop.post(&format!("/intake/tickets/{public}/messages"), json!({"body_text": "Thanks"})).await.created();
    assert_eq!(desk.owner.get("/v1/tickets").await.ok()[0]["status"], "open");

    let id = channel["id"].as_str().unwrap();
    desk.owner.patch(&format!("/v1/channels/{id}"), json!({"is_enabled": false})).await.ok();
    shop.post(&path, json!({})).await.problem(403, "channel_off");
}

#[tokio::test]
async fn a16_future_follow_ups_and_unprocessed_tickets_are_hidden_unless_asked_for() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("Later").await;
    let path = format!("/v1/tickets/{}/follow_up", ticket["id"].as_str().unwrap());
    desk.owner.put(&path, json!({"follow_up_at": "2031-01-01T00:00:00Z"})).await.ok();
    let subjects = async |query: &str| -> Vec<Json> {
        desk.owner
            .get(&format!("/v1/tickets?{query}"))
            .await
            .ok()
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["subject"].clone())
            .collect()
    };
    assert_eq!(subjects("").await, [] as [Json; 0]);
    assert_eq!(subjects("include=follow_up").await, ["Later"]);
    desk.owner.put(&path, json!({"follow_up_at": null})).await.ok();
    assert_eq!(subjects("").await, ["Later"]);

    let held = json!({"name": "Form", "type": "chat", "hostnames": ["shop.example"], "intake": "hold"});
    let held = desk.owner.post("/v1/channels", held).await.created();
    chat(&desk, &held, "Held").await;
    assert_eq!(subjects("").await, ["Later"]);
    let unprocessed = desk.owner.get("/v1/tickets?processed=false").await.ok();
    assert_eq!((&unprocessed[0]["subject"], &unprocessed[0]["is_processed"]), (&json!("Held"), &json!(false)));
    desk.owner.post(&format!("/v1/tickets/{}/restore", unprocessed[0]["id"].as_str().unwrap()), json!({})).await.ok();
    assert_eq!(subjects("").await.len(), 2);
}
