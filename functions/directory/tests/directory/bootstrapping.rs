use crate::fixtures::{JSON, OPERATOR, open, operator, owner};
use lambdesk_directory::routes;
use serde_json::json;

fn body() -> serde_json::Value {
    json!({"name": "Acme", "owner": {"name": "Ada", "email": "Ada@Acme.example"}})
}

#[tokio::test]
async fn the_operator_makes_a_workspace_whose_key_works_at_once() {
    let desk = open().await;
    let answer = operator(&desk).post("/v1/workspaces", body()).await;
    assert_eq!((answer.status, answer.header("location")), (201, "/v1/workspace"));
    let data = &answer.data();
    let expected = json!({
        "workspace": {
            "id": data["workspace"]["id"], "name": "Acme", "agent_visibility": "all", "agents_assign_others": true,
            "deletion": "trash", "restore_window_days": 30, "retention_days": null, "created_at": "2027-01-15T08:00:00.000Z",
        },
        "user": {
            "id": data["user"]["id"], "name": "Ada", "email": "ada@acme.example", "role": "owner",
            "is_enabled": true, "picture_url": null, "timezone": null,
        },
        "api_key": {
            "id": data["api_key"]["id"], "name": "Ada", "kind": "user", "user_id": data["user"]["id"], "channel_id": null,
            "scopes": ["tickets:read", "tickets:write", "contacts:read", "contacts:write", "webhooks:read", "webhooks:write", "admin"],
            "expires_at": null, "created_at": "2027-01-15T08:00:00.000Z", "created_by": null, "last_used_at": null, "previous_expires_at": null,
            "key": data["api_key"]["key"],
        },
    });
    assert_eq!(*data, expected);
    let made = owner(&desk).with_key(data["api_key"]["key"].as_str().unwrap());
    assert_eq!(made.get("/v1/workspace").await.data(), expected["workspace"]);
}

#[tokio::test]
async fn nobody_else_makes_workspaces() {
    let desk = open().await;
    let owner = owner(&desk);
    let longer = format!("{OPERATOR}x");
    for wrong in ["", "operator", &desk.key, &longer] {
        let answer = owner.with_key(wrong).post("/v1/workspaces", body()).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthorized"), "{wrong}");
    }
    let off = desk.client(routes(None));
    for any in ["", OPERATOR] {
        let answer = off.with_key(any).post("/v1/workspaces", body()).await;
        assert_eq!((answer.status, answer.code()), (403, "bootstrap_off"));
    }
}

#[tokio::test]
async fn an_operators_token_is_no_api_key() {
    let desk = open().await;
    assert_eq!(operator(&desk).get("/v1/workspace").await.status, 401);
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_workspace() {
    let desk = open().await;
    let operator = operator(&desk);
    let send = |body: serde_json::Value| {
        operator.send("POST", "/v1/workspaces", &[JSON, ("idempotency-key", "one")], body.to_string())
    };
    let (first, again) = tokio::join!(send(body()), send(body()));
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    let other = send(json!({"name": "Other", "owner": {"name": "Ada", "email": "ada@acme.example"}})).await;
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn all_bad_fields_of_a_workspace_are_told_at_once() {
    let desk = open().await;
    let bad = json!({"name": "", "owner": {"email": "ada", "phone": "1"}, "plan": "gold"});
    let answer = operator(&desk).post("/v1/workspaces", bad).await;
    assert_eq!(answer.status, 422);
    let expected = [
        ("/name", "invalid"),
        ("/owner/phone", "unknown_field"),
        ("/owner/name", "required"),
        ("/owner/email", "invalid"),
        ("/plan", "unknown_field"),
    ];
    assert_eq!(answer.errors(), expected);
}

#[tokio::test]
async fn a_dry_run_makes_no_workspace() {
    let desk = open().await;
    let answer = operator(&desk).post("/v1/workspaces?dry_run=true", body()).await;
    assert_eq!((answer.status, &answer.data()["events"]), (200, &json!([])));
    assert!(answer.changes().contains(&("deletion", &json!(null), &json!("trash"))));
}
