use crate::app::App;
use serde_json::json;

#[tokio::test]
async fn another_workspaces_things_are_absent() {
    let app = App::start().await;
    let (own, other) = (app.workspace().await, app.workspace().await);
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
        let one = format!("{path}/{}", app.made(path, &own, body.clone()).await);
        let listed = app.get(path, &own).await.body;
        for method in ["GET", "PATCH", "DELETE"] {
            if (path, method) == ("/v1/api-keys", "PATCH") {
                continue;
            }
            let answer = app.call(method, &one, &other).json(&json!({})).send().await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{method} {path}");
        }
        if path == "/v1/channels" {
            for secret in ["rotate-token", "identity-secret"] {
                assert_eq!(app.call("POST", &format!("{one}/{secret}"), &other).send().await.status, 404);
            }
        }
        assert!(!app.get(path, &other).await.body.to_string().contains(one.rsplit('/').next().unwrap()));
        assert_eq!(app.post(path, &other, body).await.status, 201, "{path}: names are a workspace's own");
        assert_eq!(app.get(path, &own).await.body, listed, "{path}");
    }
}

#[tokio::test]
async fn another_workspaces_user_gets_no_key() {
    let app = App::start().await;
    let (own, other) = (app.workspace().await, app.workspace().await);
    let user = app.get("/v1/users", &other).await.data()[0]["id"].clone();
    let answer = app
        .post("/v1/api-keys", &own, json!({"name": "K", "kind": "user", "user_id": user, "scopes": ["admin"]}))
        .await;
    assert_eq!(answer.errors(), [("/user_id", "no_such_reference")]);
}

#[tokio::test]
async fn an_id_of_another_kind_is_absent() {
    let app = App::start().await;
    let key = app.workspace().await;
    let team = app.made("/v1/teams", &key, json!({"name": "Sales"})).await;
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(app.call(method, &format!("/v1/tags/{team}"), &key).json(&json!({})).send().await.status, 404);
    }
    assert_eq!(app.get(&format!("/v1/teams/{team}"), &key).await.status, 200);
}
