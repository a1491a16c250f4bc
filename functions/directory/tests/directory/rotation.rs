use crate::app::{Answer, App};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A key of a machine: its path and its text.
async fn machine(app: &App, owner: &str) -> (String, String) {
    let made =
        app.post("/v1/api-keys", owner, json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]})).await;
    (format!("/v1/api-keys/{}", made.text("id")), made.text("key"))
}

async fn rotate(app: &App, owner: &str, one: &str, body: Value) -> Answer {
    let answer = app.post(&format!("{one}/rotate"), owner, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

async fn status(app: &App, key: &str) -> u16 {
    app.get("/v1/tags", key).await.status
}

#[tokio::test]
async fn two_secrets_live_during_the_overlap_and_one_after_it() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, first) = machine(&app, &owner).await;
    assert_eq!(status(&app, &first).await, 200);
    let rotated = rotate(&app, &owner, &one, json!({"overlap_hours": 2})).await;
    let second = rotated.text("key");
    assert_ne!(first, second);
    assert_eq!(rotated.data()["previous_expires_at"], "2027-01-15T10:00:00.000Z");
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (200, 200));
    let shown = app.get(&one, &owner).await;
    assert_eq!((shown.data().get("key"), shown.text("previous_expires_at").is_empty()), (None, false));
    app.clock.advance(2 * HOUR);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (401, 200));
    assert!(app.get(&one, &owner).await.data()["previous_expires_at"].is_null());
}

#[tokio::test]
async fn a_secret_goes_at_once_without_overlap_and_when_a_third_comes() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, first) = machine(&app, &owner).await;
    let second = rotate(&app, &owner, &one, json!({})).await.text("key");
    let third = rotate(&app, &owner, &one, json!({"overlap_hours": 720})).await.text("key");
    assert_eq!([status(&app, &first).await, status(&app, &second).await, status(&app, &third).await], [401, 200, 200]);
    let fourth = rotate(&app, &owner, &one, json!({"overlap_hours": 0})).await.text("key");
    assert_eq!([status(&app, &second).await, status(&app, &third).await, status(&app, &fourth).await], [401, 401, 200]);
    assert_eq!(app.delete(&one, &owner).await.status, 204);
    assert_eq!(status(&app, &fourth).await, 401);
}

#[tokio::test]
async fn revoking_a_key_ends_both_of_its_secrets() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, first) = machine(&app, &owner).await;
    let second = rotate(&app, &owner, &one, json!({})).await.text("key");
    assert_eq!(app.delete(&one, &owner).await.status, 204);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (401, 401));
}

#[tokio::test]
async fn of_concurrent_rotations_none_leaves_a_third_secret() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, first) = machine(&app, &owner).await;
    let answers = futures_util::future::join_all((0..4).map(|_| rotate(&app, &owner, &one, json!({})))).await;
    let mut live = 0;
    for text in answers.iter().map(|answer| answer.text("key")).chain([first]) {
        live += u16::from(status(&app, &text).await == 200);
    }
    assert_eq!(live, 2);
}

#[tokio::test]
async fn a_rotation_is_remembered_held_to_its_version_and_tried() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, first) = machine(&app, &owner).await;
    let path = format!("{one}/rotate");
    let send = || app.call("POST", &path, &owner).header("idempotency-key", "one").send();
    let (first_answer, again) = (send().await, send().await);
    assert_eq!(
        (first_answer.status, again.header("idempotent-replayed"), &again.body),
        (200, "true", &first_answer.body)
    );
    assert_eq!(status(&app, &first).await, 200, "it was rotated once");
    let stale = app.call("POST", &path, &owner).header("if-match", "\"1\"").send().await;
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    let tried = app.post(&format!("{path}?dry_run=true"), &owner, json!({"overlap_hours": 2})).await;
    assert_eq!((tried.status, tried.body.to_string().contains("ldk_")), (200, false));
    assert_eq!(tried.changes().len(), 1, "another end of the secret before: {}", tried.body);
    assert_eq!(app.get(&one, &owner).await.header("etag"), first_answer.header("etag"));
}

#[tokio::test]
async fn rotating_is_for_those_who_could_make_the_key() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (_, admin) = app.user(&owner, "admin", json!(["admin"])).await;
    let (one, _) = machine(&app, &owner).await;
    let path = format!("{one}/rotate");
    let refused = app.post(&path, &admin, json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "missing_scope"));
    let owners = app.get("/v1/api-keys", &owner).await.data()[0]["id"].as_str().unwrap().to_owned();
    let refused = app.post(&format!("/v1/api-keys/{owners}/rotate"), &admin, json!({})).await;
    assert_eq!(refused.status, 403);
    let bad = app.post(&path, &owner, json!({"overlap_hours": 721, "force": true})).await;
    assert_eq!(bad.errors(), [("/overlap_hours", "invalid"), ("/force", "unknown_field")]);
    let other = app.workspace().await;
    assert_eq!(app.post(&path, &other, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_key_is_edited_and_both_its_secrets_obey() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, first) = machine(&app, &owner).await;
    let second = rotate(&app, &owner, &one, json!({})).await.text("key");
    let changed = app.patch(&one, &owner, json!({"name": "CD", "scopes": ["contacts:read"]})).await;
    assert_eq!((changed.status, changed.text("name")), (200, "CD".to_owned()));
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (403, 403));
    let later = json!({"expires_at": "2027-01-15T09:00:00Z", "scopes": ["tickets:read"]});
    assert_eq!(app.patch(&one, &owner, later).await.status, 200);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (200, 200));
    app.clock.advance(HOUR);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (401, 401));
    assert_eq!(app.patch(&one, &owner, json!({"expires_at": null})).await.status, 200);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (200, 200));
}

#[tokio::test]
async fn what_a_key_stands_for_is_fixed() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, _) = machine(&app, &owner).await;
    let bad = json!({"name": null, "kind": "user", "user_id": null, "scopes": [], "expires_at": "2020-01-01T00:00:00Z", "x": 1});
    let expected = [
        ("/name", "not_nullable"),
        ("/scopes", "required"),
        ("/expires_at", "past"),
        ("/kind", "immutable"),
        ("/user_id", "immutable"),
        ("/x", "unknown_field"),
    ];
    assert_eq!(app.patch(&one, &owner, bad).await.errors(), expected);
    let (_, admin) = app.user(&owner, "admin", json!(["admin", "tickets:read"])).await;
    let more = app.patch(&one, &admin, json!({"scopes": ["tickets:write"]})).await;
    assert_eq!((more.status, more.code()), (403, "missing_scope"));
}

#[tokio::test]
async fn the_hour_of_a_keys_last_use_is_told() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (one, key) = machine(&app, &owner).await;
    assert!(app.get(&one, &owner).await.data()["last_used_at"].is_null());
    app.clock.advance(Duration::from_mins(20));
    assert_eq!(status(&app, &key).await, 200);
    assert_eq!(told(&app, &owner, &one, "2027-01-15T08:00:00.000Z").await, 200);
    let etag = app.get(&one, &owner).await.header("etag").to_owned();
    app.clock.advance(3 * HOUR);
    assert_eq!(status(&app, &key).await, 200);
    assert_eq!(told(&app, &owner, &one, "2027-01-15T11:00:00.000Z").await, 200);
    assert_eq!(app.get(&one, &owner).await.header("etag"), etag, "it is no change");
    rotate(&app, &owner, &one, json!({})).await;
    assert_eq!(app.get(&one, &owner).await.data()["last_used_at"], "2027-01-15T11:00:00.000Z", "rotating keeps it");
}

/// Waits until a key tells of this use: it is recorded beside the request.
async fn told(app: &App, owner: &str, one: &str, hour: &str) -> u16 {
    for _ in 0..1_000 {
        let answer = app.get(one, owner).await;
        if answer.data()["last_used_at"] == hour {
            return answer.status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    0
}
