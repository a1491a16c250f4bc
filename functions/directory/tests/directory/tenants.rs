use crate::fixtures::{JSON, open, owner};
use serde_json::json;

#[tokio::test]
async fn another_workspaces_things_are_absent() {
    let desk = open().await;
    let own = owner(&desk);
    let other = own.with_key(&desk.other_workspace().await.1);
    let things = [
        ("/v1/users", json!({"name": "Bob", "email": "bob@acme.example", "role": "agent"})),
        ("/v1/teams", json!({"name": "Sales"})),
        ("/v1/categories", json!({"name": "Billing"})),
        ("/v1/tags", json!({"name": "vip"})),
        ("/v1/custom-fields", json!({"key": "plan", "name": "Plan", "kind": "text"})),
        ("/v1/channels", json!({"name": "Site", "type": "form"})),
        ("/v1/api-keys", json!({"name": "CI", "kind": "machine", "scopes": ["admin"]})),
    ];
    for (path, body) in things {
        let one = format!("{path}/{}", own.make(path, body.clone()).await);
        let listed = own.get(path).await.json();
        for method in ["GET", "PATCH", "DELETE"] {
            if (path, method) == ("/v1/api-keys", "PATCH") {
                continue;
            }
            let answer = other.send(method, &one, &[JSON], "{}").await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{method} {path}");
        }
        if path == "/v1/channels" {
            for secret in ["rotate-token", "identity-secret"] {
                assert_eq!(other.send("POST", &format!("{one}/{secret}"), &[], "").await.status, 404);
            }
        }
        assert!(!other.get(path).await.text.contains(one.rsplit('/').next().unwrap()));
        assert_eq!(other.post(path, body).await.status, 201, "{path}: names are a workspace's own");
        assert_eq!(own.get(path).await.json(), listed, "{path}");
    }
}

#[tokio::test]
async fn another_workspaces_user_gets_no_key() {
    let desk = open().await;
    let own = owner(&desk);
    let other = own.with_key(&desk.other_workspace().await.1);
    let user = other.get("/v1/users").await.data()[0]["id"].clone();
    let body = json!({"name": "K", "kind": "user", "user_id": user, "scopes": ["admin"]});
    let answer = own.post("/v1/api-keys", body).await;
    assert_eq!(answer.errors(), [("/user_id", "no_such_reference")]);
}

#[tokio::test]
async fn an_id_of_another_kind_is_absent() {
    let desk = open().await;
    let owner = owner(&desk);
    let team = owner.make("/v1/teams", json!({"name": "Sales"})).await;
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(owner.send(method, &format!("/v1/tags/{team}"), &[JSON], "{}").await.status, 404);
    }
    assert_eq!(owner.get(&format!("/v1/teams/{team}")).await.status, 200);
}
