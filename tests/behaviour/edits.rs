//! Editing a message: everything that shows or finds it follows.

use lambdesk_tests::{Desk, Json, json};

fn found(body: &Json) -> usize {
    body["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn search_finds_what_a_message_says_now_and_no_longer_what_it_said() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    let message = desk.owner.post(&path, json!({"body_text": "The parcell is lost"})).await.created();
    desk.owner.eventually("/v1/tickets?q=parcell", |body| found(body) == 1).await;
    let message = format!("{path}/{}", message["id"].as_str().unwrap());
    desk.owner.patch(&message, json!({"body_text": "The shipment is lost"})).await.ok();
    desk.owner.eventually("/v1/tickets?q=shipment", |body| found(body) == 1).await;
    desk.owner.eventually("/v1/tickets?q=parcell", |body| found(body) == 0).await;
}

#[tokio::test]
async fn an_edit_may_be_silent_and_shows_a_secure_message_to_people_only() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["message.updated"]).await;
    let admin = desk.machine(&["tickets:read", "tickets:write", "admin"]).await;
    let writer = desk.machine(&["tickets:read", "tickets:write"]).await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let secure = json!({"body_text": "The code is 4711", "is_secure": true});
    let message = desk.owner.post(&format!("{path}/messages"), secure).await.created();
    let message = format!("{path}/messages/{}", message["id"].as_str().unwrap());
    writer.patch(&message, json!({"body_text": "x"})).await.problem(403, "missing_scope");
    let edited = admin.patch(&format!("{message}?silent=true"), json!({"body_text": "The code is 4712"})).await.ok();
    assert_eq!((&edited["is_secure"], &edited["body_text"]), (&json!(true), &Json::Null));
    let shown = desk.owner.get(&path).await.expect(200);
    assert_eq!(shown["data"]["messages"][1]["body_text"], "The code is 4712");
    assert!(!shown["data"]["preview"].to_string().contains("4712"), "{shown}");
    let log = desk.owner.eventually(&format!("{path}/activities"), |body| found(body) == 3).await;
    assert_eq!((&log["data"][0]["type"], &log["data"][0]["is_silent"]), (&json!("message.updated"), &json!(true)));
    receiver.silence().await;
}
