//! Nobody sees or changes what is not theirs.

use lambdesk_tests::{Desk, json};

#[tokio::test]
async fn another_workspaces_tickets_are_absent_whatever_is_tried() {
    let desk = Desk::start().await;
    let other = desk.other_workspace().await;
    let ticket = desk.ticket("Ours").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    other.get(&path).await.problem(404, "not_found");
    other.patch(&path, json!({"subject": "theirs"})).await.problem(404, "not_found");
    other.put(&format!("{path}/status"), json!({"status": "closed"})).await.problem(404, "not_found");
    other.post(&format!("{path}/messages"), json!({"body_text": "x"})).await.problem(404, "not_found");
    other.get(&format!("{path}/messages")).await.problem(404, "not_found");
    other.get(&format!("{path}/activities")).await.problem(404, "not_found");
    other.delete(&path).await.problem(404, "not_found");
    assert_eq!(other.get("/v1/tickets").await.ok(), json!([]));
    assert_eq!(desk.owner.get(&path).await.ok()["subject"], "Ours");
}

#[tokio::test]
async fn a_reference_to_another_workspaces_thing_is_no_reference() {
    let desk = Desk::start().await;
    let other = desk.other_workspace().await;
    let category = other.post("/v1/categories", json!({"name": "Theirs"})).await.created();
    let contact = other.post("/v1/contacts", json!({"email": "x@customer.example"})).await.created();
    let body = json!({"subject": "S", "category_id": category["id"], "contact_id": contact["id"]});
    assert_eq!(desk.owner.post("/v1/tickets", body).await.bad_fields(), ["/category_id", "/contact_id"]);
}

#[tokio::test]
async fn a_cursor_of_another_workspace_route_or_filter_is_refused() {
    let desk = Desk::start().await;
    let other = desk.other_workspace().await;
    for subject in ["a", "b", "c"] {
        desk.ticket(subject).await;
    }
    let page = desk.owner.get("/v1/tickets?limit=1").await.expect(200);
    let cursor = page["page"]["next_cursor"].as_str().unwrap().to_owned();
    desk.owner.get(&format!("/v1/tickets?limit=2&cursor={cursor}")).await.expect(200);
    other.get(&format!("/v1/tickets?limit=1&cursor={cursor}")).await.problem(400, "invalid_cursor");
    desk.owner.get(&format!("/v1/tickets?status=open&cursor={cursor}")).await.problem(400, "invalid_cursor");
    let mut altered = cursor.into_bytes();
    altered[20] ^= 1;
    let altered = String::from_utf8(altered).unwrap();
    desk.owner.get(&format!("/v1/tickets?limit=1&cursor={altered}")).await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn restricted_users_and_agents_see_what_their_role_lets_them() {
    let desk = Desk::start().await;
    let (jane, as_jane) = desk.user("Jane Smith", "restricted").await;
    let (_, as_bob) = desk.user("Bob Brown", "agent").await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    as_jane.get(&path).await.problem(404, "not_found");
    as_jane.put(&format!("{path}/status"), json!({"status": "closed"})).await.problem(404, "not_found");
    as_bob.get(&path).await.ok();
    desk.owner.put(&format!("{path}/assignee"), json!({"assignee_id": jane["id"]})).await.ok();
    as_jane.get(&path).await.ok();
    assert_eq!(as_jane.get("/v1/tickets").await.ok().as_array().unwrap().len(), 1);
    as_jane.put(&format!("{path}/assignee"), json!({"assignee_id": null})).await.expect(403);
    desk.owner
        .patch("/v1/workspace", json!({"agent_visibility": "own_and_unassigned", "agents_assign_others": false}))
        .await
        .ok();
    as_bob.get(&path).await.problem(404, "not_found");
    assert_eq!(as_bob.get("/v1/tickets").await.ok(), json!([]));
    let unassigned = desk.ticket("T").await;
    let unassigned = format!("/v1/tickets/{}/assignee", unassigned["id"].as_str().unwrap());
    as_bob.put(&unassigned, json!({"assignee_id": jane["id"]})).await.expect(403);
}

#[tokio::test]
async fn a_channel_key_stays_on_its_channel() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let key = desk.key(json!({"name": "Phone", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read", "tickets:write"]})).await;
    let phone = desk.with_key(&key);
    let elsewhere = desk.ticket("Elsewhere").await;
    phone.get(&format!("/v1/tickets/{}", elsewhere["id"].as_str().unwrap())).await.problem(404, "not_found");
    let own = phone.post("/v1/tickets", json!({"subject": "A call"})).await.created();
    assert_eq!(own["channel"]["id"], channel["id"]);
    let path = format!("/v1/tickets/{}", own["id"].as_str().unwrap());
    assert_eq!(phone.patch(&path, json!({"subject": "A long call"})).await.ok()["subject"], "A long call");
    let (jane, _) = desk.user("Jane", "agent").await;
    phone.patch(&path, json!({"assignee_id": jane["id"]})).await.expect(403);
    phone.delete(&path).await.expect(403);
    let other = json!({"name": "Other", "type": "phone"});
    let other = desk.owner.post("/v1/channels", other).await.created();
    phone.post("/v1/tickets", json!({"subject": "x", "channel_id": other["id"]})).await.expect(403);
}

#[tokio::test]
async fn revoked_and_expired_keys_open_nothing() {
    let desk = Desk::start().await;
    let body =
        json!({"name": "Soon", "kind": "machine", "scopes": ["tickets:read"], "expires_at": "2020-01-01T00:00:00Z"});
    let expired = desk.owner.post("/v1/api-keys", body).await;
    if expired.status == 201 {
        let key = expired.created();
        desk.with_key(key["key"].as_str().unwrap()).get("/v1/tickets").await.problem(401, "unauthorized");
    }
    let key = desk
        .owner
        .post("/v1/api-keys", json!({"name": "K", "kind": "machine", "scopes": ["tickets:read"]}))
        .await
        .created();
    let caller = desk.with_key(key["key"].as_str().unwrap());
    caller.get("/v1/tickets").await.ok();
    desk.owner.delete(&format!("/v1/api-keys/{}", key["id"].as_str().unwrap())).await.expect(204);
    caller.get("/v1/tickets").await.problem(401, "unauthorized");
}
