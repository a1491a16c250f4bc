//! JSON Patch (RFC 6902) on tickets.

use lambdesk_tests::{Api, Desk, Json, Reply, json};
use reqwest::Method;

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

async fn patch(api: &Api, path: &str, operations: Json) -> Reply {
    api.send_raw(Method::PATCH, path, "application/json-patch+json", Some(operations.to_string().into_bytes())).await
}

#[tokio::test]
async fn operations_change_the_editable_document_and_only_what_differs() {
    let desk = Desk::start().await;
    for name in ["billing", "vip"] {
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
    }
    desk.owner.post("/v1/custom-fields", json!({"key": "plan", "name": "Plan", "kind": "text"})).await.created();
    let body = json!({"subject": "S", "tags": ["billing"], "uid": "u-1", "from": {"name": "Ann"}});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    let operations = json!([
        {"op": "test", "path": "/status", "value": "open"},
        {"op": "replace", "path": "/subject", "value": "T"},
        {"op": "add", "path": "/tags/-", "value": "vip"},
        {"op": "add", "path": "/custom/plan", "value": "pro"},
        {"op": "move", "from": "/uid", "path": "/summary"},
        {"op": "copy", "from": "/requester/name", "path": "/requester/phone"},
        {"op": "replace", "path": "/requester/phone", "value": "+123"},
        {"op": "replace", "path": "/priority", "value": "normal"},
    ]);
    let patched = patch(&desk.owner, &path(&ticket), operations).await;
    assert_eq!(patched.header("etag"), "\"2\"");
    let patched = patched.ok();
    assert_eq!((&patched["subject"], &patched["uid"], &patched["summary"]), (&json!("T"), &Json::Null, &json!("u-1")));
    assert_eq!((patched["tags"].as_array().unwrap().len(), &patched["custom"]), (2, &json!({"plan": "pro"})));
    assert_eq!(patched["requester"], json!({"name": "Ann", "phone": "+123"}));
    let log = desk
        .owner
        .eventually(&format!("{}/activities", path(&ticket)), |body| {
            body["data"].as_array().is_some_and(|d| d.len() == 2)
        })
        .await;
    let fields: Vec<_> = log["data"][0]["changes"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert_eq!(fields, ["tag_ids", "subject", "requester", "custom", "uid", "summary"]);
    let again = patch(&desk.owner, &path(&ticket), json!([{"op": "replace", "path": "/subject", "value": "T"}])).await;
    assert_eq!(again.header("etag"), "\"2\"", "nothing differs");
}

#[tokio::test]
async fn a_failed_test_is_409_and_changes_nothing_of_the_whole_patch() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let operations = json!([
        {"op": "replace", "path": "/subject", "value": "T"}, {"op": "test", "path": "/status", "value": "closed"},
    ]);
    let problem = patch(&desk.owner, &path(&ticket), operations).await.problem(409, "test_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/1/path");
    let after = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!((&after["version"], &after["subject"]), (&json!(1), &json!("S")));
}

#[tokio::test]
async fn what_cannot_be_applied_or_is_no_ticket_afterwards_is_422_with_reasons() {
    let desk = Desk::start().await;
    let field = json!({"key": "order", "name": "Order", "kind": "text", "is_required": true});
    desk.owner.post("/v1/custom-fields", field).await.created();
    let body = json!({"subject": "S", "custom": {"order": "A-1"}});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    for (operations, pointers) in [
        (json!([{"op": "remove", "path": "/nothing"}]), vec!["/0/path"]),
        (json!([{"op": "replace", "path": "/tags/0", "value": "x"}]), vec!["/0/path"]),
        (
            json!([{"op": "jump", "path": "/subject"}, {"op": "add", "path": "subject"}]),
            vec!["/0/op", "/1/path", "/1/value"],
        ),
        (json!({"op": "remove", "path": "/uid"}), vec![""]),
        (json!([{"op": "replace", "path": "", "value": 7}]), vec![""]),
        (
            json!([{"op": "remove", "path": "/subject"}, {"op": "remove", "path": "/custom/order"}]),
            vec!["/custom/order", "/subject"],
        ),
        (
            json!([{"op": "add", "path": "/number", "value": 7}, {"op": "replace", "path": "/status", "value": "gone"}]),
            vec!["/number", "/status"],
        ),
        (json!([{"op": "add", "path": "/tags/-", "value": "none"}]), vec!["/tags/0"]),
        (json!([{"op": "replace", "path": "/assignee_id", "value": ticket["id"]}]), vec!["/assignee_id"]),
    ] {
        assert_eq!(patch(&desk.owner, &path(&ticket), operations.clone()).await.bad_fields(), pointers, "{operations}");
    }
    let long = vec![json!({"op": "test", "path": "/subject", "value": "S"}); 101];
    assert_eq!(patch(&desk.owner, &path(&ticket), Json::Array(long)).await.bad_fields(), [""]);
    let bomb: Vec<_> =
        (0..100).map(|n| json!({"op": "copy", "from": "/custom", "path": format!("/custom/x{n}")})).collect();
    patch(&desk.owner, &path(&ticket), Json::Array(bomb)).await.expect(422);
    let raw =
        desk.owner.send_raw(Method::PATCH, &path(&ticket), "application/json-patch+json", Some(b"[{".to_vec())).await;
    raw.problem(400, "malformed");
    let other = desk.owner.send_raw(Method::PATCH, &path(&ticket), "application/xml", Some(b"<a/>".to_vec())).await;
    assert!(other.header("accept-patch").contains("application/json-patch+json"), "{:?}", other.headers);
    other.problem(415, "unsupported_media_type");
    assert_eq!(desk.owner.get(&path(&ticket)).await.ok()["version"], 1, "none of them wrote anything");
}

#[tokio::test]
async fn it_obeys_versions_reach_scopes_roles_and_dry_runs_as_any_write_does() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = path(&ticket);
    let operations = json!([{"op": "replace", "path": "/subject", "value": "T"}]);
    let dry = patch(&desk.owner, &format!("{path}?dry_run=true"), operations.clone()).await.ok();
    assert_eq!((&dry["changes"][0]["field"], &dry["events"][0]["type"]), (&json!("subject"), &json!("ticket.updated")));
    let stale = desk.owner.with("if-match", "\"7\"");
    patch(&stale, &path, operations.clone()).await.problem(412, "stale");
    let current = desk.owner.with("if-match", "\"1\"");
    patch(&current, &path, operations.clone()).await.ok();
    let reader = desk.machine(&["tickets:read"]).await;
    patch(&reader, &path, operations.clone()).await.problem(403, "missing_scope");
    let other = desk.other_workspace().await;
    patch(&other, &path, operations.clone()).await.problem(404, "not_found");
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let (_, restricted) = desk.user("Rita Restricted", "restricted").await;
    patch(&restricted, &path, operations).await.problem(404, "not_found");
    let machine = desk.machine(&["tickets:read", "tickets:write"]).await;
    let assigned =
        patch(&machine, &path, json!([{"op": "replace", "path": "/assignee_id", "value": jane["id"]}])).await;
    assert_eq!(assigned.ok()["assignee"]["name"], "Jane Smith");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_operations_on_one_list_all_arrive() {
    let desk = Desk::start().await;
    let mut names = Vec::new();
    for number in 0..6 {
        let name = format!("tag {number}");
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
        names.push(name);
    }
    let ticket = desk.ticket("S").await;
    let writers: Vec<_> = names
        .iter()
        .map(|name| {
            let (owner, path) = (desk.owner.clone(), path(&ticket));
            let operations = json!([{"op": "add", "path": "/tags/-", "value": name}]);
            tokio::spawn(async move { patch(&owner, &path, operations).await.ok() })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let after = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!((after["tags"].as_array().unwrap().len(), &after["version"]), (6, &json!(7)));
}

#[tokio::test]
async fn the_document_has_every_field_that_put_takes() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let described = desk.nobody().get("/openapi.json").await.expect(200);
    let fields = described["components"]["schemas"]["TicketFields"]["properties"].as_object().unwrap();
    assert!(fields.len() > 10, "{fields:?}");
    for field in fields.keys() {
        let pointer = format!("/{field}");
        let copy = json!([{"op": "copy", "from": pointer, "path": pointer}]);
        let same = patch(&desk.owner, &path(&ticket), copy).await;
        assert_eq!((same.status.as_u16(), same.header("etag")), (200, "\"1\""), "{field}: {}", same.body);
    }
}
