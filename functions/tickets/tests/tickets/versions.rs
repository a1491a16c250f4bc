//! What every write has in common: versions, dry runs, idempotency keys, silence.

use crate::fixtures::{id_of, open, owner, send, tag, verb, writes};
use lambdesk_testkit::Desk;
use serde_json::json;

#[tokio::test]
async fn every_write_refuses_a_stale_version_and_writes_nothing() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    tag(&desk, "vip").await;
    let path = open(&owner, json!({"subject": "S"})).await;
    let stale = owner.with("if-match", "\"9\"");
    for write in writes() {
        let refused = send(&stale, &write, &path).await;
        assert_eq!((refused.problem(), refused.header("etag")), ((412, "stale".to_owned()), "\"1\""), "{write:?}");
        assert_eq!(refused.json()["current_version"], 1);
    }
    assert_eq!(owner.get(&path).await.ok()["version"], 1);
}

#[tokio::test]
async fn a_version_that_is_current_is_as_good_as_none_and_another_spelling_of_it_is_none() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    let change = async |version: &str| owner.with("if-match", version).patch(&path, json!({"subject": version})).await;
    assert_eq!(change("\"1\"").await.header("etag"), "\"2\"");
    assert_eq!(change("*").await.header("etag"), "\"3\"");
    for bad in ["3", "\"3\" \"4\"", "\"x", ""] {
        assert_eq!(change(bad).await.problem(), (400, "invalid_if_match".to_owned()), "{bad}");
    }
    for other in ["W/\"3\"", "\"03\"", "\"2\", \"4\"", "\"x\""] {
        assert_eq!(change(other).await.problem(), (412, "stale".to_owned()), "{other}");
    }
    assert_eq!(change("\"3\", \"4\"").await.header("etag"), "\"4\"");
    let new = owner.with("if-match", "\"1\"").post("/v1/tickets", json!({"subject": "S"})).await;
    assert_eq!(new.problem(), (412, "no_version".to_owned()), "a ticket that is not there has no version");
}

#[tokio::test]
async fn a_dry_run_of_every_write_tells_its_event_and_writes_nothing() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    tag(&desk, "vip").await;
    let path = open(&owner, json!({"subject": "S", "message": {"body_text": "?"}})).await;
    let before = desk.ticket_now(id_of(&path)).await;
    for (method, below, body) in writes() {
        let dry = (method, &*format!("{below}?dry_run=true"), body);
        let tried = send(&owner, &dry, &path).await;
        if below == "/restore" {
            assert_eq!(tried.problem(), (409, "not_put_away".to_owned()), "a refusal is a refusal");
            continue;
        }
        let is_so = below.starts_with("/tags/") || matches!(below, "/assignee" | "/team" | "/unread");
        let tried = tried.ok();
        assert_eq!(tried["events"].as_array().unwrap().len(), usize::from(!is_so), "{method} {below}: {tried}");
        assert_eq!(tried["changes"].as_array().unwrap().is_empty(), is_so, "{method} {below}: {tried}");
    }
    assert_eq!(desk.ticket_now(id_of(&path)).await, before);
}

#[tokio::test]
async fn a_repeated_verb_is_answered_from_memory() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    tag(&desk, "vip").await;
    let path = open(&owner, json!({"subject": "S", "message": {"body_text": "?"}})).await;
    for (count, name) in (2..).zip(["assign", "read", "archive", "restore"]) {
        let once = owner.with("idempotency-key", name);
        let (first, again) =
            (verb(&once, &format!("{path}/{name}")).await, verb(&once, &format!("{path}/{name}")).await);
        assert_eq!((first.ok(), first.header("etag")), (again.ok(), again.header("etag")), "{name}");
        assert_eq!((again.header("idempotent-replayed"), again.header("etag")), ("true", &*format!("\"{count}\"")));
    }
    let once = owner.with("idempotency-key", "tags");
    let attach = async || once.post(&format!("{path}/tags"), json!({"tags": ["vip"]})).await;
    let first = attach().await;
    owner.put(&format!("{path}/tags"), json!({"tags": []})).await.ok();
    assert_eq!(attach().await.ok(), first.ok(), "as it was then, although the ticket has changed");
    assert_eq!(owner.get(&path).await.ok()["tags"], json!([]));
    let elsewhere = open(&owner, json!({"subject": "T"})).await;
    let other = verb(&owner.with("idempotency-key", "read"), &format!("{elsewhere}/read")).await;
    assert_eq!((other.status, other.header("idempotent-replayed")), (200, ""), "a key is one route's");
}

#[tokio::test]
async fn a_silent_change_is_recorded_as_silent() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    owner.patch(&format!("{path}?silent=true"), json!({"subject": "T"})).await.ok();
    owner.patch(&format!("{path}?silent=false"), json!({"subject": "U"})).await.ok();
    desk.project().await;
    let log = owner.get(&format!("{path}/activities")).await.ok();
    let silent: Vec<_> = log.as_array().unwrap().iter().map(|event| event["is_silent"].clone()).collect();
    assert_eq!(silent, [json!(false), json!(true), json!(false)]);
    for bad in ["silent=x", "silent=", "silent=true&silent=true", "dry_run=x", "include=trashed"] {
        let refused = owner.patch(&format!("{path}?{bad}"), json!({"subject": "V"})).await;
        assert_eq!(refused.problem(), (400, "invalid_query".to_owned()), "{bad}");
    }
}
