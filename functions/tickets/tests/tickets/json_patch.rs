//! JSON Patch (RFC 6902) over the editable document.

use crate::fixtures::{field, open, operate, owner, tag};
use futures_util::future::join_all;
use lambdesk_testkit::Desk;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn operations_change_the_document_and_only_what_differs_is_written() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    tag(&desk, "billing").await;
    tag(&desk, "vip").await;
    field(&desk, "plan", false, &[]).await;
    let body = json!({"subject": "S", "tags": ["billing"], "uid": "u-1", "from": {"name": "Ann"}});
    let path = open(&owner, body).await;
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
    let patched = operate(&owner, &path, &operations).await;
    assert_eq!(patched.header("etag"), "\"2\"");
    let patched = patched.ok();
    assert_eq!((&patched["subject"], &patched["uid"], &patched["summary"]), (&json!("T"), &Json::Null, &json!("u-1")));
    assert_eq!((patched["tags"].as_array().unwrap().len(), &patched["custom"]), (2, &json!({"plan": "pro"})));
    assert_eq!(patched["requester"], json!({"name": "Ann", "phone": "+123"}));
    let again = operate(&owner, &path, &json!([{"op": "replace", "path": "/subject", "value": "T"}])).await;
    assert_eq!((again.status, again.header("etag")), (200, "\"2\""));
}

#[tokio::test]
async fn a_failed_test_is_409_and_changes_nothing() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    let operations = json!([
        {"op": "replace", "path": "/subject", "value": "T"}, {"op": "test", "path": "/status", "value": "closed"},
    ]);
    let failed = operate(&owner, &path, &operations).await;
    assert_eq!((failed.problem(), failed.pointers()), ((409, "test_failed".to_owned()), vec!["/1/path".to_owned()]));
    assert_eq!(owner.get(&path).await.ok()["version"], 1);
}

#[tokio::test]
async fn what_can_not_be_applied_or_is_no_ticket_afterwards_is_422() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    field(&desk, "order", true, &[]).await;
    let path = open(&owner, json!({"subject": "S", "custom": {"order": "A-1"}})).await;
    for (operations, pointers) in [
        (json!([{"op": "remove", "path": "/nothing"}]), vec!["/0/path"]),
        (json!([{"op": "replace", "path": "/tags/0", "value": "x"}]), vec!["/0/path"]),
        (json!([{"op": "jump", "path": "/subject"}]), vec!["/0/op"]),
        (json!({"op": "remove", "path": "/uid"}), vec![""]),
        (json!([{"op": "replace", "path": "", "value": 7}]), vec![""]),
        (json!([{"op": "remove", "path": "/subject"}]), vec!["/subject"]),
        (json!([{"op": "remove", "path": "/custom/order"}]), vec!["/custom/order"]),
        (json!([{"op": "add", "path": "/number", "value": 7}]), vec!["/number"]),
        (json!([{"op": "add", "path": "/tags/-", "value": "none"}]), vec!["/tags/0"]),
    ] {
        let answer = operate(&owner, &path, &operations).await;
        let pointers: Vec<_> = pointers.into_iter().map(str::to_owned).collect();
        assert_eq!((answer.status, answer.pointers()), (422, pointers), "{operations}");
    }
    let long = Json::Array(vec![json!({"op": "test", "path": "/subject", "value": "S"}); 101]);
    assert_eq!(operate(&owner, &path, &long).await.status, 422);
    let xml = owner.send("PATCH", &path, &[("content-type", "application/xml")], "<a/>").await;
    assert_eq!(xml.problem(), (415, "unsupported_media_type".to_owned()));
    assert!(xml.header("accept-patch").contains("application/json-patch+json"), "{:?}", xml.headers);
    assert_eq!(owner.get(&path).await.ok()["version"], 1, "none of them wrote anything");
}

#[tokio::test]
async fn operations_that_meet_on_one_list_all_arrive() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let names: Vec<_> = (0..4).map(|number| format!("tag {number}")).collect();
    for name in &names {
        tag(&desk, name).await;
    }
    let path = open(&owner, json!({"subject": "S"})).await;
    let adds: Vec<_> = names.iter().map(|name| json!([{"op": "add", "path": "/tags/-", "value": name}])).collect();
    for answer in join_all(adds.iter().map(|operations| operate(&owner, &path, operations))).await {
        answer.ok();
    }
    let after = owner.get(&path).await.ok();
    assert_eq!((after["tags"].as_array().unwrap().len(), &after["version"]), (4, &json!(5)));
}

#[tokio::test]
async fn who_names_a_version_is_told_when_it_is_stale_instead_of_tried_again() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    let operations = json!([{"op": "replace", "path": "/subject", "value": "T"}]);
    let stale = operate(&owner.with("if-match", "\"7\""), &path, &operations).await;
    assert_eq!((stale.problem(), stale.header("etag")), ((412, "stale".to_owned()), "\"1\""));
    assert_eq!(operate(&owner.with("if-match", "\"1\""), &path, &operations).await.header("etag"), "\"2\"");
    let dry = operate(&owner, &format!("{path}?dry_run=true"), &json!([{"op": "remove", "path": "/uid"}])).await;
    assert_eq!(dry.ok()["events"], json!([]), "there was none");
}
