use crate::fixtures::{open, owner, user};
use serde_json::json;

#[tokio::test]
async fn settings_change_field_by_field_and_bear_on_access_at_once() {
    let desk = open().await;
    let owner = owner(&desk);
    let before = owner.get("/v1/workspace").await;
    assert!(before.data().get("salt").is_none());
    for (name, deletion) in [("A", "trash"), ("B", "off"), ("C", "trash"), ("Acme Ltd", "off")] {
        let (first, second) = tokio::join!(
            owner.patch("/v1/workspace", json!({"name": name, "agent_visibility": "own_and_unassigned"})),
            owner.patch("/v1/workspace", json!({"deletion": deletion, "agents_assign_others": false}))
        );
        assert_eq!((first.status, second.status), (200, 200));
        let after = owner.get("/v1/workspace").await;
        assert_eq!((after.member("name").as_str(), after.member("deletion").as_str()), (name, deletion));
    }
    let expected = json!({
        "id": before.data()["id"], "name": "Acme Ltd", "agent_visibility": "own_and_unassigned", "agents_assign_others": false,
        "deletion": "off", "restore_window_days": 30, "retention_days": null, "created_at": before.data()["created_at"],
    });
    assert_eq!(owner.get("/v1/workspace").await.data(), expected);
    let directory = desk.store.directories.directory(desk.workspace).await.unwrap().unwrap();
    assert!(!directory.workspace.access.agents_assign_others);
}

#[tokio::test]
async fn retention_is_set_in_days_and_taken_back() {
    let desk = open().await;
    let owner = owner(&desk);
    let set = owner.patch("/v1/workspace", json!({"restore_window_days": 7, "retention_days": 365})).await;
    assert_eq!((&set.data()["restore_window_days"], &set.data()["retention_days"]), (&json!(7), &json!(365)));
    let off = owner.patch("/v1/workspace", json!({"retention_days": null})).await;
    assert_eq!((&off.data()["restore_window_days"], &off.data()["retention_days"]), (&json!(7), &json!(null)));
    let bad = json!({"restore_window_days": 0, "retention_days": 3651});
    let errors = owner.patch("/v1/workspace", bad).await;
    assert_eq!(errors.errors(), [("/restore_window_days", "invalid"), ("/retention_days", "invalid")]);
    let never = owner.patch("/v1/workspace", json!({"restore_window_days": null})).await;
    assert_eq!(never.errors(), [("/restore_window_days", "not_nullable")]);
}

#[tokio::test]
async fn bad_settings_change_nothing() {
    let desk = open().await;
    let owner = owner(&desk);
    let before = owner.get("/v1/workspace").await.json();
    let bad =
        json!({"name": null, "agent_visibility": "none", "agents_assign_others": 1, "deletion": true, "salt": "mine"});
    let answer = owner.patch("/v1/workspace", bad).await;
    let expected = [
        ("/name", "not_nullable"),
        ("/agent_visibility", "invalid"),
        ("/agents_assign_others", "wrong_type"),
        ("/deletion", "wrong_type"),
        ("/salt", "unknown_field"),
    ];
    assert_eq!((answer.status, answer.errors().as_slice()), (422, expected.as_slice()));
    let tried = owner.patch("/v1/workspace?dry_run=1", json!({"name": "X"})).await;
    assert_eq!(tried.changes(), [("name", &json!("Desk"), &json!("X"))]);
    assert_eq!(owner.get("/v1/workspace").await.json(), before);
}

#[tokio::test]
async fn settings_are_for_administrators() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, agent) = user(&owner, "agent", json!(["admin", "tickets:read"])).await;
    for answer in [agent.get("/v1/workspace").await, agent.patch("/v1/workspace", json!({})).await] {
        assert_eq!((answer.status, answer.code()), (403, "administration_only"));
    }
}
