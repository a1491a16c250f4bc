//! The delivery log, and deliveries by hand.

use crate::fixtures::{Hooks, id_of, path_of};
use lambdesk_domain::{
    events::EventType,
    id::{DeliveryId, EndpointId, EventId},
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Outcome},
};
use lambdesk_runtime::Hint;
use lambdesk_store_events::Due;
use lambdesk_store_webhooks::Lease;
use lambdesk_table::keys;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A delivery in the log, made now.
async fn logged(hooks: &Hooks, endpoint: &Json, state: DeliveryState) -> Delivery {
    let now = hooks.desk.now();
    let failed = Outcome::Failed { reason: "timeout".to_owned() };
    let slow = Outcome::Answered { status: 503, retry_after: Some(Duration::from_mins(2)) };
    let attempts = [failed, slow].map(|outcome| Attempt { at: now, duration_ms: 15_000, outcome });
    let delivery = Delivery {
        id: DeliveryId::new(hooks.desk.clock.new_uuid()),
        workspace_id: hooks.desk.workspace,
        endpoint_id: endpoint["id"].as_str().unwrap().parse().unwrap(),
        event_id: EventId::new(hooks.desk.clock.new_uuid()),
        event_type: EventType::TicketCreated,
        source: None,
        state,
        next_attempt_at: now,
        attempts: attempts.to_vec(),
        created_at: now,
    };
    assert!(hooks.desk.store.webhooks.add_delivery(&delivery).await.unwrap());
    delivery
}

/// All deliveries that are due by now.
async fn due(hooks: &Hooks) -> Vec<DeliveryId> {
    let now = hooks.desk.now();
    let mut found = Vec::new();
    for shard in 0..keys::DUE_SHARDS {
        let page = hooks.desk.store.events.due_page((keys::hour(now), shard), now, None, 100).await.unwrap();
        for due in page.rows {
            if let Due::Delivery { delivery, .. } = due {
                found.push(delivery);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_test_is_a_delivery_that_is_due_and_hinted_at_once() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let path = path_of(&endpoint);
    let answer = hooks.verb(&format!("{path}/test")).await;
    let delivery = answer.data();
    let expected = json!({
        "id": delivery["id"], "webhook_id": endpoint["id"], "event_id": delivery["event_id"],
        "event_type": "webhook.test", "ticket_id": null, "contact_id": null, "sequence": null, "state": "pending",
        "is_replay": false, "next_attempt_at": "2026-03-01T12:00:00.000Z", "attempts_count": 0, "last_attempt": null, "attempts": [],
        "created_at": "2026-03-01T12:00:00.000Z",
    });
    assert_eq!((answer.status, &delivery), (202, &expected));
    assert_eq!(hooks.owner.get(&format!("{path}/deliveries/{}", id_of(&delivery))).await.data(), expected);
    assert_eq!(due(&hooks).await, [id_of(&delivery)]);
    let hints = hooks.hints.take();
    let endpoint: EndpointId = endpoint["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(hints, [Hint { workspace: hooks.desk.workspace, endpoint, delivery: id_of(&delivery) }]);
}

#[tokio::test]
async fn a_repeated_test_is_the_same_delivery() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    let test = async || hooks.owner.send("POST", &format!("{path}/test"), &[("idempotency-key", "k")], "").await;
    let (first, second) = (test().await, test().await);
    assert_eq!((first.status, &first.text), (202, &second.text));
    let log = hooks.owner.get(&format!("{path}/deliveries")).await.data();
    assert_eq!(log.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_log_is_newest_first_and_a_page_goes_on_where_the_last_one_ended() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        hooks.advance(1);
        made.insert(0, logged(&hooks, &endpoint, DeliveryState::Delivered).await.id.to_string());
    }
    assert_eq!(hooks.pages(&format!("{}/deliveries?limit=3", path_of(&endpoint))).await, made);
}

#[tokio::test]
async fn the_log_is_filtered_by_state() {
    use DeliveryState::{Delivered, Failed, Pending};
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    for state in [Failed, Delivered, Pending, Failed, Delivered, Failed] {
        hooks.advance(1);
        logged(&hooks, &endpoint, state).await;
    }
    let path = format!("{}/deliveries", path_of(&endpoint));
    for (filter, count) in [("failed", 3), ("pending", 1), ("pending,delivered", 3), ("failed&state=delivered", 5)] {
        let data = hooks.owner.get(&format!("{path}?state={filter}")).await.data();
        assert_eq!(data.as_array().unwrap().len(), count, "{filter}");
    }
    let first = hooks.owner.get(&format!("{path}?state=failed&limit=2")).await;
    let next = first.json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    let second = hooks.owner.get(&format!("{path}?state=failed&limit=2&cursor={next}")).await;
    assert_eq!((second.data().as_array().unwrap().len(), &second.json()["page"]["next_cursor"]), (1, &json!(null)));
    assert_ne!(first.data()[1]["id"], second.data()[0]["id"]);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_endpoint_and_filter_only() {
    let hooks = Hooks::start().await;
    let (first, second) = (hooks.endpoint().await, hooks.endpoint().await);
    for endpoint in [&first, &second] {
        for _ in 0..3 {
            logged(&hooks, endpoint, DeliveryState::Failed).await;
        }
    }
    let path = format!("{}/deliveries?limit=1", path_of(&first));
    let next = hooks.owner.get(&path).await.json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(hooks.owner.get(&format!("{path}&cursor={next}")).await.status, 200);
    for foreign in [
        format!("{}/deliveries?limit=1&cursor={next}", path_of(&second)),
        format!("{path}&state=failed&cursor={next}"),
        format!("{path}&cursor={}A", next.get(1..).unwrap()),
        format!("/v1/webhooks?cursor={next}"),
    ] {
        assert_eq!(hooks.owner.get(&foreign).await.problem(), (400, "invalid_cursor".to_owned()), "{foreign}");
    }
}

#[tokio::test]
async fn a_delivery_shows_what_was_tried() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let delivery = logged(&hooks, &endpoint, DeliveryState::Failed).await;
    let shown = hooks.owner.get(&format!("{}/deliveries/{}", path_of(&endpoint), delivery.id)).await.data();
    let at = "2026-03-01T12:00:00.000Z";
    let attempts = json!([
        {"at": at, "duration_ms": 15_000, "is_success": false, "status": null, "retry_after": null, "failure": "timeout"},
        {"at": at, "duration_ms": 15_000, "is_success": false, "status": 503, "retry_after": 120, "failure": null},
    ]);
    assert_eq!((&shown["attempts"], &shown["last_attempt"]), (&attempts, &attempts[1]));
    assert_eq!((&shown["attempts_count"], &shown["next_attempt_at"]), (&json!(2), &json!(null)));
}

#[tokio::test]
async fn a_retried_delivery_is_due_now_with_its_log_and_can_be_leased() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let delivery = logged(&hooks, &endpoint, DeliveryState::Failed).await;
    hooks.advance(600);
    let path = format!("{}/deliveries/{}/retry", path_of(&endpoint), delivery.id);
    let answer = hooks.verb(&path).await;
    assert_eq!((answer.status, &answer.data()["state"]), (202, &json!("pending")), "{}", answer.text);
    assert_eq!(due(&hooks).await, [delivery.id]);
    assert_eq!(hooks.hints.take()[0].delivery, delivery.id);
    let (now, lease) = (hooks.desk.now(), Lease { until: hooks.desk.now().plus(Duration::from_mins(1)) });
    let leased = hooks
        .desk
        .store
        .webhooks
        .lease_delivery(delivery.workspace_id, delivery.endpoint_id, delivery.id, now, lease)
        .await
        .unwrap();
    let again = Delivery { state: DeliveryState::Pending, next_attempt_at: now, ..delivery };
    assert_eq!(leased, Some(again));
}

#[tokio::test]
async fn a_retried_delivery_no_longer_expires() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let mut old = Vec::new();
    for _ in 0..2 {
        let mut delivery = logged(&hooks, &endpoint, DeliveryState::Failed).await;
        delivery.attempts[1].at = Timestamp::EPOCH;
        hooks.desk.store.webhooks.put_delivery(&delivery).await.unwrap();
        old.push(format!("{}/deliveries/{}", path_of(&endpoint), delivery.id));
    }
    assert_eq!(hooks.verb(&format!("{}/retry", old[0])).await.status, 202);
    hooks.desk.table.engine.sweep_ttl().unwrap();
    assert_eq!(hooks.owner.get(&old[0]).await.data()["state"], "pending");
    assert_eq!(hooks.owner.get(&old[1]).await.status, 404, "the one beside it did expire");
}

#[tokio::test]
async fn what_is_being_tried_or_was_too_often_is_not_retried() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let retry = async |hooks: &Hooks, id: DeliveryId| {
        hooks.verb(&format!("{}/deliveries/{id}/retry", path_of(&endpoint))).await.problem()
    };
    let pending = logged(&hooks, &endpoint, DeliveryState::Pending).await;
    let lease = Lease { until: hooks.desk.now().plus(std::time::Duration::from_mins(1)) };
    let webhooks = &hooks.desk.store.webhooks;
    let due = pending.next_attempt_at.max(hooks.desk.now());
    let leased = webhooks.lease_delivery(hooks.desk.workspace, pending.endpoint_id, pending.id, due, lease).await;
    assert!(leased.unwrap().is_some());
    assert_eq!(retry(&hooks, pending.id).await, (409, "delivery_pending".to_owned()));
    let mut tried = logged(&hooks, &endpoint, DeliveryState::Failed).await;
    tried.attempts = vec![tried.attempts[0].clone(); 100];
    hooks.desk.store.webhooks.put_delivery(&tried).await.unwrap();
    assert_eq!(retry(&hooks, tried.id).await, (409, "too_many_attempts".to_owned()));
    assert!(hooks.hints.take().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_that_is_off() {
    let hooks = Hooks::start().await;
    let endpoint = hooks.endpoint().await;
    let delivery = logged(&hooks, &endpoint, DeliveryState::Failed).await;
    let path = path_of(&endpoint);
    hooks.owner.patch(&path, json!({"is_enabled": false})).await;
    let range = json!({"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T01:00:00Z"});
    for (path, body) in [
        (format!("{path}/test"), json!({})),
        (format!("{path}/deliveries/{}/retry", delivery.id), json!({})),
        (format!("{path}/replay"), range),
    ] {
        assert_eq!(hooks.owner.post(&path, body).await.problem(), (409, "webhook_disabled".to_owned()), "{path}");
    }
    assert!(hooks.hints.take().is_empty() && due(&hooks).await.is_empty());
}

#[tokio::test]
async fn a_dry_run_sends_nothing() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    let dry = hooks.verb(&format!("{path}/test?dry_run=true")).await;
    assert_eq!((dry.status, &dry.data()["events"]), (200, &json!([])));
    assert!(hooks.hints.take().is_empty() && due(&hooks).await.is_empty());
}
