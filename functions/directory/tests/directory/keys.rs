use crate::app::App;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_key_is_shown_once_and_never_again() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let made = app
        .post("/v1/api-keys", &owner, json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read", "admin"]}))
        .await;
    let id = made.text("id");
    let expected = json!({
        "id": id, "name": "CI", "kind": "machine", "user_id": null, "channel_id": null, "scopes": ["tickets:read", "admin"],
        "expires_at": null, "created_at": "2027-01-15T08:00:00.000Z", "last_used_at": null, "previous_expires_at": null,
    });
    assert_eq!((made.status, made.header("location")), (201, format!("/v1/api-keys/{id}").as_str()));
    assert_eq!(app.get(&format!("/v1/api-keys/{id}"), &owner).await.data(), &expected);
    let list = app.get("/v1/api-keys", &owner).await;
    assert_eq!(list.data()[1], expected);
    let shown = list.body.to_string();
    assert!(!shown.contains("ldk_") && !shown.contains("hash"), "{shown}");
}

#[tokio::test]
async fn a_revoked_key_is_refused() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let made =
        app.post("/v1/api-keys", &owner, json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]})).await;
    let (one, key) = (format!("/v1/api-keys/{}", made.text("id")), made.text("key"));
    assert_eq!(app.get("/v1/tags", &key).await.status, 200);
    assert_eq!(app.delete(&format!("{one}?dry_run=true"), &owner).await.status, 200);
    assert_eq!(app.get("/v1/tags", &key).await.status, 200);
    assert_eq!(app.delete(&one, &owner).await.status, 204);
    let refused = app.get("/v1/tags", &key).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"));
    assert_eq!((app.get(&one, &owner).await.status, app.delete(&one, &owner).await.status), (404, 404));
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let body =
        json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"], "expires_at": "2027-01-15T10:00:00+01:00"});
    let made = app.post("/v1/api-keys", &owner, body).await;
    assert_eq!(made.data()["expires_at"], "2027-01-15T09:00:00.000Z");
    app.clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(app.get("/v1/tags", &made.text("key")).await.status, 200);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(app.get("/v1/tags", &made.text("key")).await.status, 401);
}

#[tokio::test]
async fn a_key_grants_no_scope_that_its_maker_lacks() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (_, admin) = app.user(&owner, "admin", json!(["admin", "tickets:read"])).await;
    let machine = |scopes: Value| json!({"name": "CI", "kind": "machine", "scopes": scopes});
    let answer = app.post("/v1/api-keys", &admin, machine(json!(["tickets:read", "tickets:write"]))).await;
    assert_eq!((answer.status, answer.code(), &answer.body["scope"]), (403, "missing_scope", &json!("tickets:write")));
    assert_eq!(app.post("/v1/api-keys", &admin, machine(json!(["tickets:read", "admin"]))).await.status, 201);
}

#[tokio::test]
async fn keys_are_for_administrators() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (_, agent) = app.user(&owner, "agent", json!(["admin", "tickets:read", "tickets:write"])).await;
    let channel = app.made("/v1/channels", &owner, json!({"name": "Phone", "type": "phone"})).await;
    let key =
        json!({"name": "PBX", "kind": "channel", "channel_id": channel, "scopes": ["tickets:read", "tickets:write"]});
    let made = app.post("/v1/api-keys", &owner, key).await;
    assert_eq!((made.data()["kind"].as_str(), made.text("channel_id")), (Some("channel"), channel));
    let one = format!("/v1/api-keys/{}", made.text("id"));
    for key in [&agent, &made.text("key")] {
        let body = json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]});
        for answer in [
            app.get("/v1/api-keys", key).await,
            app.get(&one, key).await,
            app.post("/v1/api-keys", key, body).await,
            app.delete(&one, key).await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "administration_only"));
        }
    }
}

#[tokio::test]
async fn an_admin_does_not_revoke_an_owners_key() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (_, admin) = app.user(&owner, "admin", json!(["admin"])).await;
    let first = app.get("/v1/api-keys", &admin).await.data()[0]["id"].as_str().unwrap().to_owned();
    let answer = app.delete(&format!("/v1/api-keys/{first}"), &admin).await;
    assert_eq!((answer.status, answer.code()), (403, "role_above_own"));
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused_with_every_reason() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let user = app.get("/v1/users", &owner).await.data()[0]["id"].clone();
    let channel = app.made("/v1/channels", &owner, json!({"name": "Phone", "type": "phone"})).await;
    let cases = [
        (json!({}), vec![("/name", "required"), ("/kind", "required"), ("/scopes", "required")]),
        (
            json!({"name": "K", "kind": "robot", "scopes": ["root"]}),
            vec![("/kind", "wrong_type"), ("/scopes/0", "invalid")],
        ),
        (json!({"name": "K", "kind": "machine", "scopes": []}), vec![("/scopes", "required")]),
        (json!({"name": "K", "kind": "user", "scopes": ["admin"]}), vec![("/user_id", "required")]),
        (
            json!({"name": "K", "kind": "user", "user_id": channel, "scopes": ["admin"]}),
            vec![("/user_id", "no_such_reference")],
        ),
        (
            json!({"name": "K", "kind": "machine", "user_id": user, "scopes": ["admin"]}),
            vec![("/user_id", "not_applicable")],
        ),
        (
            json!({"name": "K", "kind": "channel", "channel_id": user, "user_id": user, "scopes": ["tickets:read"]}),
            vec![("/user_id", "not_applicable"), ("/channel_id", "no_such_reference")],
        ),
        (
            json!({"name": "K", "kind": "channel", "channel_id": channel, "scopes": ["tickets:read", "contacts:read"]}),
            vec![("/scopes/1", "not_applicable")],
        ),
        (
            json!({"name": "K", "kind": "machine", "scopes": ["admin"], "expires_at": "2027-01-15T08:00:00Z", "key": "mine"}),
            vec![("/expires_at", "past"), ("/key", "unknown_field")],
        ),
    ];
    for (body, expected) in cases {
        let answer = app.post("/v1/api-keys", &owner, body.clone()).await;
        assert_eq!((answer.status, answer.errors()), (422, expected), "{body}");
    }
    assert_eq!(app.get("/v1/api-keys?with_total=1", &owner).await.body["page"]["total"], 1);
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_key_and_shows_it_again() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let body = json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]});
    let send = || app.call("POST", "/v1/api-keys", &owner).header("idempotency-key", "one").json(&body).send();
    let (first, second) = tokio::join!(send(), send());
    assert_eq!((first.status, &first.body), (201, &second.body));
    assert_eq!(app.get("/v1/tags", &first.text("key")).await.status, 200);
    assert_eq!(app.get("/v1/api-keys?with_total=1", &owner).await.body["page"]["total"], 2);
    let tried = app.post("/v1/api-keys?dry_run=1", &owner, body.clone()).await;
    assert!(tried.changes().contains(&("name", &json!(null), &json!("CI"))));
    assert!(!tried.body.to_string().contains("ldk_"));
}
