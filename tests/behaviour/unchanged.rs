//! What is so already is not written again: no version, no event, and the ticket as it
//! is for an answer.

use lambdesk_tests::{Api, Desk, Json, Reply, json};
use reqwest::Method;

const JSON_PATCH: &str = "application/json-patch+json";

/// A ticket that has everything, and a caller with the key of its assignee.
async fn full(desk: &Desk) -> (String, Api, Json) {
    for name in ["vip", "late"] {
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
    }
    for (key, kind) in [("plan", "text"), ("seats", "number"), ("paid", "boolean"), ("colors", "choices")] {
        let options = if kind == "choices" { json!(["red", "blue"]) } else { json!([]) };
        let field = json!({"key": key, "name": key, "kind": kind, "options": options});
        desk.owner.post("/v1/custom-fields", field).await.created();
    }
    let (user, api) = desk.user("Jane Smith", "agent").await;
    let id = async |path: &str, body: Json| desk.owner.post(path, body).await.created()["id"].clone();
    let contact = id("/v1/contacts", json!({"name": "Grace", "email": "grace@customer.example"})).await;
    let account = json!({"kind": "project", "external_id": "p1", "contact_id": contact});
    let fields = json!({
        "subject": "S", "priority": "high", "status": "on_hold",
        "category_id": id("/v1/categories", json!({"name": "Billing"})).await,
        "team_id": id("/v1/teams", json!({"name": "First line"})).await,
        "assignee_id": user["id"],
        "contact_id": contact,
        "account_id": id("/v1/accounts", account).await,
        "requester": {"name": "Grace", "email": "grace@customer.example", "phone": "+1"},
        "tags": ["vip"],
        "custom": {"plan": "gold", "seats": 5, "paid": true, "colors": ["blue", "red"]},
        "uid": "u1", "summary": "Two\nlines", "follow_up_at": "2031-01-01T00:00:00.000Z",
        "is_read_by_customer": true, "is_read_by_organization": true,
    });
    let ticket = desk.owner.post("/v1/tickets", json!({"subject": "T"})).await.created();
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    assert_eq!(desk.owner.put(&path, fields.clone()).await.ok()["version"], 2);
    (path, api, fields)
}

/// Every write that says what is so of that ticket.
fn sayings(fields: &Json) -> Vec<(Method, &'static str, Option<Json>)> {
    let vip = json!({"tags": ["vip"]});
    let mut all = vec![
        (Method::PUT, "", Some(fields.clone())),
        (Method::PATCH, "", Some(fields.clone())),
        (Method::PATCH, "", Some(json!({}))),
        (Method::PATCH, "", Some(json!({"custom": {"seats": 5.0, "colors": ["red", "blue", "red"]}}))),
        (Method::PATCH, "", Some(json!({"follow_up_at": "2031-01-01T01:00:00+01:00"}))),
        (Method::PUT, "/status", Some(json!({"status": fields["status"]}))),
        (Method::PUT, "/assignee", Some(json!({"assignee_id": fields["assignee_id"]}))),
        (Method::PUT, "/team", Some(json!({"team_id": fields["team_id"]}))),
        (Method::PUT, "/follow_up", Some(json!({"follow_up_at": fields["follow_up_at"]}))),
        (Method::PUT, "/tags", Some(vip.clone())),
        (Method::POST, "/tags", Some(vip)),
        (Method::POST, "/tags", Some(json!({"tags": []}))),
        (Method::POST, "/assign", None),
        (Method::POST, "/read", None),
    ];
    for (name, value) in fields.as_object().unwrap() {
        all.push((Method::PATCH, "", Some(json!({ name: value }))));
    }
    all
}

/// Says all of it, and holds each answer to the ticket as it was.
async fn say_all(api: &Api, path: &str, fields: &Json) {
    let before = api.get(path).await.ok();
    let hold = |what: &str, reply: Reply| {
        assert_eq!(reply.header("etag"), format!("\"{}\"", before["version"]), "{what}: {}", reply.body);
        let answered = reply.ok();
        for field in ["version", "updated_at", "status", "tags", "custom", "requester"] {
            assert_eq!(answered[field], before[field], "{what}");
        }
    };
    for (method, verb, body) in sayings(fields) {
        let what = format!("{method} {verb} {body:?}");
        hold(&what, api.send(method, &format!("{path}{verb}"), body).await);
    }
    let same = json!([
        {"op": "replace", "path": "/priority", "value": fields["priority"]},
        {"op": "add", "path": "/custom/plan", "value": "gold"},
        {"op": "remove", "path": "/tags/0"}, {"op": "add", "path": "/tags/0", "value": "vip"},
    ]);
    hold("JSON Patch", api.send_raw(Method::PATCH, path, JSON_PATCH, Some(same.to_string().into_bytes())).await);
}

#[tokio::test]
async fn saying_what_is_so_already_makes_no_version_and_no_event() {
    let desk = Desk::start().await;
    let (path, jane, fields) = full(&desk).await;
    let late = desk.owner.post("/v1/tags", json!({"name": "other"})).await.created()["id"].clone();
    let log = format!("{path}/activities");
    desk.owner.eventually(&log, |body| body["data"].as_array().is_some_and(|log| log.len() == 2)).await;
    let mut receiver = desk.receiver(&["*"]).await;
    say_all(&jane, &path, &fields).await;
    say_all(&jane.with("if-match", "\"2\""), &path, &fields).await;
    desk.owner.delete(&format!("{path}/tags/{}", late.as_str().unwrap())).await.expect(204);
    receiver.silence().await;
    assert_eq!(desk.owner.get(&log).await.ok().as_array().unwrap().len(), 2);
    jane.with("if-match", "\"1\"").patch(&path, json!({"subject": "S"})).await.problem(412, "stale");
}

#[tokio::test]
async fn clearing_what_is_empty_makes_no_version() {
    let desk = Desk::start().await;
    let ticket = desk.owner.post("/v1/tickets", json!({"subject": "T"})).await.created();
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    for (verb, body) in [
        ("/assignee", json!({"assignee_id": null})),
        ("/team", json!({"team_id": null})),
        ("/follow_up", json!({"follow_up_at": null})),
        ("/tags", json!({"tags": []})),
        ("", json!({"subject": "T"})),
    ] {
        assert_eq!(desk.owner.put(&format!("{path}{verb}"), body).await.ok()["version"], 1, "{verb}");
    }
    let nothing = json!({"category_id": null, "contact_id": null, "account_id": null, "requester": null,
        "tags": null, "custom": null, "uid": null, "summary": null});
    assert_eq!(desk.owner.patch(&path, nothing).await.ok()["version"], 1);
}

#[tokio::test]
async fn of_a_patch_only_what_is_new_is_told() {
    let desk = Desk::start().await;
    let (path, jane, mut fields) = full(&desk).await;
    fields["summary"] = json!("Three");
    let changed = jane.patch(&path, fields).await.ok();
    assert_eq!((&changed["version"], &changed["summary"]), (&json!(3), &json!("Three")));
    let log = desk.owner.eventually(&format!("{path}/activities"), |body| body["data"][0]["sequence"] == 3).await;
    let told: Vec<_> = log["data"][0]["changes"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert_eq!(told, ["summary"]);
}

#[tokio::test]
async fn that_nothing_changed_is_remembered_under_its_key_like_any_answer() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.post(&format!("{path}/archive"), json!({})).await.ok();
    let caller = desk.owner.with("idempotency-key", "once");
    let first = caller.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!((first.header("idempotent-replayed"), &first.body["data"]["version"]), ("", &json!(2)));
    desk.owner.post(&format!("{path}/restore"), json!({})).await.ok();
    let again = caller.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
    assert_eq!(desk.owner.get(&path).await.ok()["is_archived"], false, "it is not done after all");
}
