//! Endpoints: made, read, changed, removed; their secrets rotated.

use crate::fixtures::{Hooks, path_of};
use lambdesk_domain::{id::EndpointId, webhook::Endpoint};
use lambdesk_outbound::SigningSecret;
use serde_json::{Value as Json, json};

const URL: &str = "https://hooks.example.com/in";

#[tokio::test]
async fn a_new_endpoint_is_answered_with_its_place_and_its_secret() {
    let hooks = Hooks::start().await;
    let channel = hooks.channel().await.id;
    let body = json!({
        "url": URL, "name": "Billing", "types": ["ticket.update", "ticket.created", "ticket.created"],
        "channel_ids": [channel, channel],
    });
    let answer = hooks.owner.post("/v1/webhooks", body).await;
    let mut endpoint = answer.data();
    assert_eq!((answer.status, answer.header("location")), (201, path_of(&endpoint).as_str()));
    assert!(SigningSecret::parse(endpoint["secret"].as_str().unwrap()).is_ok());
    endpoint.as_object_mut().unwrap().remove("secret");
    let expected = json!({
        "id": endpoint["id"], "name": "Billing", "url": URL, "types": ["ticket.update", "ticket.created"],
        "channel_ids": [channel], "is_enabled": true, "disabled_reason": null, "failing_since": null,
        "created_at": "2026-03-01T12:00:00.000Z",
    });
    assert_eq!(endpoint, expected);
    assert_eq!(hooks.owner.get(&path_of(&endpoint)).await.data(), expected);
    assert_eq!(hooks.owner.get("/v1/webhooks").await.data(), json!([expected]));
}

#[tokio::test]
async fn a_secret_is_shown_once_and_never_again() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let path = path_of(&endpoint);
    hooks.owner.post(&format!("{path}/test"), json!({})).await;
    for answer in [
        hooks.owner.get("/v1/webhooks").await,
        hooks.owner.get(&path).await,
        hooks.owner.patch(&path, json!({"name": "n"})).await,
        hooks.owner.get(&format!("{path}/deliveries")).await,
        hooks.owner.post(&format!("{path}/rotate-secret?dry_run=true"), json!({})).await,
    ] {
        assert!(answer.status < 300 && !answer.text.contains("whsec_"), "{}", answer.text);
    }
    let rotated = hooks.verb(&format!("{path}/rotate-secret")).await;
    assert!(!rotated.text.contains(endpoint["secret"].as_str().unwrap()), "the old one stays hidden");
}

#[tokio::test]
async fn a_rotation_puts_the_new_secret_first_and_keeps_one_before_it() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let path = format!("{}/rotate-secret", path_of(&endpoint));
    let mut secrets = vec![endpoint["secret"].clone()];
    for live in [2, 2] {
        let answer = hooks.verb(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        secrets.insert(0, answer.data()["secret"].clone());
        let stored = hooks.stored(&endpoint).await.unwrap().secrets;
        assert_eq!(json!(stored), json!(secrets[..live]));
    }
}

#[tokio::test]
async fn a_repeated_rotation_answers_the_same_secret_and_rotates_once() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let path = format!("{}/rotate-secret", path_of(&endpoint));
    let rotate = async || hooks.owner.send("POST", &path, &[("idempotency-key", "k")], "").await;
    let (first, second) = (rotate().await, rotate().await);
    assert_eq!((first.status, &first.text), (200, &second.text));
    assert_eq!(second.header("idempotent-replayed"), "true");
    let secrets = hooks.stored(&endpoint).await.unwrap().secrets;
    assert_eq!(json!(secrets), json!([first.data()["secret"], endpoint["secret"]]));
}

#[tokio::test]
async fn a_repeated_creation_answers_the_same_secret_and_makes_one_endpoint() {
    let hooks = Hooks::start().await;
    let make = async |url: &str| hooks.once("/v1/webhooks", "only-once", json!({"url": url, "types": ["*"]})).await;
    let (first, second) = (make(URL).await, make(URL).await);
    assert_eq!((first.status, second.status, &first.text), (201, 201, &second.text));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(second.header("idempotent-replayed"), "true");
    let other = make("https://other.example.com/").await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(hooks.owner.get("/v1/webhooks").await.data().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once() {
    let hooks = Hooks::start().await;
    let body = json!({
        "url": "https://10.0.0.1/", "types": ["ticket.created", "ticket.exploded", 7], "name": "", "secret": "whsec_mine",
        "channel_ids": [hooks.channel().await.id, hooks.foreign_channel().await],
    });
    let answer = hooks.owner.post("/v1/webhooks", body).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.pointers(), ["/name", "/url", "/types/1", "/types/2", "/channel_ids/1", "/secret"]);
    for (body, pointer) in [
        (json!({"url": URL}), "/types"),
        (json!({"url": URL, "types": []}), "/types"),
        (json!({"url": URL, "types": null}), "/types"),
        (json!({"types": ["*"]}), "/url"),
        (json!({"url": null, "types": ["*"]}), "/url"),
        (json!({"url": 7, "types": ["*"]}), "/url"),
    ] {
        let answer = hooks.owner.post("/v1/webhooks", body).await;
        assert!(answer.status == 422 && answer.pointers().iter().any(|at| at == pointer), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_says_and_nothing_else() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let at = path_of(&endpoint);
    let patch = async |body: Json| {
        let answer = hooks.owner.patch(&at, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.data()
    };
    let channel = hooks.channel().await.id;
    let named = patch(json!({"name": "Billing", "channel_ids": [channel]})).await;
    assert_eq!((&named["name"], &named["channel_ids"]), (&json!("Billing"), &json!([channel])));
    let cleared = patch(json!({"name": null, "channel_ids": null, "types": ["ticket.create"]})).await;
    assert_eq!((&cleared["name"], &cleared["channel_ids"]), (&json!(null), &json!([])));
    assert_eq!((&cleared["types"], &cleared["url"]), (&json!(["ticket.create"]), &endpoint["url"]));
    assert_eq!(patch(json!({})).await, cleared);
    let secrets = hooks.stored(&endpoint).await.unwrap().secrets;
    assert_eq!(json!(secrets), json!([endpoint["secret"]]));
    for body in [json!({"types": []}), json!({"url": null}), json!({"is_enabled": null}), json!({"secret": "x"})] {
        assert_eq!(hooks.owner.patch(&at, body).await.status, 422);
    }
}

#[tokio::test]
async fn switching_on_forgets_why_it_was_off() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let path = path_of(&endpoint);
    let off = hooks.owner.patch(&path, json!({"is_enabled": false})).await.data();
    assert_eq!((&off["is_enabled"], &off["disabled_reason"]), (&json!(false), &json!("by_hand")));
    let mut failing = hooks.stored(&endpoint).await.unwrap();
    failing.failing_since = Some(hooks.desk.now());
    hooks.desk.store.webhooks.put_endpoint(&failing).await.unwrap();
    let on = hooks.owner.patch(&path, json!({"is_enabled": true})).await.data();
    assert_eq!((&on["disabled_reason"], &on["failing_since"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn another_address_is_not_blamed_for_the_failures_of_the_one_before() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let mut failing = hooks.stored(&endpoint).await.unwrap();
    failing.failing_since = Some(hooks.desk.now());
    hooks.desk.store.webhooks.put_endpoint(&failing).await.unwrap();
    let patch = async |url: &str| hooks.owner.patch(&path_of(&endpoint), json!({"url": url})).await.data();
    assert_eq!(patch(URL).await["failing_since"], "2026-03-01T12:00:00.000Z");
    assert_eq!(patch("https://other.example.com/").await["failing_since"], json!(null));
}

#[tokio::test]
async fn a_workspace_has_at_most_50_endpoints() {
    let hooks = Hooks::start().await;
    let id = hooks.endpoint().await["id"].clone();
    let first = hooks.stored(&json!({"id": id})).await.unwrap();
    for _ in 1..50 {
        let id = EndpointId::new(hooks.desk.clock.new_uuid());
        hooks.desk.store.webhooks.put_endpoint(&Endpoint { id, ..first.clone() }).await.unwrap();
    }
    let refused = hooks.owner.post("/v1/webhooks", json!({"url": URL, "types": ["*"]})).await;
    assert_eq!(refused.problem(), (409, "too_many_endpoints".to_owned()));
    hooks.owner.delete(&format!("/v1/webhooks/{}", first.id)).await;
    assert_eq!(hooks.owner.post("/v1/webhooks", json!({"url": URL, "types": ["*"]})).await.status, 201);
}

#[tokio::test]
async fn the_list_goes_by_cursor_from_the_oldest() {
    let hooks = Hooks::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(hooks.endpoint().await["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(hooks.pages("/v1/webhooks?limit=2").await, made);
}

#[tokio::test]
async fn a_removed_endpoint_is_gone() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    let dry = hooks.owner.delete(&format!("{path}?dry_run=true")).await;
    assert_eq!((dry.status, &dry.data()["events"]), (200, &json!([])));
    assert_eq!(hooks.owner.delete(&path).await.status, 204);
    assert_eq!(hooks.owner.delete(&path).await.status, 404);
    assert_eq!(hooks.owner.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_stores_nothing() {
    let hooks = Hooks::start().await;
    let create =
        async |url: &str| hooks.owner.post("/v1/webhooks?dry_run=true", json!({"url": url, "types": ["*"]})).await;
    let tried = create(URL).await.data();
    let url = json!({"field": "url", "from": null, "to": URL});
    assert!(tried["changes"].as_array().is_some_and(|changes| changes.contains(&url)), "{tried}");
    assert!(!tried.to_string().contains("whsec_"), "{tried}");
    assert_eq!(create("https://10.0.0.1/").await.status, 422);
    assert_eq!(hooks.owner.get("/v1/webhooks").await.data(), json!([]));
}
