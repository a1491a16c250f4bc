use crate::fixtures::{JSON, open, owner, user};
use lambdesk_api::channel_token::ChannelToken;
use serde_json::json;

#[tokio::test]
async fn a_channel_has_its_defaults_and_a_token_that_names_it() {
    let desk = open().await;
    let owner = owner(&desk);
    let site = json!({"name": "Site", "type": "chat", "hostnames": ["Shop.example", "*.shop.example"]});
    let made = owner.post("/v1/channels", site).await;
    let expected = json!({
        "id": made.data()["id"], "name": "Site", "type": "chat", "color": null, "is_enabled": true,
        "hostnames": ["shop.example", "*.shop.example"], "intake": "accept", "require_existing_contact": false,
        "default_priority": "normal", "default_team_id": null, "default_category_id": null, "require_category": false,
        "require_contact": false, "public_token": made.data()["public_token"], "identity_generation": 0,
        "created_at": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(made.data(), expected);
    let token: ChannelToken = made.member("public_token").parse().unwrap();
    assert_eq!(token.channel.to_string(), made.member("id"));
    assert_eq!(json!(token.workspace), owner.get("/v1/workspace").await.data()["id"]);
    let directory = desk.store.directories.fresh_directory(token.workspace).await.unwrap().unwrap();
    assert!(token.matches(&directory.channels[&token.channel]));
}

#[tokio::test]
async fn a_rotated_token_replaces_the_one_before() {
    let desk = open().await;
    let owner = owner(&desk);
    let made = owner.post("/v1/channels", json!({"name": "Site", "type": "form"})).await;
    let path = format!("/v1/channels/{}/rotate-token", made.member("id"));
    let json = owner.with(JSON.0, JSON.1);
    let send = |body: &'static str| {
        let caller = if body.is_empty() { &owner } else { &json };
        caller.send("POST", &path, &[("idempotency-key", "one")], body)
    };
    let rotated = send("").await;
    assert_eq!(rotated.status, 200);
    assert_ne!(rotated.member("public_token"), made.member("public_token"));
    let old: ChannelToken = made.member("public_token").parse().unwrap();
    let new: ChannelToken = rotated.member("public_token").parse().unwrap();
    let directory = desk.store.directories.fresh_directory(old.workspace).await.unwrap().unwrap();
    let channel = &directory.channels[&old.channel];
    assert!(new.matches(channel) && !old.matches(channel));
    let again = send("").await;
    assert_eq!((again.header("idempotent-replayed"), &again.json()), ("true", &rotated.json()));
    assert_eq!(send("{}").await.code(), "idempotency_key_reused");
    assert_eq!(owner.post(&path, json!({"x": 1})).await.errors(), [("/x", "unknown_field")]);
}

#[tokio::test]
async fn each_identity_secret_is_shown_once_and_another_than_the_one_before() {
    let desk = open().await;
    let owner = owner(&desk);
    let id = owner.make("/v1/channels", json!({"name": "Site", "type": "form"})).await;
    let (one, path) = (format!("/v1/channels/{id}"), format!("/v1/channels/{id}/identity-secret"));
    let tried = owner.post(&format!("{path}?dry_run=true"), json!({})).await;
    assert_eq!(tried.status, 200);
    assert!(!tried.text.contains("cs_"));
    let first = owner.send("POST", &path, &[("idempotency-key", "one")], "").await;
    assert_eq!((first.status, &first.data()["identity_generation"]), (200, &json!(1)));
    assert!(first.member("secret").starts_with("cs_"));
    let again = owner.send("POST", &path, &[("idempotency-key", "one")], "").await;
    assert_eq!((again.header("idempotent-replayed"), &again.json()), ("true", &first.json()));
    let second = owner.send("POST", &path, &[("if-match", first.header("etag"))], "").await;
    assert_eq!((second.status, &second.data()["identity_generation"]), (200, &json!(2)));
    assert_ne!(second.member("secret"), first.member("secret"));
    let stale = owner.send("POST", &path, &[("if-match", first.header("etag"))], "").await;
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    let read = owner.get(&one).await;
    assert_eq!((read.header("etag"), &read.data()["identity_generation"]), (second.header("etag"), &json!(2)));
    assert!(read.data().get("secret").is_none());
    assert_eq!(owner.post(&path, json!({"x": 1})).await.errors(), [("/x", "unknown_field")]);
    let elsewhere = owner.with_key(&desk.other_workspace().await.1);
    assert_eq!(elsewhere.post(&path, json!({})).await.status, 404);
    assert_eq!(owner.patch(&one, json!({"identity_generation": 1})).await.status, 422);
}

#[tokio::test]
async fn tokens_and_settings_are_for_administrators() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, agent) = user(&owner, "agent", json!(["tickets:read"])).await;
    let id = owner.make("/v1/channels", json!({"name": "Site", "type": "form"})).await;
    let seen = json!({"id": id, "name": "Site", "type": "form", "color": null, "is_enabled": true});
    assert_eq!(agent.get(&format!("/v1/channels/{id}")).await.data(), seen);
    assert_eq!(agent.get("/v1/channels").await.data(), json!([seen]));
    for secret in ["rotate-token", "identity-secret"] {
        let answer = agent.post(&format!("/v1/channels/{id}/{secret}"), json!({})).await;
        assert_eq!((answer.status, answer.code()), (403, "administration_only"));
    }
}

#[tokio::test]
async fn a_channel_is_deleted_only_when_it_is_off_and_its_keys_go_with_it() {
    let desk = open().await;
    let owner = owner(&desk);
    let id = owner.make("/v1/channels", json!({"name": "Phone", "type": "phone"})).await;
    let key = json!({"name": "PBX", "kind": "channel", "channel_id": id, "scopes": ["tickets:read"]});
    let pbx = owner.with_key(&owner.post("/v1/api-keys", key).await.member("key"));
    let one = format!("/v1/channels/{id}");
    let answer = owner.delete(&one).await;
    assert_eq!((answer.status, answer.code()), (409, "channel_enabled"));
    assert_eq!(pbx.get("/v1/tags").await.status, 200);
    assert_eq!(owner.patch(&one, json!({"is_enabled": false})).await.status, 200);
    assert_eq!(owner.delete(&one).await.code(), "in_use");
    assert_eq!(owner.delete(&format!("{one}?force=true")).await.status, 204);
    assert_eq!(pbx.get("/v1/tags").await.status, 401);
}

#[tokio::test]
async fn all_bad_fields_of_a_channel_are_told_at_once() {
    let desk = open().await;
    let owner = owner(&desk);
    let bad = json!({
        "type": "fax", "color": "red", "is_enabled": "yes", "hostnames": ["shop.example", "https://shop.example", null],
        "intake": "maybe", "require_existing_contact": 1, "default_priority": "asap", "token": "mine",
    });
    let answer = owner.post("/v1/channels", bad).await;
    let mut errors = answer.errors();
    errors.sort_unstable();
    let expected = [
        ("/color", "invalid"),
        ("/default_priority", "invalid"),
        ("/hostnames/1", "invalid"),
        ("/hostnames/2", "not_nullable"),
        ("/intake", "invalid"),
        ("/is_enabled", "wrong_type"),
        ("/name", "required"),
        ("/require_existing_contact", "wrong_type"),
        ("/token", "unknown_field"),
        ("/type", "invalid"),
    ];
    assert_eq!((answer.status, errors.as_slice()), (422, expected.as_slice()));
    let id = owner.make("/v1/channels", json!({"name": "Site", "type": "form"})).await;
    let answer = owner.patch(&format!("/v1/channels/{id}"), json!({"type": "form"})).await;
    assert_eq!(answer.errors(), [("/type", "immutable")]);
}
