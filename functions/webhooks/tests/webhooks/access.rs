//! Who may do what, and what nobody may.

use crate::fixtures::Hooks;
use lambdesk_domain::{
    access::{AgentVisibility, Role, Scope},
    directory::Workspace,
    sweep::Run,
};
use lambdesk_testkit::{Client, ClientAnswer};
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

/// A request with a JSON body or none.
async fn ask(caller: &Client, method: &str, path: &str, body: Option<Json>) -> ClientAnswer {
    match body {
        Some(body) => caller.send_json(method, path, &body).await,
        None => caller.send(method, path, &[], "").await,
    }
}

async fn delivery_of(hooks: &Hooks, endpoint: &str) -> String {
    let answer = hooks.verb(&format!("{endpoint}/test")).await;
    answer.data()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn another_workspaces_endpoints_and_deliveries_are_not_there() {
    let hooks = Hooks::start().await;
    let stranger = hooks.caller(&hooks.desk.other_workspace().await.1);
    let endpoint = hooks.endpoint_path().await;
    let delivery = delivery_of(&hooks, &endpoint).await;
    for (method, path, body) in below(&endpoint, &delivery) {
        let answer = ask(&stranger, method, &path, body).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{method} {path}");
    }
    assert_eq!(stranger.get("/v1/webhooks").await.data(), json!([]));
    assert_eq!(hooks.owner.get(&endpoint).await.data()["name"], json!(null));
}

#[tokio::test]
async fn a_delivery_of_another_endpoint_is_not_there() {
    let hooks = Hooks::start().await;
    let (first, second) = (hooks.endpoint_path().await, hooks.endpoint_path().await);
    let delivery = delivery_of(&hooks, &first).await;
    assert_eq!(hooks.owner.get(&format!("{first}/deliveries/{delivery}")).await.status, 200);
    assert_eq!(hooks.owner.get(&format!("{second}/deliveries/{delivery}")).await.status, 404);
    assert_eq!(hooks.owner.get(&format!("{first}/deliveries/nonsense")).await.status, 404);
}

#[tokio::test]
async fn agents_may_look_and_only_administration_may_touch() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint_path().await;
    let delivery = delivery_of(&hooks, &endpoint).await;
    let agent = hooks.caller(&hooks.desk.user_key(Role::Agent).await);
    for (method, path, body) in below(&endpoint, &delivery) {
        let answer = ask(&agent, method, &path, body).await;
        if method == "GET" {
            assert_eq!(answer.status, 200, "{path}");
        } else {
            assert_eq!(answer.problem(), (403, "administration_only".to_owned()), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn restricted_users_and_channel_keys_have_no_business_here() {
    let hooks = Hooks::start().await;
    let restricted = hooks.desk.user_key(Role::Restricted).await;
    let channel = hooks.desk.channel_key(&hooks.channel().await).await;
    let paths = [("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("GET", "/v1/sweeps")];
    for caller in [restricted, channel].map(|key| hooks.caller(&key)) {
        for (method, path) in paths {
            let body = (method == "POST").then(|| json!({"url": "https://hooks.example.com/", "types": ["*"]}));
            assert_eq!(ask(&caller, method, path, body).await.status, 403, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint_path().await;
    let reader = hooks.caller(&hooks.desk.machine_key(&[Scope::WebhooksRead]).await);
    let writer = hooks.caller(&hooks.desk.machine_key(&[Scope::WebhooksWrite]).await);
    let ask = async |caller: &Client, method: &str, path: &str| {
        let answer = ask(caller, method, path, None).await;
        (answer.status, answer.json()["scope"].as_str().map(str::to_owned))
    };
    let missing = |scope: &str| (403, Some(scope.to_owned()));
    assert_eq!(ask(&reader, "GET", &endpoint).await.0, 200);
    assert_eq!(ask(&reader, "DELETE", &endpoint).await, missing("webhooks:write"));
    assert_eq!(ask(&writer, "GET", &endpoint).await, missing("webhooks:read"));
    assert_eq!(ask(&writer, "GET", "/v1/events").await, missing("tickets:read"));
    assert_eq!(ask(&reader, "GET", "/v1/sweeps").await, missing("admin"));
    assert_eq!(ask(&writer, "POST", &format!("{endpoint}/test")).await.0, 202);
}

#[tokio::test]
async fn the_logs_are_for_those_who_see_every_ticket_and_the_feed_tells_of_those_in_sight() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint_path().await;
    let log = format!("{endpoint}/deliveries");
    let delivery = format!("{log}/{}", delivery_of(&hooks, &endpoint).await);
    let agent = hooks.caller(&hooks.desk.user_key(Role::Agent).await);
    for path in ["/v1/events", &log, &delivery] {
        assert_eq!(agent.get(path).await.status, 200, "{path}");
    }
    let narrow = |workspace: &mut Workspace| workspace.access.agent_visibility = AgentVisibility::OwnAndUnassigned;
    hooks.desk.change_settings(narrow).await;
    assert_eq!(agent.get("/v1/events").await.status, 200);
    for path in [&log, &delivery] {
        assert_eq!(agent.get(path).await.problem(), (403, "all_tickets_only".to_owned()), "{path}");
    }
    assert_eq!(agent.get(&endpoint).await.status, 200);
}

#[tokio::test]
async fn nothing_unknown_is_ignored() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint_path().await;
    for path in [
        "/v1/webhooks?page=2",
        "/v1/webhooks?frm=1",
        "/v1/events?since=1",
        "/v1/sweeps?cursor=x",
        &format!("{endpoint}?x=1"),
        &format!("{endpoint}/deliveries?state=lost"),
    ] {
        assert_eq!(hooks.owner.get(path).await.status, 400, "{path}");
    }
    let verb = hooks.owner.post(&format!("{endpoint}/test"), json!({"url": "https://example.com/"})).await;
    assert_eq!((verb.status, verb.pointers()), (422, vec!["/url".to_owned()]));
    let silent = hooks.verb(&format!("{endpoint}/test?silent=true")).await;
    assert_eq!((silent.status, silent.pointers()), (400, vec!["?silent".to_owned()]));
    let versioned = hooks.owner.with("if-match", "\"1\"").delete(&endpoint).await;
    assert_eq!(versioned.problem(), (412, "no_version".to_owned()));
}

#[tokio::test]
async fn administration_sees_the_latest_sweeps_newest_first() {
    let hooks = Hooks::start().await;
    let none = json!({"found": 0, "done": 0, "skipped": 0});
    for minute in 0..3_u64 {
        hooks.advance(60);
        let at = hooks.desk.now();
        let run = json!({
            "started_at": at, "ended_at": at, "follow_ups": {"found": minute, "done": minute, "skipped": 0},
            "deliveries": none, "rechecks": none, "reconciled": {"found": 0, "done": 0, "is_complete": false},
            "lateness_ms": {"max": 40, "p50": 9}, "errors": 0, "is_complete": true,
        });
        let run: Run = serde_json::from_value(run).unwrap();
        hooks.desk.store.events.record_run(at, &run).await.unwrap();
    }
    let answer = hooks.owner.get("/v1/sweeps?limit=2").await;
    let found: Vec<_> =
        answer.data().as_array().unwrap().iter().map(|run| run["follow_ups"]["found"].clone()).collect();
    assert_eq!(found, [json!(2), json!(1)]);
    assert_eq!(answer.data()[0]["lateness_ms"], json!({"max": 40, "p50": 9}));
}
