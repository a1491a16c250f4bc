//! What the directory says, and what comes of it for tickets.

use lambdesk_tests::{Desk, Json, json};
use std::time::Duration;

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_user_who_is_switched_off_gets_no_tickets_but_stays_on_those_they_have() {
    let desk = Desk::start().await;
    let (ann, api) = desk.user("Ann", "agent").await;
    let (ticket, other) = (desk.ticket("Mine").await, desk.ticket("Other").await);
    let assign = json!({"assignee_id": ann["id"]});
    desk.owner.put(&format!("{}/assignee", path(&ticket)), assign.clone()).await.ok();
    let one = format!("/v1/users/{}", ann["id"].as_str().unwrap());
    desk.owner.patch(&one, json!({"is_enabled": false})).await.ok();
    api.get("/v1/tickets").await.problem(401, "unauthorized");
    let refused = desk.owner.put(&format!("{}/assignee", path(&other)), assign).await;
    assert_eq!(refused.bad_fields(), ["/assignee_id"]);
    assert_eq!(desk.owner.get(&path(&ticket)).await.ok()["assignee"]["name"], "Ann");
    desk.owner.delete(&one).await.problem(409, "in_use");
}

#[tokio::test]
async fn a_channel_gives_new_tickets_its_team_and_category() {
    let desk = Desk::start().await;
    let team = desk.owner.post("/v1/teams", json!({"name": "Sales"})).await.created();
    let category = desk.owner.post("/v1/categories", json!({"name": "Billing"})).await.created();
    let other = desk.owner.post("/v1/categories", json!({"name": "Other"})).await.created();
    let channel = desk.channel().await;
    let rules = json!({
        "default_team_id": team["id"], "default_category_id": category["id"], "require_category": true, "require_contact": true,
    });
    desk.owner.patch(&format!("/v1/channels/{}", channel["id"].as_str().unwrap()), rules).await.ok();
    let from = json!({"email": "grace@customer.example"});
    let body = json!({"channel_id": channel["id"], "subject": "S", "from": from});
    let ticket = desk.owner.post("/v1/tickets", body.clone()).await.created();
    assert_eq!((&ticket["team"]["name"], &ticket["category"]["name"]), (&json!("Sales"), &json!("Billing")));
    let mut named = body.clone();
    named["category_id"] = other["id"].clone();
    assert_eq!(desk.owner.post("/v1/tickets", named).await.created()["category"]["name"], "Other");
    let mut nobody = body;
    nobody["from"] = json!({"name": "Grace"});
    assert_eq!(desk.owner.post("/v1/tickets", nobody).await.bad_fields(), ["/contact_id"]);

    let visitor = desk.nobody().with("origin", "https://shop.example");
    let token = channel["public_token"].as_str().unwrap();
    let session = visitor.post(&format!("/intake/{token}/session"), json!({})).await.created();
    let visitor = visitor.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()));
    let body = json!({"subject": "From a visitor", "message": {"body_text": "Hello"}});
    visitor.post(&format!("/intake/{token}/tickets"), body).await.created();
    let ticket = desk.owner.get("/v1/tickets?source=guest").await.ok()[0].clone();
    assert_eq!((&ticket["team"]["name"], &ticket["category"]["name"]), (&json!("Sales"), &json!("Billing")));
}

#[tokio::test]
async fn what_is_deleted_by_force_has_no_name_on_its_tickets_any_more() {
    let desk = Desk::start().await;
    let category = desk.owner.post("/v1/categories", json!({"name": "Billing"})).await.created();
    let body = json!({"subject": "S", "category_id": category["id"]});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    let one = format!("/v1/categories/{}", category["id"].as_str().unwrap());
    // Tickets are found by their category a little later.
    let mut refused = desk.owner.delete(&format!("{one}?dry_run=true")).await;
    for _ in 0..1_500 {
        if refused.status == 409 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        refused = desk.owner.delete(&format!("{one}?dry_run=true")).await;
    }
    let refused = refused.problem(409, "in_use");
    assert_eq!(refused["uses"][0]["ids"], json!([ticket["id"]]));
    desk.owner.delete(&format!("{one}?force=true")).await.expect(204);
    let seen = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!((&seen["subject"], &seen["category"]["name"]), (&json!("S"), &Json::Null));
}

#[tokio::test]
async fn a_channel_that_a_webhook_is_narrowed_to_is_in_use() {
    let desk = Desk::start().await;
    let channel = json!({"name": "Phone", "type": "phone", "is_enabled": false});
    let channel = desk.owner.post("/v1/channels", channel).await.created();
    let webhook = json!({"url": "https://hooks.example.com/", "types": ["*"], "channel_ids": [channel["id"]]});
    let webhook = desk.owner.post("/v1/webhooks", webhook).await.created();
    let one = format!("/v1/channels/{}", channel["id"].as_str().unwrap());
    let refused = desk.owner.delete(&one).await.problem(409, "in_use");
    let expected = json!([{"kind": "webhook", "count": 1, "is_exact": true, "ids": [webhook["id"]]}]);
    assert_eq!(refused["uses"], expected);
}

#[tokio::test]
async fn the_last_use_of_a_key_is_told_whatever_function_it_was_used_with() {
    let desk = Desk::start().await;
    for uses in ["/v1/tickets", "/v1/contacts", "/v1/tags", "/v1/webhooks"] {
        let scopes = ["tickets:read", "contacts:read", "webhooks:read", "admin"];
        let key = json!({"name": uses, "kind": "machine", "scopes": scopes});
        let key = desk.owner.post("/v1/api-keys", key).await.created();
        desk.with_key(key["key"].as_str().unwrap()).get(uses).await.expect(200);
        let one = format!("/v1/api-keys/{}", key["id"].as_str().unwrap());
        desk.owner.eventually(&one, |body| body["data"]["last_used_at"].is_string()).await;
    }
}

#[tokio::test]
async fn names_that_look_the_same_are_the_same() {
    let desk = Desk::start().await;
    let (composed, decomposed) = ("Caf\u{e9}", "cafe\u{301}");
    for kind in ["teams", "categories", "tags"] {
        let path = format!("/v1/{kind}");
        let made = desk.owner.post(&path, json!({"name": composed})).await.created();
        desk.owner.post(&path, json!({"name": decomposed})).await.problem(409, "taken");
        let found = desk.owner.get(&format!("{path}?name=cafe%CC%81")).await.ok();
        assert_eq!(found[0]["id"], made["id"], "{kind}");
    }
    let user = |email: &str| json!({"name": "Ann", "email": email, "role": "agent"});
    desk.owner.post("/v1/users", user("m\u{fc}ller@desk.example")).await.created();
    desk.owner.post("/v1/users", user("mu\u{308}ller@desk.example")).await.problem(409, "taken");
    let field = json!({"key": "drink", "name": "Drink", "kind": "choice", "options": [decomposed]});
    desk.owner.post("/v1/custom-fields", field).await.created();
    for drink in ["caf\u{e9}", decomposed] {
        let ticket = json!({"subject": "S", "tags": [decomposed], "custom": {"drink": drink}});
        let ticket = desk.owner.post("/v1/tickets", ticket).await.created();
        assert_eq!((&ticket["tags"][0]["name"], &ticket["custom"]["drink"]), (&json!(composed), &json!("caf\u{e9}")));
    }
}
