use crate::fixtures::{open, owner, user};
use lambdesk_testkit::{Client, ClientAnswer, Desk};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A key of a machine: its path and its text.
async fn machine(owner: &Client) -> (String, String) {
    let made = owner.post("/v1/api-keys", json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]})).await;
    (format!("/v1/api-keys/{}", made.member("id")), made.member("key"))
}

async fn rotate(owner: &Client, one: &str, body: Value) -> ClientAnswer {
    let answer = owner.post(&format!("{one}/rotate"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// What a key is answered.
async fn status(desk: &Desk, key: &str) -> u16 {
    owner(desk).with_key(key).get("/v1/tags").await.status
}

#[tokio::test]
async fn two_secrets_live_during_the_overlap_and_one_after_it() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, first) = machine(&owner).await;
    assert_eq!(status(&desk, &first).await, 200);
    let rotated = rotate(&owner, &one, json!({"overlap_hours": 2})).await;
    let second = rotated.member("key");
    assert_ne!(first, second);
    assert_eq!(rotated.data()["previous_expires_at"], "2027-01-15T10:00:00.000Z");
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (200, 200));
    let shown = owner.get(&one).await;
    assert_eq!((shown.data().get("key"), shown.member("previous_expires_at").is_empty()), (None, false));
    desk.wait(2 * HOUR);
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (401, 200));
    assert!(owner.get(&one).await.data()["previous_expires_at"].is_null());
}

#[tokio::test]
async fn a_secret_goes_at_once_without_overlap_and_when_a_third_comes() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, first) = machine(&owner).await;
    let second = rotate(&owner, &one, json!({})).await.member("key");
    let third = rotate(&owner, &one, json!({"overlap_hours": 720})).await.member("key");
    assert_eq!(
        [status(&desk, &first).await, status(&desk, &second).await, status(&desk, &third).await],
        [401, 200, 200]
    );
    let fourth = rotate(&owner, &one, json!({"overlap_hours": 0})).await.member("key");
    assert_eq!(
        [status(&desk, &second).await, status(&desk, &third).await, status(&desk, &fourth).await],
        [401, 401, 200]
    );
    assert_eq!(owner.delete(&one).await.status, 204);
    assert_eq!(status(&desk, &fourth).await, 401);
}

#[tokio::test]
async fn revoking_a_key_ends_both_of_its_secrets() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, first) = machine(&owner).await;
    let second = rotate(&owner, &one, json!({})).await.member("key");
    assert_eq!(owner.delete(&one).await.status, 204);
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (401, 401));
}

#[tokio::test]
async fn of_concurrent_rotations_none_leaves_a_third_secret() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, first) = machine(&owner).await;
    let answers = futures_util::future::join_all((0..4).map(|_| rotate(&owner, &one, json!({})))).await;
    let mut live = 0;
    for text in answers.iter().map(|answer| answer.member("key")).chain([first]) {
        live += u16::from(status(&desk, &text).await == 200);
    }
    assert_eq!(live, 2);
}

#[tokio::test]
async fn a_rotation_is_remembered_held_to_its_version_and_tried() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, first) = machine(&owner).await;
    let path = format!("{one}/rotate");
    let send = || owner.send("POST", &path, &[("idempotency-key", "one")], "");
    let (first_answer, again) = (send().await, send().await);
    assert_eq!(
        (first_answer.status, again.header("idempotent-replayed"), &again.json()),
        (200, "true", &first_answer.json())
    );
    assert_eq!(status(&desk, &first).await, 200, "it was rotated once");
    let stale = owner.send("POST", &path, &[("if-match", "\"1\"")], "").await;
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    let tried = owner.post(&format!("{path}?dry_run=true"), json!({"overlap_hours": 2})).await;
    assert_eq!((tried.status, tried.text.contains("ldk_")), (200, false));
    assert_eq!(tried.changes().len(), 1, "another end of the secret before: {}", tried.text);
    assert_eq!(owner.get(&one).await.header("etag"), first_answer.header("etag"));
}

#[tokio::test]
async fn rotating_is_for_those_who_could_make_the_key() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, admin) = user(&owner, "admin", json!(["admin"])).await;
    let (one, _) = machine(&owner).await;
    let path = format!("{one}/rotate");
    let refused = admin.post(&path, json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "missing_scope"));
    let owners = owner.get("/v1/api-keys").await.data()[0]["id"].as_str().unwrap().to_owned();
    let refused = admin.post(&format!("/v1/api-keys/{owners}/rotate"), json!({})).await;
    assert_eq!(refused.status, 403);
    let bad = owner.post(&path, json!({"overlap_hours": 721, "force": true})).await;
    assert_eq!(bad.errors(), [("/overlap_hours", "invalid"), ("/force", "unknown_field")]);
    let other = owner.with_key(&desk.other_workspace().await.1);
    assert_eq!(other.post(&path, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_key_is_edited_and_both_its_secrets_obey() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, first) = machine(&owner).await;
    let second = rotate(&owner, &one, json!({})).await.member("key");
    let changed = owner.patch(&one, json!({"name": "CD", "scopes": ["contacts:read"]})).await;
    assert_eq!((changed.status, changed.member("name")), (200, "CD".to_owned()));
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (403, 403));
    let later = json!({"expires_at": "2027-01-15T09:00:00Z", "scopes": ["tickets:read"]});
    assert_eq!(owner.patch(&one, later).await.status, 200);
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (200, 200));
    desk.wait(HOUR);
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (401, 401));
    assert_eq!(owner.patch(&one, json!({"expires_at": null})).await.status, 200);
    assert_eq!((status(&desk, &first).await, status(&desk, &second).await), (200, 200));
}

#[tokio::test]
async fn what_a_key_stands_for_is_fixed() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, _) = machine(&owner).await;
    let bad = json!({"name": null, "kind": "user", "user_id": null, "scopes": [], "expires_at": "2020-01-01T00:00:00Z", "x": 1});
    let expected = [
        ("/name", "not_nullable"),
        ("/scopes", "required"),
        ("/expires_at", "past"),
        ("/kind", "immutable"),
        ("/user_id", "immutable"),
        ("/x", "unknown_field"),
    ];
    assert_eq!(owner.patch(&one, bad).await.errors(), expected);
    let (_, admin) = user(&owner, "admin", json!(["admin", "tickets:read"])).await;
    let more = admin.patch(&one, json!({"scopes": ["tickets:write"]})).await;
    assert_eq!((more.status, more.code()), (403, "missing_scope"));
}

#[tokio::test]
async fn the_hour_of_a_keys_last_use_is_told() {
    let desk = open().await;
    let owner = owner(&desk);
    let (one, key) = machine(&owner).await;
    assert!(owner.get(&one).await.data()["last_used_at"].is_null());
    desk.wait(Duration::from_mins(20));
    assert_eq!(status(&desk, &key).await, 200);
    assert_eq!(told(&owner, &one, "2027-01-15T08:00:00.000Z").await, 200);
    let etag = owner.get(&one).await.header("etag").to_owned();
    desk.wait(3 * HOUR);
    assert_eq!(status(&desk, &key).await, 200);
    assert_eq!(told(&owner, &one, "2027-01-15T11:00:00.000Z").await, 200);
    assert_eq!(owner.get(&one).await.header("etag"), etag, "it is no change");
    rotate(&owner, &one, json!({})).await;
    assert_eq!(owner.get(&one).await.data()["last_used_at"], "2027-01-15T11:00:00.000Z", "rotating keeps it");
}

/// Waits until a key tells of this use: it is recorded beside the request.
async fn told(owner: &Client, one: &str, hour: &str) -> u16 {
    for _ in 0..1_000 {
        let answer = owner.get(one).await;
        if answer.data()["last_used_at"] == hour {
            return answer.status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    0
}
