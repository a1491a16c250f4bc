use crate::app::App;
use serde_json::{Value, json};

/// Where each kind is, a body that makes one, the member that is unique, a change, and its result.
fn kinds() -> Vec<(&'static str, Value, Value)> {
    let user = json!({"name": "Bob", "email": "bob@acme.example", "role": "agent"});
    let field = json!({"key": "plan", "name": "Plan", "kind": "text"});
    vec![
        ("/v1/users", user, json!({"timezone": "Europe/Brussels", "role": "restricted"})),
        ("/v1/teams", json!({"name": "Sales"}), json!({"name": "Support"})),
        ("/v1/categories", json!({"name": "Billing"}), json!({"name": "Invoices"})),
        ("/v1/tags", json!({"name": "vip", "color": "#AA00ff"}), json!({"color": null})),
        ("/v1/custom-fields", field, json!({"is_required": true})),
        ("/v1/channels", json!({"name": "Site", "type": "form"}), json!({"is_enabled": false, "color": "#000000"})),
    ]
}

#[tokio::test]
async fn every_kind_is_made_read_listed_changed_and_deleted() {
    let app = App::start().await;
    let key = app.workspace().await;
    for (path, body, change) in kinds() {
        let made = app.post(path, &key, body.clone()).await;
        let one = format!("{path}/{}", made.text("id"));
        assert_eq!((made.status, made.header("location")), (201, one.as_str()), "{path}");
        assert_eq!(app.get(&one, &key).await.body, made.body, "{path}");
        let listed = app.get(path, &key).await;
        assert!(listed.data().as_array().unwrap().contains(made.data()), "{path}: {}", listed.body);
        let changed = app.patch(&one, &key, change.clone()).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.body);
        let mut expected = made.data().clone();
        for (member, value) in change.as_object().unwrap() {
            expected[member] = value.clone();
        }
        assert_eq!(changed.data(), &expected, "{path}");
        assert_eq!(app.get(&one, &key).await.data(), &expected, "{path}");
        let deleted = app.delete(&one, &key).await;
        assert_eq!((deleted.status, &deleted.body), (204, &Value::Null), "{path}");
        for method in ["GET", "PATCH", "DELETE"] {
            let gone = app.call(method, &one, &key).json(&json!({})).send().await;
            assert_eq!((gone.status, gone.code()), (404, "not_found"), "{method} {path}");
        }
        assert_eq!(app.post(path, &key, body).await.status, 201, "{path}: the name is free again");
    }
}

#[tokio::test]
async fn a_name_is_taken_without_regard_to_case_until_it_is_given_up() {
    let app = App::start().await;
    let key = app.workspace().await;
    let first = app.made("/v1/tags", &key, json!({"name": "VIP"})).await;
    let second = app.made("/v1/tags", &key, json!({"name": "other"})).await;
    let again = app.post("/v1/tags", &key, json!({"name": "vip"})).await;
    assert_eq!((again.status, again.code()), (409, "taken"));
    let tried = app.post("/v1/tags?dry_run=true", &key, json!({"name": "vip"})).await;
    assert_eq!((tried.status, tried.code()), (409, "taken"));
    let renamed = app.patch(&format!("/v1/tags/{second}"), &key, json!({"name": "vIp"})).await;
    assert_eq!((renamed.status, renamed.code()), (409, "taken"));
    let recased = app.patch(&format!("/v1/tags/{first}"), &key, json!({"name": "vip"})).await;
    assert_eq!((recased.status, recased.text("name")), (200, "vip".to_owned()));
    assert_eq!(app.patch(&format!("/v1/tags/{first}"), &key, json!({"name": "top"})).await.status, 200);
    assert_eq!(app.post("/v1/tags", &key, json!({"name": "vip"})).await.status, 201);
    assert_eq!(app.post("/v1/teams", &key, json!({"name": "vip"})).await.status, 201, "another kind has its own names");
}

#[tokio::test]
async fn of_concurrent_creates_with_one_name_one_wins() {
    let app = App::start().await;
    let key = app.workspace().await;
    let create = || app.post("/v1/users", &key, json!({"name": "Bob", "email": "bob@acme.example", "role": "agent"}));
    let answers = tokio::join!(create(), create(), create(), create());
    let mut statuses = [answers.0.status, answers.1.status, answers.2.status, answers.3.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    assert_eq!(app.get("/v1/users?with_total=true", &key).await.body["page"]["total"], 2);
}

#[tokio::test]
async fn concurrent_changes_of_different_fields_both_survive() {
    let app = App::start().await;
    let key = app.workspace().await;
    let tag = app.made("/v1/tags", &key, json!({"name": "vip"})).await;
    let one = format!("/v1/tags/{tag}");
    for round in 0..5 {
        let (name, color) = (format!("vip {round}"), format!("#00000{round}"));
        let (first, second) =
            tokio::join!(app.patch(&one, &key, json!({"name": name})), app.patch(&one, &key, json!({"color": color})));
        assert_eq!((first.status, second.status), (200, 200));
        assert_eq!(app.get(&one, &key).await.data(), &json!({"id": tag, "name": name, "color": color}));
    }
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_entry() {
    let app = App::start().await;
    let key = app.workspace().await;
    let send = |body: Value| app.call("POST", "/v1/tags", &key).header("idempotency-key", "one").json(&body).send();
    let vip = json!({"name": "vip"});
    let (first, second) = tokio::join!(send(vip.clone()), send(vip.clone()));
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!((&first.body, first.header("location")), (&second.body, second.header("location")));
    let again = send(vip).await;
    assert_eq!((again.status, again.header("idempotent-replayed"), &again.body), (201, "true", &first.body));
    let other = send(json!({"name": "other"})).await;
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_silence_changes_nothing_else() {
    let app = App::start().await;
    let key = app.workspace().await;
    let tag = app.made("/v1/tags?silent=true", &key, json!({"name": "vip"})).await;
    let one = format!("/v1/tags/{tag}");
    let before = app.get("/v1/tags", &key).await.body;
    let tried = [
        app.post("/v1/tags?dry_run=true", &key, json!({"name": "other"})).await,
        app.patch(&format!("{one}?dry_run=true"), &key, json!({"name": "other"})).await,
        app.delete(&format!("{one}?dry_run=true"), &key).await,
    ];
    for answer in &tried {
        assert_eq!((answer.status, &answer.data()["events"]), (200, &json!([])));
    }
    assert!(tried[0].changes().contains(&("name", &json!(null), &json!("other"))));
    assert_eq!(tried[1].changes(), [("name", &json!("vip"), &json!("other"))]);
    assert!(tried[2].changes().contains(&("name", &json!("vip"), &json!(null))));
    assert_eq!(app.get("/v1/tags", &key).await.body, before);
}

#[tokio::test]
async fn a_change_is_held_to_the_version_that_was_seen() {
    let app = App::start().await;
    let key = app.workspace().await;
    let mut all: Vec<_> = kinds();
    all.push(("/v1/api-keys", json!({"name": "CI", "kind": "machine", "scopes": ["admin"]}), json!({"name": "CD"})));
    for (path, body, change) in all {
        let made = app.post(path, &key, body).await;
        let (one, first) = (format!("{path}/{}", made.text("id")), made.header("etag").to_owned());
        assert_eq!(app.get(&one, &key).await.header("etag"), first, "{path}");
        let send = |method: &str, etag: &str, body: &Value| {
            app.call(method, &one, &key).header("if-match", etag).json(body).send()
        };
        let changed = send("PATCH", &first, &change).await;
        let second = changed.header("etag").to_owned();
        assert_eq!((changed.status, second != first), (200, true), "{path}");
        assert_eq!(app.get(&one, &key).await.header("etag"), second, "{path}");
        for method in ["PATCH", "DELETE"] {
            let stale = send(method, &first, &change).await;
            assert_eq!((stale.status, stale.code()), (412, "stale"), "{method} {path}");
            assert_eq!(format!("\"{}\"", stale.body["current_version"]), second, "{method} {path}");
        }
        assert_eq!(send("PATCH", "*", &change).await.status, 200, "{path}");
        assert_eq!(send("DELETE", &second, &json!({})).await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn settings_are_held_to_the_version_that_was_seen() {
    let app = App::start().await;
    let key = app.workspace().await;
    let first = app.get("/v1/workspace", &key).await.header("etag").to_owned();
    let send = |etag: &str, name: &str| {
        app.call("PATCH", "/v1/workspace", &key).header("if-match", etag).json(&json!({"name": name})).send()
    };
    let changed = send(&first, "Other").await;
    assert_eq!((changed.status, changed.header("etag") == first), (200, false));
    let stale = send(&first, "Third").await;
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    assert_eq!(send(changed.header("etag"), "Third").await.status, 200);
}

#[tokio::test]
async fn of_sixteen_concurrent_creates_with_one_name_one_wins_whatever_the_kind() {
    let app = App::start().await;
    let key = app.workspace().await;
    for (path, body, _) in kinds() {
        let creates = (0..16).map(|_| app.post(path, &key, body.clone()));
        let answers = futures_util::future::join_all(creates).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let taken = answers.iter().filter(|answer| answer.code() == "taken").count();
        assert_eq!((made, taken), (1, 15), "{path}");
    }
}

#[tokio::test]
async fn only_administrators_write_and_whoever_reads_tickets_reads() {
    let app = App::start().await;
    let owner = app.workspace().await;
    let (_, agent) = app.user(&owner, "agent", json!(["tickets:read", "tickets:write", "admin"])).await;
    let (_, admin) = app.user(&owner, "admin", json!(["admin"])).await;
    let (_, blind) = app.user(&owner, "restricted", json!(["contacts:read"])).await;
    for (path, body, change) in kinds() {
        let body =
            if path == "/v1/users" { json!({"name": "C", "email": "c@acme.example", "role": "agent"}) } else { body };
        let one = format!("{path}/{}", app.made(path, &admin, body.clone()).await);
        for path in [path, &one] {
            assert_eq!(app.get(path, &agent).await.status, 200, "{path}");
            let refused = app.get(path, &blind).await;
            assert_eq!(
                (refused.status, refused.code(), &refused.body["scope"]),
                (403, "missing_scope", &json!("tickets:read"))
            );
        }
        for answer in
            [app.post(path, &agent, body).await, app.patch(&one, &agent, change).await, app.delete(&one, &agent).await]
        {
            assert_eq!((answer.status, answer.code()), (403, "administration_only"), "{path}");
        }
    }
    let (_, scopeless) = app.user(&owner, "owner", json!(["tickets:read"])).await;
    let answer = app.post("/v1/tags", &scopeless, json!({"name": "x"})).await;
    assert_eq!((answer.status, answer.code()), (403, "missing_scope"));
}
