use crate::fixtures::{open, owner, user};
use lambdesk_store_directory::EntryChange;
use serde_json::json;

#[tokio::test]
async fn the_last_owner_stays_one() {
    let desk = open().await;
    let owner = owner(&desk);
    let one = format!("/v1/users/{}", desk.owner);
    for answer in [
        owner.delete(&one).await,
        owner.delete(&format!("{one}?dry_run=1")).await,
        owner.patch(&one, json!({"role": "admin"})).await,
    ] {
        assert_eq!((answer.status, answer.code()), (409, "last_owner"));
    }
    owner.make("/v1/users", json!({"name": "Bob", "email": "bob@acme.example", "role": "owner"})).await;
    assert_eq!(owner.patch(&one, json!({"role": "admin"})).await.status, 200);
}

#[tokio::test]
async fn of_two_owners_who_depose_each_other_at_once_one_stays() {
    let desk = open().await;
    let (first, first_id) = (owner(&desk), desk.owner);
    let (second_id, second) = user(&first, "owner", json!(["admin", "tickets:read"])).await;
    let (a, b) = (format!("/v1/users/{first_id}"), format!("/v1/users/{second_id}"));
    for _ in 0..10 {
        let (one, other) =
            tokio::join!(first.patch(&b, json!({"role": "admin"})), second.patch(&a, json!({"role": "admin"})),);
        // Whoever comes second is refused: as the last owner, or as no owner any more.
        let (left, deposed) = if one.status == 200 { (&first, &b) } else { (&second, &a) };
        let loser = if one.status == 200 { &other } else { &one };
        assert!([403, 409].contains(&loser.status), "{one:?} {other:?}");
        assert_eq!(left.patch(deposed, json!({"role": "owner"})).await.status, 200);
    }
}

#[tokio::test]
async fn a_change_is_held_to_what_was_read_and_to_its_co_condition() {
    let desk = open().await;
    let owner = owner(&desk);
    let (directories, workspace, now) = (&desk.store.directories, desk.workspace, desk.now());
    let mut read = Vec::new();
    for name in ["a", "b"] {
        let tag = owner.make("/v1/tags", json!({"name": name})).await;
        read.push(directories.entry(workspace, tag.parse().unwrap()).await.unwrap().unwrap());
    }
    let change = |after, co_condition| EntryChange { before: &read[0], after, co_condition, beside: Vec::new() };
    let deletion = EntryChange { before: &read[1], after: None, co_condition: None, beside: Vec::new() };
    assert!(directories.change_entry(workspace, deletion, None, now).await.unwrap());
    for after in [None, Some(&read[0].value)] {
        let held = directories.change_entry(workspace, change(after, Some(&read[1])), None, now);
        assert!(!held.await.unwrap(), "its co-condition is gone");
    }
    assert!(directories.change_entry(workspace, change(None, None), None, now).await.unwrap());
    for after in [None, Some(&read[0].value)] {
        assert!(!directories.change_entry(workspace, change(after, None), None, now).await.unwrap(), "it is gone");
    }
}

#[tokio::test]
async fn nobody_grants_a_role_above_their_own() {
    let desk = open().await;
    let owner = owner(&desk);
    let (admin_id, admin) = user(&owner, "admin", json!(["admin"])).await;
    let machine = json!({"name": "CI", "kind": "machine", "scopes": ["admin"]});
    let machine = owner.with_key(&owner.post("/v1/api-keys", machine).await.member("key"));
    let owner_id = desk.owner;
    for other in [&admin, &machine] {
        let new = json!({"name": "Eve", "email": "eve@acme.example", "role": "owner"});
        let owners_key = json!({"name": "Eve", "kind": "user", "user_id": owner_id, "scopes": ["admin"]});
        for answer in [
            other.post("/v1/users", new).await,
            other.patch(&format!("/v1/users/{admin_id}"), json!({"role": "owner"})).await,
            other.patch(&format!("/v1/users/{owner_id}"), json!({"role": "agent"})).await,
            other.delete(&format!("/v1/users/{owner_id}")).await,
            other.post("/v1/api-keys", owners_key).await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "role_above_own"), "{}", answer.text);
        }
    }
    let peer = json!({"name": "Bob", "email": "bob@acme.example", "role": "admin"});
    assert_eq!(admin.post("/v1/users", peer).await.status, 201);
}

#[tokio::test]
async fn a_deleted_users_keys_are_refused_and_gone() {
    let desk = open().await;
    let owner = owner(&desk);
    let (user, theirs) = user(&owner, "agent", json!(["tickets:read"])).await;
    assert_eq!(theirs.get("/v1/tags").await.status, 200);
    let one = format!("/v1/users/{user}");
    assert_eq!(owner.delete(&one).await.code(), "in_use");
    assert_eq!(owner.delete(&format!("{one}?force=true")).await.status, 204);
    assert_eq!(theirs.get("/v1/tags").await.status, 401);
    assert_eq!(owner.get("/v1/api-keys?with_total=true").await.json()["page"]["total"], 1);
}

#[tokio::test]
async fn a_user_who_is_switched_off_can_do_nothing_until_switched_on_again() {
    let desk = open().await;
    let owner = owner(&desk);
    let (user, theirs) = user(&owner, "admin", json!(["tickets:read", "admin"])).await;
    let one = format!("/v1/users/{user}");
    for (is_enabled, status) in [(false, 401), (true, 200), (false, 401)] {
        let changed = owner.patch(&one, json!({"is_enabled": is_enabled})).await;
        assert_eq!((changed.status, &changed.data()["is_enabled"]), (200, &json!(is_enabled)));
        assert_eq!(theirs.get("/v1/tags").await.status, status);
    }
    assert_eq!(owner.get("/v1/users?is_enabled=false").await.data()[0]["id"], json!(user));
}

#[tokio::test]
async fn the_last_owner_who_is_switched_on_stays_so() {
    let desk = open().await;
    let owner = owner(&desk);
    let one = format!("/v1/users/{}", desk.owner);
    let (other, _) = user(&owner, "owner", json!(["admin"])).await;
    let other = format!("/v1/users/{other}");
    assert_eq!(owner.patch(&other, json!({"is_enabled": false})).await.status, 200);
    for change in [json!({"is_enabled": false}), json!({"role": "agent"})] {
        let answer = owner.patch(&one, change).await;
        assert_eq!((answer.status, answer.code()), (409, "last_owner"));
    }
    assert_eq!(owner.patch(&other, json!({"is_enabled": true})).await.status, 200);
    assert_eq!(owner.patch(&one, json!({"role": "agent"})).await.status, 200);
}

#[tokio::test]
async fn all_bad_fields_of_a_user_are_told_at_once() {
    let desk = open().await;
    let owner = owner(&desk);
    let bad = json!({"email": "bob", "role": "king", "picture_url": "http://a.b/c", "timezone": "", "age": 7});
    let expected = [
        ("/name", "required"),
        ("/email", "invalid"),
        ("/role", "invalid"),
        ("/picture_url", "invalid"),
        ("/timezone", "invalid"),
        ("/age", "unknown_field"),
    ];
    assert_eq!(owner.post("/v1/users", bad.clone()).await.errors(), expected);
    let one = format!("/v1/users/{}", desk.owner);
    assert_eq!(owner.patch(&one, bad).await.errors(), expected[1..]);
    let cleared = owner.patch(&one, json!({"name": null, "email": null, "role": null})).await;
    assert_eq!(cleared.errors(), [("/name", "not_nullable"), ("/email", "not_nullable"), ("/role", "not_nullable")]);
}

#[tokio::test]
async fn an_address_is_free_again_once_its_user_has_another() {
    let desk = open().await;
    let owner = owner(&desk);
    let one = format!("/v1/users/{}", desk.owner);
    let before = owner.get(&one).await.member("email");
    let changed = owner.patch(&one, json!({"email": "Ada.L@acme.example"})).await;
    assert_eq!((changed.status, changed.member("email")), (200, "ada.l@acme.example".to_owned()));
    let other = |email: &str| json!({"name": "Bob", "email": email, "role": "agent"});
    assert_eq!(owner.post("/v1/users", other("ADA.L@acme.example")).await.code(), "taken");
    assert_eq!(owner.post("/v1/users", other(&before)).await.status, 201);
}
