use crate::app::App;
use lambdesk_api::channel_token::ChannelToken;
use serde_json::json;

#[tokio::test]
async fn a_channel_has_its_defaults_and_a_token_that_names_it() {
    let app = App::start().await;
    let key = app.workspace().await;
    let made = app
        .post(
            "/v1/channels",
            &key,
            json!({"name": "Site", "type": "chat", "hostnames": ["Shop.example", "*.shop.example"]}),
        )
        .await;
    let expected = json!({
        "id": made.data()["id"], "name": "Site", "type": "chat", "color": null, "is_enabled": true,
        "hostnames": ["shop.example", "*.shop.example"], "intake": "accept", "require_existing_contact": false,
        "default_priority": "normal", "default_team_id": null, "default_category_id": null, "require_category": false,
        "require_contact": false, "public_token": made.data()["public_token"], "identity_generation": 0,
        "created_at": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(made.data(), &expected);
    let token: ChannelToken = made.text("public_token").parse().unwrap();
    assert_eq!(token.channel.to_string(), made.text("id"));
    assert_eq!(json!(token.workspace), app.get("/v1/workspace", &key).await.data()["id"]);
    let directory = app.store.fresh_directory(token.workspace).await.unwrap().unwrap();
    assert!(token.matches(&directory.channels[&token.channel]));
}

#[tokio::test]
async fn a_rotated_token_replaces_the_one_before() {
    let app = App::start().await;
    let key = app.workspace().await;
    let made = app.post("/v1/channels", &key, json!({"name": "Site", "type": "form"})).await;
    let path = format!("/v1/channels/{}/rotate-token", made.text("id"));
    let send = |body: &'static str| {
        let call = app.call("POST", &path, &key).header("idempotency-key", "one");
        if body.is_empty() { call.send() } else { call.raw(body).send() }
    };
    let rotated = send("").await;
    assert_eq!(rotated.status, 200);
    assert_ne!(rotated.text("public_token"), made.text("public_token"));
    let old: ChannelToken = made.text("public_token").parse().unwrap();
    let new: ChannelToken = rotated.text("public_token").parse().unwrap();
    let directory = app.store.fresh_directory(old.workspace).await.unwrap().unwrap();
    let channel = &directory.channels[&old.channel];
    assert!(new.matches(channel) && !old.matches(channel));
    let again = send("").await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &rotated.body));
    assert_eq!(send("{}").await.code(), "idempotency_key_reused");
    assert_eq!(app.post(&path, &key, json!({"x": 1})).await.errors(), [("/x", "unknown_field")]);
}

#[tokio::test]
async fn each_identity_secret_is_shown_once_and_another_than_the_one_before() {
    let app = App::start().await;
    let key = app.workspace().await;
    let id = app.made("/v1/channels", &key, json!({"name": "Site", "type": "form"})).await;
    let (one, path) = (format!("/v1/channels/{id}"), format!("/v1/channels/{id}/identity-secret"));
    let tried = app.post(&format!("{path}?dry_run=true"), &key, json!({})).await;
    assert_eq!(tried.status, 200);
    assert!(!format!("{:?}", tried.body).contains("cs_"));
    let first = app.call("POST", &path, &key).header("idempotency-key", "one").send().await;
    assert_eq!((first.status, &first.data()["identity_generation"]), (200, &json!(1)));
    assert!(first.text("secret").starts_with("cs_"));
    let again = app.call("POST", &path, &key).header("idempotency-key", "one").send().await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
    let second = app.call("POST", &path, &key).header("if-match", first.header("etag")).send().await;
    assert_eq!((second.status, &second.data()["identity_generation"]), (200, &json!(2)));
    assert_ne!(second.text("secret"), first.text("secret"));
    let stale = app.call("POST", &path, &key).header("if-match", first.header("etag")).send().await;
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    let read = app.get(&one, &key).await;
    assert_eq!((read.header("etag"), &read.data()["identity_generation"]), (second.header("etag"), &json!(2)));
    assert!(read.data().get("secret").is_none());
    assert_eq!(app.post(&path, &key, json!({"x": 1})).await.errors(), [("/x", "unknown_field")]);
    let elsewhere = app.workspace().await;
    assert_eq!(app.post(&path, &elsewhere, json!({})).await.status, 404);
    assert_eq!(app.patch(&one, &key, json!({"identity_generation": 1})).await.status, 422);
}

#[tokio::test]
async fn tokens_and_settings_are_for_administrators() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (_, agent) = app.user(&owner, "agent", json!(["tickets:read"])).await;
    let id = app.made("/v1/channels", &owner, json!({"name": "Site", "type": "form"})).await;
    let seen = json!({"id": id, "name": "Site", "type": "form", "color": null, "is_enabled": true});
    assert_eq!(app.get(&format!("/v1/channels/{id}"), &agent).await.data(), &seen);
    assert_eq!(app.get("/v1/channels", &agent).await.data(), &json!([seen]));
    for secret in ["rotate-token", "identity-secret"] {
        let answer = app.post(&format!("/v1/channels/{id}/{secret}"), &agent, json!({})).await;
        assert_eq!((answer.status, answer.code()), (403, "administration_only"));
    }
}

#[tokio::test]
async fn a_channel_is_deleted_only_when_it_is_off_and_its_keys_go_with_it() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let id = app.made("/v1/channels", &owner, json!({"name": "Phone", "type": "phone"})).await;
    let key = json!({"name": "PBX", "kind": "channel", "channel_id": id, "scopes": ["tickets:read"]});
    let key = app.post("/v1/api-keys", &owner, key).await.text("key");
    let one = format!("/v1/channels/{id}");
    let answer = app.delete(&one, &owner).await;
    assert_eq!((answer.status, answer.code()), (409, "channel_enabled"));
    assert_eq!(app.get("/v1/tags", &key).await.status, 200);
    assert_eq!(app.patch(&one, &owner, json!({"is_enabled": false})).await.status, 200);
    assert_eq!(app.delete(&one, &owner).await.code(), "in_use");
    assert_eq!(app.delete(&format!("{one}?force=true"), &owner).await.status, 204);
    assert_eq!(app.get("/v1/tags", &key).await.status, 401);
}

#[tokio::test]
async fn all_bad_fields_of_a_channel_are_told_at_once() {
    let app = App::start().await;
    let key = app.workspace().await;
    let bad = json!({
        "type": "fax", "color": "red", "is_enabled": "yes", "hostnames": ["shop.example", "https://shop.example", null],
        "intake": "maybe", "require_existing_contact": 1, "default_priority": "asap", "token": "mine",
    });
    let answer = app.post("/v1/channels", &key, bad).await;
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
    let id = app.made("/v1/channels", &key, json!({"name": "Site", "type": "form"})).await;
    let answer = app.patch(&format!("/v1/channels/{id}"), &key, json!({"type": "form"})).await;
    assert_eq!(answer.errors(), [("/type", "immutable")]);
}
