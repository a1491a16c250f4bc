//! G · Grow CRM: update, delete, tags, errors.

use lambdesk_tests::{Desk, Json, json};
use reqwest::Method;

const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// A ticket with something in every editable field.
async fn full(desk: &Desk) -> (Json, Json) {
    for field in [
        json!({"key": "order", "name": "Order", "kind": "text", "is_required": true}),
        json!({"key": "plan", "name": "Plan", "kind": "choice", "options": ["basic", "pro"]}),
    ] {
        desk.owner.post("/v1/custom-fields", field).await.created();
    }
    let category = desk.owner.post("/v1/categories", json!({"name": "Sales"})).await.created();
    let team = desk.owner.post("/v1/teams", json!({"name": "Sales"})).await.created();
    desk.owner.post("/v1/tags", json!({"name": "billing"})).await.created();
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let client = desk.owner.post("/v1/contacts", json!({"name": "Acme", "email": "a@client.example"})).await.created();
    let project =
        desk.owner.post("/v1/accounts", json!({"kind": "project", "contact_id": client["id"]})).await.created();
    let body = json!({
        "subject": "Cannot log in", "status": "on_hold", "priority": "high", "category_id": category["id"],
        "team_id": team["id"], "assignee_id": jane["id"], "contact_id": client["id"], "account_id": project["id"],
        "from": {"name": "Ann", "email": "ann@client.example", "phone": "+123"}, "tags": ["billing"],
        "custom": {"order": "A-1", "plan": "pro"}, "uid": "u-1", "summary": "Locked out",
        "follow_up_at": "2031-01-01T00:00:00Z", "message": {"body_text": "I get an error."},
    });
    (desk.owner.post("/v1/tickets", body).await.created(), category)
}

#[tokio::test]
async fn g14_a_patch_changes_what_it_names_and_null_clears() {
    let desk = Desk::start().await;
    let (ticket, _) = full(&desk).await;
    let path = path(&ticket);
    let sales = desk.owner.post("/v1/categories", json!({"name": "Support"})).await.created();
    let several = json!({"subject": "Still locked out", "priority": "urgent", "category_id": sales["id"], "uid": null});
    let patched = desk.owner.patch(&path, several).await.ok();
    assert_eq!(patched["subject"], "Still locked out");
    assert_eq!((&patched["priority"], &patched["category"]["name"]), (&json!("urgent"), &json!("Support")));
    assert_eq!((&patched["uid"], &patched["summary"]), (&Json::Null, &json!("Locked out")));
    assert_eq!(patched["account"]["id"], ticket["account"]["id"]);
    let requester = desk.owner.patch(&path, json!({"requester": {"phone": null, "name": "Bob"}})).await.ok();
    assert_eq!(requester["requester"], json!({"name": "Bob", "email": "ann@client.example"}));
    assert_eq!(desk.owner.patch(&path, json!({"requester": null})).await.ok()["requester"], json!({}));
    assert_eq!(desk.owner.patch(&path, json!({"subject": null})).await.bad_fields(), ["/subject"]);
    assert_eq!(desk.owner.patch(&path, json!({"custom": null})).await.bad_fields(), ["/custom/order"]);
}

#[tokio::test]
async fn g14_a_put_replaces_the_editable_fields_and_clears_those_left_out() {
    let desk = Desk::start().await;
    let (ticket, _) = full(&desk).await;
    let path = path(&ticket);
    assert_eq!(desk.owner.put(&path, json!({"priority": "low"})).await.bad_fields(), ["/custom/order", "/subject"]);
    let put = json!({"subject": "T", "priority": "low", "custom": {"order": "B-2"}, "requester": {"name": "Ann"}});
    let replaced = desk.owner.put(&path, put).await.ok();
    for cleared in ["category", "team", "assignee", "contact", "account", "uid", "summary", "follow_up_at"] {
        assert_eq!(replaced[cleared], Json::Null, "{cleared}");
    }
    assert_eq!((&replaced["custom"], &replaced["tags"]), (&json!({"order": "B-2"}), &json!([])));
    assert_eq!(replaced["requester"], json!({"name": "Ann"}));
    assert_eq!((&replaced["subject"], &replaced["priority"]), (&json!("T"), &json!("low")));
    assert_eq!(replaced["status"], "on_hold", "what can't be empty stays");
    for untouched in ["number", "created_at", "creator", "source", "replies_count", "preview"] {
        assert_eq!(replaced[untouched], ticket[untouched], "{untouched}");
    }
    assert_eq!(desk.owner.get(&path).await.ok()["messages"][0]["body_text"], "I get an error.");
}

#[tokio::test]
async fn g14_the_opening_message_is_edited_by_its_author_or_an_admin() {
    let desk = Desk::start().await;
    let (_, jane) = desk.user("Jane Smith", "agent").await;
    let mut receiver = desk.receiver(&["message.updated"]).await;
    let ticket = desk.ticket("S").await;
    let message = format!("{}/messages/{}", path(&ticket), ticket["opening_message_id"].as_str().unwrap());
    jane.patch(&message, json!({"body_text": "Mine now"})).await.problem(403, "others_message");
    let dry = desk.owner.patch(&format!("{message}?dry_run=true"), json!({"body_text": "Tried"})).await.ok();
    assert_eq!(dry["events"][0]["type"], "message.updated");
    let html = json!({"body_html": "<p>I get an <b>error</b> on login.<script>x()</script></p>"});
    let edited = desk.owner.patch(&message, html).await.ok();
    assert_eq!(edited["body_html"], "<p>I get an <b>error</b> on login.</p>");
    assert_eq!((&edited["id"], &edited["kind"]), (&ticket["opening_message_id"], &json!("inbound")));
    let after = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!(after["messages"][0]["body_text"], "I get an error on login.");
    assert_eq!((&after["preview"], &after["version"]), (&json!("I get an error on login."), &json!(2)));
    for same in ["status", "awaiting", "replies_count", "last_activity_at"] {
        assert_eq!(after[same], ticket[same], "{same}");
    }
    let told = receiver.next().await;
    assert!(!told.raw.contains("error"), "{}", told.raw);
    assert_eq!(told.event["data"]["message"]["id"], edited["id"]);
    assert_eq!(desk.owner.patch(&message, json!({})).await.bad_fields(), ["/body_text"]);
    assert_eq!(desk.owner.patch(&message, json!({"body_text": "x", "kind": "note"})).await.bad_fields(), ["/kind"]);
    let stale = desk.owner.with("if-match", "\"1\"").patch(&message, json!({"body_text": "Late"})).await;
    stale.problem(412, "stale");
    let mine = jane.post(&format!("{}/messages", path(&ticket)), json!({"body_text": "Typo"})).await.created();
    let mine = format!("{}/messages/{}", path(&ticket), mine["id"].as_str().unwrap());
    assert_eq!(jane.patch(&mine, json!({"body_text": "No typo"})).await.ok()["body_text"], "No typo");
}

#[tokio::test]
async fn g15_delete_puts_a_ticket_into_the_trash() {
    let desk = Desk::start().await;
    desk.owner.patch("/v1/workspace", json!({"deletion": "trash"})).await.ok();
    let ticket = desk.ticket("S").await;
    desk.owner.delete(&path(&ticket)).await.expect(204);
    desk.owner.get(&path(&ticket)).await.problem(404, "not_found");
    desk.owner.delete(&path(&ticket)).await.problem(404, "not_found");
    desk.owner.delete(&format!("/v1/tickets/{ABSENT}")).await.problem(404, "not_found");
    desk.owner.post(&format!("{}/restore", path(&ticket)), json!({})).await.ok();
    assert_eq!(desk.owner.get(&path(&ticket)).await.ok()["trashed_at"], Json::Null);
}

#[tokio::test]
async fn g19_the_tag_set_is_replaced_by_names_or_ids_and_an_empty_one_clears() {
    let desk = Desk::start().await;
    let mut ids = Vec::new();
    for name in ["billing", "urgent", "vip"] {
        ids.push(desk.owner.post("/v1/tags", json!({"name": name})).await.created()["id"].clone());
    }
    let ticket = desk.ticket("S").await;
    let tags = format!("{}/tags", path(&ticket));
    let names = |ticket: &Json| -> Vec<String> {
        let mut names: Vec<_> =
            ticket["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let both = desk.owner.put(&tags, json!({"tags": ["Billing", ids[1]]})).await.ok();
    assert_eq!(names(&both), ["billing", "urgent"]);
    assert_eq!(names(&desk.owner.put(&tags, json!({"tags": [ids[2]]})).await.ok()), ["vip"]);
    let unknown = json!({"tags": ["vip", "none", ABSENT]});
    assert_eq!(desk.owner.put(&tags, unknown).await.bad_fields(), ["/tags/1", "/tags/2"]);
    assert_eq!(names(&desk.owner.get(&path(&ticket)).await.ok()), ["vip"], "nothing was written");
    assert_eq!(desk.owner.put(&tags, json!({"tags": []})).await.ok()["tags"], json!([]));
    assert_eq!(desk.owner.put(&tags, json!({})).await.bad_fields(), ["/tags"]);
    assert_eq!(desk.owner.put(&tags, json!({"tags": null})).await.bad_fields(), ["/tags"]);
}

#[tokio::test]
async fn g23_absent_tickets_are_404_and_bad_fields_422_with_one_entry_each() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let replies = format!("{}/messages", path(&ticket));
    for (method, path, body) in [
        (Method::GET, format!("/v1/tickets/{ABSENT}"), None),
        (Method::GET, "/v1/tickets/32".to_owned(), None),
        (Method::PATCH, format!("/v1/tickets/{ABSENT}"), Some(json!({"subject": "T"}))),
        (Method::PUT, format!("/v1/tickets/{ABSENT}"), Some(json!({"subject": "T"}))),
        (Method::PUT, format!("/v1/tickets/{ABSENT}/status"), Some(json!({"status": "open"}))),
        (Method::PUT, format!("/v1/tickets/{ABSENT}/tags"), Some(json!({"tags": []}))),
        (Method::POST, format!("/v1/tickets/{ABSENT}/restore"), Some(json!({}))),
        (Method::GET, format!("/v1/tickets/{ABSENT}/messages"), None),
        (Method::POST, format!("/v1/tickets/{ABSENT}/messages"), Some(json!({"body_text": "x"}))),
        (Method::GET, format!("{replies}/{ABSENT}"), None),
        (Method::DELETE, format!("{replies}/{ABSENT}"), None),
    ] {
        desk.owner.send(method, &path, body).await.problem(404, "not_found");
    }
    let bad = json!({
        "subject": "", "status": "gone", "priority": 7, "category_id": ABSENT, "tags": ["none"], "uid": "u".repeat(255),
    });
    let patched = desk.owner.patch(&path(&ticket), bad.clone()).await.expect(422);
    let entries: Vec<_> = patched["errors"].as_array().unwrap().iter().collect();
    assert_eq!(entries.len(), 6, "{patched}");
    assert!(entries.iter().all(|entry| entry["code"].is_string() && entry["detail"].is_string()));
    let expected = ["/category_id", "/priority", "/status", "/subject", "/tags/0", "/uid"];
    assert_eq!(desk.owner.patch(&path(&ticket), bad.clone()).await.bad_fields(), expected);
    assert_eq!(desk.owner.post("/v1/tickets", bad).await.bad_fields(), expected);
    assert_eq!(desk.owner.get(&path(&ticket)).await.ok()["version"], 1);
}
