//! Who may do what, and what nobody may.

use crate::support::{Ask, Stack};
use lambdesk_domain::{
    access::{AgentVisibility, Role, Scope},
    directory::{KeyHolder, Workspace},
    sweep::Run,
};
use serde_json::{Value as Json, json};

/// Every route below an endpoint, with a body that it takes.
fn below(endpoint: &str, delivery: &str) -> Vec<(&'static str, String, Option<Json>)> {
    let range = json!({"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T01:00:00Z"});
    vec![
        ("GET", endpoint.to_owned(), None),
        ("PATCH", endpoint.to_owned(), Some(json!({"name": "mine"}))),
        ("DELETE", endpoint.to_owned(), None),
        ("POST", format!("{endpoint}/rotate-secret"), None),
        ("POST", format!("{endpoint}/test"), None),
        ("POST", format!("{endpoint}/replay"), Some(range)),
        ("GET", format!("{endpoint}/deliveries"), None),
        ("GET", format!("{endpoint}/deliveries/{delivery}"), None),
        ("POST", format!("{endpoint}/deliveries/{delivery}/retry"), None),
    ]
}

async fn delivery_of(stack: &Stack, endpoint: &str) -> String {
    let answer = stack.ask("POST", &format!("{endpoint}/test"), None).await;
    answer.data()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn another_workspaces_endpoints_and_deliveries_are_not_there() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint_path().await;
    let delivery = delivery_of(&stack, &endpoint).await;
    for (method, path, body) in below(&endpoint, &delivery) {
        let answer = stack.send(Ask { key: &stack.theirs.key, method, path: &path, body, headers: &[] }).await;
        assert_eq!(answer.code(), (404, "not_found".to_owned()), "{method} {path}");
    }
    let list = Ask { key: &stack.theirs.key, method: "GET", path: "/v1/webhooks", body: None, headers: &[] };
    assert_eq!(stack.send(list).await.data(), json!([]));
    assert_eq!(stack.get(&endpoint).await.data()["name"], json!(null));
}

#[tokio::test]
async fn a_delivery_of_another_endpoint_is_not_there() {
    let stack = Stack::start().await;
    let (first, second) = (stack.endpoint_path().await, stack.endpoint_path().await);
    let delivery = delivery_of(&stack, &first).await;
    assert_eq!(stack.get(&format!("{first}/deliveries/{delivery}")).await.status, 200);
    assert_eq!(stack.get(&format!("{second}/deliveries/{delivery}")).await.status, 404);
    assert_eq!(stack.get(&format!("{first}/deliveries/nonsense")).await.status, 404);
}

#[tokio::test]
async fn agents_may_look_and_only_administration_may_touch() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint_path().await;
    let delivery = delivery_of(&stack, &endpoint).await;
    let agent = stack.user_key(Role::Agent).await;
    for (method, path, body) in below(&endpoint, &delivery) {
        let answer = stack.send(Ask { key: &agent, method, path: &path, body, headers: &[] }).await;
        if method == "GET" {
            assert_eq!(answer.status, 200, "{path}");
        } else {
            assert_eq!(answer.code(), (403, "administration_only".to_owned()), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn restricted_users_and_channel_keys_have_no_business_here() {
    let stack = Stack::start().await;
    let restricted = stack.user_key(Role::Restricted).await;
    let holder = KeyHolder::Channel { channel_id: stack.ours.channel };
    let channel = stack.key(holder, Scope::ALL.iter().copied().collect()).await;
    let paths = [("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("GET", "/v1/events"), ("GET", "/v1/sweeps")];
    for key in [&restricted, &channel] {
        for (method, path) in paths {
            let body = (method == "POST").then(|| json!({"url": "https://hooks.example.com/", "types": ["*"]}));
            assert_eq!(stack.send(Ask { key, method, path, body, headers: &[] }).await.status, 403, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint_path().await;
    let reader = stack.machine_key(&[Scope::WebhooksRead]).await;
    let writer = stack.machine_key(&[Scope::WebhooksWrite]).await;
    let ask = async |key: &str, method: &str, path: &str| {
        let answer = stack.send(Ask { key, method, path, body: None, headers: &[] }).await;
        (answer.status, answer.json()["scope"].as_str().map(str::to_owned))
    };
    let missing = |scope: &str| (403, Some(scope.to_owned()));
    assert_eq!(ask(&reader, "GET", &endpoint).await.0, 200);
    assert_eq!(ask(&reader, "DELETE", &endpoint).await, missing("webhooks:write"));
    assert_eq!(ask(&writer, "GET", &endpoint).await, missing("webhooks:read"));
    assert_eq!(ask(&writer, "GET", "/v1/events").await, missing("webhooks:read"));
    assert_eq!(ask(&reader, "GET", "/v1/sweeps").await, missing("admin"));
    assert_eq!(ask(&writer, "POST", &format!("{endpoint}/test")).await.0, 202);
}

#[tokio::test]
async fn the_feed_and_the_logs_are_for_those_who_see_every_ticket() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint_path().await;
    let log = format!("{endpoint}/deliveries");
    let delivery = format!("{log}/{}", delivery_of(&stack, &endpoint).await);
    let agent = stack.user_key(Role::Agent).await;
    let ask = |path| stack.send(Ask { key: &agent, method: "GET", path, body: None, headers: &[] });
    for path in ["/v1/events", &log, &delivery] {
        assert_eq!(ask(path).await.status, 200, "{path}");
    }
    let mut narrow: Workspace = stack.ours.workspace.clone();
    narrow.access.agent_visibility = AgentVisibility::OwnAndUnassigned;
    let seen = stack.store.settings(narrow.id).await.unwrap().unwrap();
    assert!(stack.store.change_settings(&seen, &narrow, stack.clock.now()).await.unwrap());
    for path in ["/v1/events", &log, &delivery] {
        assert_eq!(ask(path).await.code(), (403, "all_tickets_only".to_owned()), "{path}");
    }
    assert_eq!(ask(&endpoint).await.status, 200);
}

#[tokio::test]
async fn nothing_unknown_is_ignored() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint_path().await;
    for path in [
        "/v1/webhooks?page=2",
        "/v1/webhooks?frm=1",
        "/v1/events?since=1",
        "/v1/sweeps?cursor=x",
        &format!("{endpoint}?x=1"),
        &format!("{endpoint}/deliveries?state=lost"),
    ] {
        assert_eq!(stack.get(path).await.status, 400, "{path}");
    }
    let verb = stack.post(&format!("{endpoint}/test"), json!({"url": "https://example.com/"})).await;
    assert_eq!((verb.status, verb.pointers()), (422, vec!["/url".to_owned()]));
    let silent = stack.ask("POST", &format!("{endpoint}/test?silent=true"), None).await;
    assert_eq!((silent.status, silent.pointers()), (400, vec!["?silent".to_owned()]));
    let headers = [("if-match", "\"1\"")];
    let ask = Ask { key: &stack.ours.key, method: "DELETE", path: &endpoint, body: None, headers: &headers };
    assert_eq!(stack.send(ask).await.code(), (412, "no_version".to_owned()));
}

#[tokio::test]
async fn administration_sees_the_latest_sweeps_newest_first() {
    let stack = Stack::start().await;
    let none = json!({"found": 0, "done": 0, "skipped": 0});
    for minute in 0..3_u64 {
        stack.advance(60);
        let at = stack.clock.now();
        let run = json!({
            "started_at": at, "ended_at": at, "follow_ups": {"found": minute, "done": minute, "skipped": 0},
            "deliveries": none, "rechecks": none, "reconciled": {"found": 0, "done": 0, "is_complete": false},
            "lateness_ms": {"max": 40, "p50": 9}, "errors": 0, "is_complete": true,
        });
        let run: Run = serde_json::from_value(run).unwrap();
        stack.store.record_run(at, &run).await.unwrap();
    }
    let answer = stack.get("/v1/sweeps?limit=2").await;
    let found: Vec<_> =
        answer.data().as_array().unwrap().iter().map(|run| run["follow_ups"]["found"].clone()).collect();
    assert_eq!(found, [json!(2), json!(1)]);
    assert_eq!(answer.data()[0]["lateness_ms"], json!({"max": 40, "p50": 9}));
}
