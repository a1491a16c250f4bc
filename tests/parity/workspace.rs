//! W · the agent workspace: what of it is about tickets and contacts alone.

use lambdesk_tests::{Desk, Json, json};

#[tokio::test]
async fn w18_a_blocked_contact_wakes_nothing_until_it_is_unblocked() {
    let desk = Desk::start().await;
    let contact = desk.owner.post("/v1/contacts", json!({"email": "pest@customer.example"})).await.created();
    let path = format!("/v1/contacts/{}", contact["id"].as_str().unwrap());
    let from = |subject: &str| json!({"subject": subject, "from": {"email": "pest@customer.example"}, "message": {"body_text": "Buy now."}});
    let mut receiver = desk.receiver(&["ticket.create", "ticket.update"]).await;
    let blocked = desk.owner.post(&format!("{path}/block"), json!({})).await.ok();
    assert_eq!(blocked["is_blocked"], true);
    let machine = desk.machine(&["tickets:read", "tickets:write"]).await;
    let kept = machine.post("/v1/tickets", from("kept back")).await.created();
    assert_eq!((&kept["is_processed"], &kept["contact"]["id"]), (&json!(false), &contact["id"]));
    receiver.silence().await;
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
    let unprocessed = desk.owner.get("/v1/tickets?processed=false").await.ok();
    assert_eq!(unprocessed[0]["id"], kept["id"], "nothing is lost");

    let unblocked = desk.owner.post(&format!("{path}/unblock"), json!({})).await.ok();
    assert_eq!(unblocked["is_blocked"], false);
    let heard = machine.post("/v1/tickets", from("heard")).await.created();
    assert_eq!(heard["is_processed"], true);
    assert_eq!(receiver.next().await.event["ticket_id"], heard["id"]);

    desk.owner.post(&format!("{path}/block"), json!({})).await.ok();
    let messages = format!("/v1/tickets/{}/messages", heard["id"].as_str().unwrap());
    let path = format!("/v1/tickets/{}", heard["id"].as_str().unwrap());
    desk.owner.put(&format!("{path}/status"), json!({"status": "waiting"})).await.ok();
    assert_eq!(receiver.next().await.kind(), "ticket.status_changed");
    desk.owner.post(&format!("{path}/read"), json!({})).await.ok();
    receiver.next().await;
    let before = desk.owner.get(&path).await.ok();
    machine.post(&messages, json!({"body_text": "Answer me!", "kind": "inbound"})).await.created();
    receiver.silence().await;
    let after: Json = desk.owner.get(&path).await.ok();
    for field in ["status", "awaiting", "is_read_by_organization", "last_activity_at", "preview"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["messages"][1]["body_text"], "Answer me!");
}
