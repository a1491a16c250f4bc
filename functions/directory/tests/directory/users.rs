use crate::app::App;
use lambdesk_store::EntryChange;
use serde_json::json;

async fn owner_id(app: &App, key: &str) -> String {
    app.get("/v1/users", key).await.data()[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let app = App::start().await;
    let key = app.workspace().await;
    let one = format!("/v1/users/{}", owner_id(&app, &key).await);
    for answer in [
        app.delete(&one, &key).await,
        app.delete(&format!("{one}?dry_run=1"), &key).await,
        app.patch(&one, &key, json!({"role": "admin"})).await,
    ] {
        assert_eq!((answer.status, answer.code()), (409, "last_owner"));
    }
    app.made("/v1/users", &key, json!({"name": "Bob", "email": "bob@acme.example", "role": "owner"})).await;
    assert_eq!(app.patch(&one, &key, json!({"role": "admin"})).await.status, 200);
}

#[tokio::test]
async fn of_two_owners_who_depose_each_other_at_once_one_stays() {
    let app = App::start().await;
    let first = app.workspace().await;
    let first_id = owner_id(&app, &first).await;
    let (second_id, second) = app.user(&first, "owner", json!(["admin", "tickets:read"])).await;
    let (a, b) = (format!("/v1/users/{first_id}"), format!("/v1/users/{second_id}"));
    for _ in 0..10 {
        let (one, other) = tokio::join!(
            app.patch(&b, &first, json!({"role": "admin"})),
            app.patch(&a, &second, json!({"role": "admin"})),
        );
        // Whoever comes second is refused: as the last owner, or as no owner any more.
        let (left, deposed) = if one.status == 200 { (&first, &b) } else { (&second, &a) };
        let loser = if one.status == 200 { &other } else { &one };
        assert!([403, 409].contains(&loser.status), "{one:?} {other:?}");
        assert_eq!(app.patch(deposed, left, json!({"role": "owner"})).await.status, 200);
    }
}

#[tokio::test]
async fn a_change_is_held_to_what_was_seen_and_to_its_witness() {
    let app = App::start().await;
    let key = app.workspace().await;
    let workspace = app.get("/v1/workspace", &key).await.text("id").parse().unwrap();
    let mut seen = Vec::new();
    for name in ["a", "b"] {
        let tag = app.made("/v1/tags", &key, json!({"name": name})).await;
        seen.push(app.store.entry(workspace, tag.parse().unwrap()).await.unwrap().unwrap());
    }
    let now = app.clock.now();
    let change = |after, witness| EntryChange { seen: &seen[0], after, witness };
    let deleted =
        app.store.change_entry(workspace, EntryChange { seen: &seen[1], after: None, witness: None }, None, now);
    assert!(deleted.await.unwrap());
    for after in [None, Some(&seen[0].value)] {
        assert!(
            !app.store.change_entry(workspace, change(after, Some(&seen[1])), None, now).await.unwrap(),
            "its witness is gone"
        );
    }
    assert!(app.store.change_entry(workspace, change(None, None), None, now).await.unwrap());
    for after in [None, Some(&seen[0].value)] {
        assert!(!app.store.change_entry(workspace, change(after, None), None, now).await.unwrap(), "it is gone");
    }
}

#[tokio::test]
async fn nobody_grants_a_role_above_their_own() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (admin_id, admin) = app.user(&owner, "admin", json!(["admin"])).await;
    let machine = json!({"name": "CI", "kind": "machine", "scopes": ["admin"]});
    let machine = app.post("/v1/api-keys", &owner, machine).await.text("key");
    let owner_id = owner_id(&app, &owner).await;
    for key in [&admin, &machine] {
        let new = json!({"name": "Eve", "email": "eve@acme.example", "role": "owner"});
        let owners_key = json!({"name": "Eve", "kind": "user", "user_id": owner_id, "scopes": ["admin"]});
        for answer in [
            app.post("/v1/users", key, new).await,
            app.patch(&format!("/v1/users/{admin_id}"), key, json!({"role": "owner"})).await,
            app.patch(&format!("/v1/users/{owner_id}"), key, json!({"role": "agent"})).await,
            app.delete(&format!("/v1/users/{owner_id}"), key).await,
            app.post("/v1/api-keys", key, owners_key).await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "role_above_own"), "{}", answer.body);
        }
    }
    let peer = json!({"name": "Bob", "email": "bob@acme.example", "role": "admin"});
    assert_eq!(app.post("/v1/users", &admin, peer).await.status, 201);
}

#[tokio::test]
async fn a_deleted_users_keys_are_refused_and_gone() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (user, key) = app.user(&owner, "agent", json!(["tickets:read"])).await;
    assert_eq!(app.get("/v1/tags", &key).await.status, 200);
    let one = format!("/v1/users/{user}");
    assert_eq!(app.delete(&one, &owner).await.code(), "in_use");
    assert_eq!(app.delete(&format!("{one}?force=true"), &owner).await.status, 204);
    assert_eq!(app.get("/v1/tags", &key).await.status, 401);
    assert_eq!(app.get("/v1/api-keys?with_total=true", &owner).await.body["page"]["total"], 1);
}

#[tokio::test]
async fn a_user_who_is_switched_off_can_do_nothing_until_switched_on_again() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (user, key) = app.user(&owner, "admin", json!(["tickets:read", "admin"])).await;
    let one = format!("/v1/users/{user}");
    for (is_enabled, status) in [(false, 401), (true, 200), (false, 401)] {
        let changed = app.patch(&one, &owner, json!({"is_enabled": is_enabled})).await;
        assert_eq!((changed.status, &changed.data()["is_enabled"]), (200, &json!(is_enabled)));
        assert_eq!(app.get("/v1/tags", &key).await.status, status);
    }
    assert_eq!(app.get("/v1/users?is_enabled=false", &owner).await.data()[0]["id"], json!(user));
}

#[tokio::test]
async fn the_last_owner_who_is_switched_on_stays_so() {
    let app = App::start().await;
    let key = app.workspace().await;
    let one = format!("/v1/users/{}", owner_id(&app, &key).await);
    let (other, _) = app.user(&key, "owner", json!(["admin"])).await;
    let other = format!("/v1/users/{other}");
    assert_eq!(app.patch(&other, &key, json!({"is_enabled": false})).await.status, 200);
    for change in [json!({"is_enabled": false}), json!({"role": "agent"})] {
        let answer = app.patch(&one, &key, change).await;
        assert_eq!((answer.status, answer.code()), (409, "last_owner"));
    }
    assert_eq!(app.patch(&other, &key, json!({"is_enabled": true})).await.status, 200);
    assert_eq!(app.patch(&one, &key, json!({"role": "agent"})).await.status, 200);
}

#[tokio::test]
async fn all_bad_fields_of_a_user_are_told_at_once() {
    let app = App::start().await;
    let key = app.workspace().await;
    let bad = json!({"email": "bob", "role": "king", "picture_url": "http://a.b/c", "timezone": "", "age": 7});
    let expected = [
        ("/name", "required"),
        ("/email", "invalid"),
        ("/role", "invalid"),
        ("/picture_url", "invalid"),
        ("/timezone", "invalid"),
        ("/age", "unknown_field"),
    ];
    assert_eq!(app.post("/v1/users", &key, bad.clone()).await.errors(), expected);
    let one = format!("/v1/users/{}", owner_id(&app, &key).await);
    assert_eq!(app.patch(&one, &key, bad).await.errors(), expected[1..]);
    let cleared = app.patch(&one, &key, json!({"name": null, "email": null, "role": null})).await;
    assert_eq!(cleared.errors(), [("/name", "not_nullable"), ("/email", "not_nullable"), ("/role", "not_nullable")]);
}

#[tokio::test]
async fn an_address_is_free_again_once_its_user_has_another() {
    let app = App::start().await;
    let key = app.workspace().await;
    let one = format!("/v1/users/{}", owner_id(&app, &key).await);
    let changed = app.patch(&one, &key, json!({"email": "Ada.L@acme.example"})).await;
    assert_eq!((changed.status, changed.text("email")), (200, "ada.l@acme.example".to_owned()));
    let other = |email: &str| json!({"name": "Bob", "email": email, "role": "agent"});
    assert_eq!(app.post("/v1/users", &key, other("ADA.L@acme.example")).await.code(), "taken");
    assert_eq!(app.post("/v1/users", &key, other("ada@acme.example")).await.status, 201);
}
