use crate::fixtures::{JSON, open, owner, user};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_key_is_shown_once_and_never_again() {
    let desk = open().await;
    let owner = owner(&desk);
    let body = json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read", "admin"]});
    let made = owner.post("/v1/api-keys", body).await;
    let id = made.member("id");
    let expected = json!({
        "id": id, "name": "CI", "kind": "machine", "user_id": null, "channel_id": null, "scopes": ["tickets:read", "admin"],
        "expires_at": null, "created_at": "2027-01-15T08:00:00.000Z",
        "created_by": {"kind": "user", "id": desk.owner}, "last_used_at": null, "previous_expires_at": null,
    });
    assert_eq!((made.status, made.header("location")), (201, format!("/v1/api-keys/{id}").as_str()));
    assert_eq!(owner.get(&format!("/v1/api-keys/{id}")).await.data(), expected);
    let list = owner.get("/v1/api-keys").await;
    assert_eq!(list.data()[1], expected);
    let shown = list.text;
    assert!(!shown.contains("ldk_") && !shown.contains("hash"), "{shown}");
}

#[tokio::test]
async fn a_revoked_key_is_refused() {
    let desk = open().await;
    let owner = owner(&desk);
    let made = owner.post("/v1/api-keys", json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]})).await;
    let (one, program) = (format!("/v1/api-keys/{}", made.member("id")), owner.with_key(&made.member("key")));
    assert_eq!(program.get("/v1/tags").await.status, 200);
    assert_eq!(owner.delete(&format!("{one}?dry_run=true")).await.status, 200);
    assert_eq!(program.get("/v1/tags").await.status, 200);
    assert_eq!(owner.delete(&one).await.status, 204);
    let refused = program.get("/v1/tags").await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"));
    assert_eq!((owner.get(&one).await.status, owner.delete(&one).await.status), (404, 404));
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let desk = open().await;
    let owner = owner(&desk);
    let body =
        json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"], "expires_at": "2027-01-15T10:00:00+01:00"});
    let made = owner.post("/v1/api-keys", body).await;
    assert_eq!(made.data()["expires_at"], "2027-01-15T09:00:00.000Z");
    let program = owner.with_key(&made.member("key"));
    desk.wait(Duration::from_millis(3_599_999));
    assert_eq!(program.get("/v1/tags").await.status, 200);
    desk.wait(Duration::from_millis(1));
    assert_eq!(program.get("/v1/tags").await.status, 401);
}

#[tokio::test]
async fn a_key_grants_no_scope_that_its_maker_lacks() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, admin) = user(&owner, "admin", json!(["admin", "tickets:read"])).await;
    let machine = |scopes: Value| json!({"name": "CI", "kind": "machine", "scopes": scopes});
    let answer = admin.post("/v1/api-keys", machine(json!(["tickets:read", "tickets:write"]))).await;
    assert_eq!(
        (answer.status, answer.code(), &answer.json()["scope"]),
        (403, "missing_scope", &json!("tickets:write"))
    );
    assert_eq!(admin.post("/v1/api-keys", machine(json!(["tickets:read", "admin"]))).await.status, 201);
}

#[tokio::test]
async fn keys_are_for_administrators() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, agent) = user(&owner, "agent", json!(["admin", "tickets:read", "tickets:write"])).await;
    let channel = owner.make("/v1/channels", json!({"name": "Phone", "type": "phone"})).await;
    let key =
        json!({"name": "PBX", "kind": "channel", "channel_id": channel, "scopes": ["tickets:read", "tickets:write"]});
    let made = owner.post("/v1/api-keys", key).await;
    assert_eq!((made.data()["kind"].as_str(), made.member("channel_id")), (Some("channel"), channel));
    let one = format!("/v1/api-keys/{}", made.member("id"));
    for other in [agent, owner.with_key(&made.member("key"))] {
        let body = json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]});
        for answer in [
            other.get("/v1/api-keys").await,
            other.get(&one).await,
            other.post("/v1/api-keys", body).await,
            other.delete(&one).await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "administration_only"));
        }
    }
}

#[tokio::test]
async fn an_admin_does_not_revoke_an_owners_key() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, admin) = user(&owner, "admin", json!(["admin"])).await;
    let first = admin.get("/v1/api-keys").await.data()[0]["id"].as_str().unwrap().to_owned();
    let answer = admin.delete(&format!("/v1/api-keys/{first}")).await;
    assert_eq!((answer.status, answer.code()), (403, "role_above_own"));
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused_with_every_reason() {
    let desk = open().await;
    let owner = owner(&desk);
    let user = owner.get("/v1/users").await.data()[0]["id"].clone();
    let channel = owner.make("/v1/channels", json!({"name": "Phone", "type": "phone"})).await;
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
        let answer = owner.post("/v1/api-keys", body.clone()).await;
        assert_eq!((answer.status, answer.errors()), (422, expected), "{body}");
    }
    assert_eq!(owner.get("/v1/api-keys?with_total=1").await.json()["page"]["total"], 1);
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_key_and_shows_it_again() {
    let desk = open().await;
    let owner = owner(&desk);
    let body = json!({"name": "CI", "kind": "machine", "scopes": ["tickets:read"]});
    let send = || owner.send("POST", "/v1/api-keys", &[JSON, ("idempotency-key", "one")], body.to_string());
    let (first, second) = tokio::join!(send(), send());
    assert_eq!((first.status, &first.json()), (201, &second.json()));
    assert_eq!(owner.with_key(&first.member("key")).get("/v1/tags").await.status, 200);
    assert_eq!(owner.get("/v1/api-keys?with_total=1").await.json()["page"]["total"], 2);
    let tried = owner.post("/v1/api-keys?dry_run=1", body.clone()).await;
    assert!(tried.changes().contains(&("name", &json!(null), &json!("CI"))));
    assert!(!tried.text.contains("ldk_"));
}
