use crate::fixtures::{JSON, open, owner, user};
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
    let desk = open().await;
    let owner = owner(&desk);
    for (path, body, change) in kinds() {
        let made = owner.post(path, body.clone()).await;
        let one = format!("{path}/{}", made.member("id"));
        assert_eq!((made.status, made.header("location")), (201, one.as_str()), "{path}");
        assert_eq!(owner.get(&one).await.json(), made.json(), "{path}");
        let listed = owner.get(path).await;
        assert!(listed.data().as_array().unwrap().contains(&made.data()), "{path}: {}", listed.text);
        let changed = owner.patch(&one, change.clone()).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.text);
        let mut expected = made.data().clone();
        for (member, value) in change.as_object().unwrap() {
            expected[member] = value.clone();
        }
        assert_eq!(changed.data(), expected, "{path}");
        assert_eq!(owner.get(&one).await.data(), expected, "{path}");
        let deleted = owner.delete(&one).await;
        assert_eq!((deleted.status, deleted.text.as_str()), (204, ""), "{path}");
        for method in ["GET", "PATCH", "DELETE"] {
            let gone = owner.send(method, &one, &[JSON], "{}").await;
            assert_eq!((gone.status, gone.code()), (404, "not_found"), "{method} {path}");
        }
        assert_eq!(owner.post(path, body).await.status, 201, "{path}: the name is free again");
    }
}

#[tokio::test]
async fn a_name_is_taken_without_regard_to_case_until_it_is_given_up() {
    let desk = open().await;
    let owner = owner(&desk);
    let first = owner.make("/v1/tags", json!({"name": "VIP"})).await;
    let second = owner.make("/v1/tags", json!({"name": "other"})).await;
    let again = owner.post("/v1/tags", json!({"name": "vip"})).await;
    assert_eq!((again.status, again.code()), (409, "taken"));
    let tried = owner.post("/v1/tags?dry_run=true", json!({"name": "vip"})).await;
    assert_eq!((tried.status, tried.code()), (409, "taken"));
    let renamed = owner.patch(&format!("/v1/tags/{second}"), json!({"name": "vIp"})).await;
    assert_eq!((renamed.status, renamed.code()), (409, "taken"));
    let recased = owner.patch(&format!("/v1/tags/{first}"), json!({"name": "vip"})).await;
    assert_eq!((recased.status, recased.member("name")), (200, "vip".to_owned()));
    assert_eq!(owner.patch(&format!("/v1/tags/{first}"), json!({"name": "top"})).await.status, 200);
    assert_eq!(owner.post("/v1/tags", json!({"name": "vip"})).await.status, 201);
    assert_eq!(owner.post("/v1/teams", json!({"name": "vip"})).await.status, 201, "another kind has its own names");
}

#[tokio::test]
async fn of_concurrent_creates_with_one_name_one_wins() {
    let desk = open().await;
    let owner = owner(&desk);
    let create = || owner.post("/v1/users", json!({"name": "Bob", "email": "bob@acme.example", "role": "agent"}));
    let answers = tokio::join!(create(), create(), create(), create());
    let mut statuses = [answers.0.status, answers.1.status, answers.2.status, answers.3.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    assert_eq!(owner.get("/v1/users?with_total=true").await.json()["page"]["total"], 2);
}

#[tokio::test]
async fn concurrent_changes_of_different_fields_both_survive() {
    let desk = open().await;
    let owner = owner(&desk);
    let tag = owner.make("/v1/tags", json!({"name": "vip"})).await;
    let one = format!("/v1/tags/{tag}");
    for round in 0..5 {
        let (name, color) = (format!("vip {round}"), format!("#00000{round}"));
        let (first, second) =
            tokio::join!(owner.patch(&one, json!({"name": name})), owner.patch(&one, json!({"color": color})));
        assert_eq!((first.status, second.status), (200, 200));
        assert_eq!(owner.get(&one).await.data(), json!({"id": tag, "name": name, "color": color}));
    }
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_entry() {
    let desk = open().await;
    let owner = owner(&desk);
    let send = |body: Value| owner.send("POST", "/v1/tags", &[JSON, ("idempotency-key", "one")], body.to_string());
    let vip = json!({"name": "vip"});
    let (first, second) = tokio::join!(send(vip.clone()), send(vip.clone()));
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!((&first.json(), first.header("location")), (&second.json(), second.header("location")));
    let again = send(vip).await;
    assert_eq!((again.status, again.header("idempotent-replayed"), &again.json()), (201, "true", &first.json()));
    let other = send(json!({"name": "other"})).await;
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_silence_changes_nothing_else() {
    let desk = open().await;
    let owner = owner(&desk);
    let tag = owner.make("/v1/tags?silent=true", json!({"name": "vip"})).await;
    let one = format!("/v1/tags/{tag}");
    let before = owner.get("/v1/tags").await.json();
    let tried = [
        owner.post("/v1/tags?dry_run=true", json!({"name": "other"})).await,
        owner.patch(&format!("{one}?dry_run=true"), json!({"name": "other"})).await,
        owner.delete(&format!("{one}?dry_run=true")).await,
    ];
    for answer in &tried {
        assert_eq!((answer.status, &answer.data()["events"]), (200, &json!([])));
    }
    assert!(tried[0].changes().contains(&("name", &json!(null), &json!("other"))));
    assert_eq!(tried[1].changes(), [("name", &json!("vip"), &json!("other"))]);
    assert!(tried[2].changes().contains(&("name", &json!("vip"), &json!(null))));
    assert_eq!(owner.get("/v1/tags").await.json(), before);
}

#[tokio::test]
async fn a_change_is_held_to_the_version_that_was_seen() {
    let desk = open().await;
    let owner = owner(&desk);
    let mut all: Vec<_> = kinds();
    all.push(("/v1/api-keys", json!({"name": "CI", "kind": "machine", "scopes": ["admin"]}), json!({"name": "CD"})));
    for (path, body, change) in all {
        let made = owner.post(path, body).await;
        let (one, first) = (format!("{path}/{}", made.member("id")), made.header("etag").to_owned());
        assert_eq!(owner.get(&one).await.header("etag"), first, "{path}");
        let send = async |method: &str, etag: &str, body: &Value| {
            owner.send(method, &one, &[JSON, ("if-match", etag)], body.to_string()).await
        };
        let changed = send("PATCH", &first, &change).await;
        let second = changed.header("etag").to_owned();
        assert_eq!((changed.status, second != first), (200, true), "{path}");
        assert_eq!(owner.get(&one).await.header("etag"), second, "{path}");
        for method in ["PATCH", "DELETE"] {
            let stale = send(method, &first, &change).await;
            assert_eq!((stale.status, stale.code()), (412, "stale"), "{method} {path}");
            assert_eq!(format!("\"{}\"", stale.json()["current_version"]), second, "{method} {path}");
        }
        assert_eq!(send("PATCH", "*", &change).await.status, 200, "{path}");
        assert_eq!(send("DELETE", &second, &json!({})).await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn settings_are_held_to_the_version_that_was_seen() {
    let desk = open().await;
    let owner = owner(&desk);
    let first = owner.get("/v1/workspace").await.header("etag").to_owned();
    let send =
        async |etag: &str, name: &str| owner.with("if-match", etag).patch("/v1/workspace", json!({"name": name})).await;
    let changed = send(&first, "Other").await;
    assert_eq!((changed.status, changed.header("etag") == first), (200, false));
    let stale = send(&first, "Third").await;
    assert_eq!((stale.status, stale.code()), (412, "stale"));
    assert_eq!(send(changed.header("etag"), "Third").await.status, 200);
}

#[tokio::test]
async fn of_sixteen_concurrent_creates_with_one_name_one_wins_whatever_the_kind() {
    let desk = open().await;
    let owner = owner(&desk);
    for (path, body, _) in kinds() {
        let creates = (0..16).map(|_| owner.post(path, body.clone()));
        let answers = futures_util::future::join_all(creates).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let taken = answers.iter().filter(|answer| answer.code() == "taken").count();
        assert_eq!((made, taken), (1, 15), "{path}");
    }
}

#[tokio::test]
async fn only_administrators_write_and_whoever_reads_tickets_reads() {
    let desk = open().await;
    let owner = owner(&desk);
    let (_, agent) = user(&owner, "agent", json!(["tickets:read", "tickets:write", "admin"])).await;
    let (_, admin) = user(&owner, "admin", json!(["admin"])).await;
    let (_, blind) = user(&owner, "restricted", json!(["contacts:read"])).await;
    for (path, body, change) in kinds() {
        let body =
            if path == "/v1/users" { json!({"name": "C", "email": "c@acme.example", "role": "agent"}) } else { body };
        let one = format!("{path}/{}", admin.make(path, body.clone()).await);
        for path in [path, &one] {
            assert_eq!(agent.get(path).await.status, 200, "{path}");
            let refused = blind.get(path).await;
            assert_eq!(
                (refused.status, refused.code(), &refused.json()["scope"]),
                (403, "missing_scope", &json!("tickets:read"))
            );
        }
        for answer in [agent.post(path, body).await, agent.patch(&one, change).await, agent.delete(&one).await] {
            assert_eq!((answer.status, answer.code()), (403, "administration_only"), "{path}");
        }
    }
    let (_, scopeless) = user(&owner, "owner", json!(["tickets:read"])).await;
    let answer = scopeless.post("/v1/tags", json!({"name": "x"})).await;
    assert_eq!((answer.status, answer.code()), (403, "missing_scope"));
}
