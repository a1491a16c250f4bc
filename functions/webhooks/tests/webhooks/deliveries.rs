//! The delivery log, and deliveries by hand.

use crate::support::{Ask, Stack, path_of};
use lambdesk_domain::{
    events::EventType,
    id::{DeliveryId, EndpointId, EventId},
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Outcome},
};
use lambdesk_runtime::Hint;
use lambdesk_store::{Due, Lease, keys};
use serde_json::{Value as Json, json};
use std::time::Duration;

fn id_of(value: &Json) -> DeliveryId {
    value["id"].as_str().unwrap().parse().unwrap()
}

/// A delivery in the log, made now.
async fn logged(stack: &Stack, endpoint: &Json, state: DeliveryState) -> Delivery {
    let now = stack.clock.now();
    let failed = Outcome::Failed { reason: "timeout".to_owned() };
    let slow = Outcome::Answered { status: 503, retry_after: Some(Duration::from_mins(2)) };
    let attempts = [failed, slow].map(|outcome| Attempt { at: now, duration_ms: 15_000, outcome });
    let delivery = Delivery {
        id: DeliveryId::new(stack.clock.new_uuid()),
        workspace_id: stack.ours.workspace.id,
        endpoint_id: endpoint["id"].as_str().unwrap().parse().unwrap(),
        event_id: EventId::new(stack.clock.new_uuid()),
        event_type: EventType::TicketCreated,
        source: None,
        state,
        next_attempt_at: now,
        attempts: attempts.to_vec(),
        created_at: now,
    };
    assert!(stack.store.add_delivery(&delivery).await.unwrap());
    delivery
}

/// All deliveries that are due by now.
async fn due(stack: &Stack) -> Vec<DeliveryId> {
    let now = stack.clock.now();
    let mut found = Vec::new();
    for shard in 0..keys::DUE_SHARDS {
        for due in stack.store.due(keys::hour(now), shard, now, 100).await.unwrap() {
            if let Due::Delivery { delivery, .. } = due {
                found.push(delivery);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_test_is_a_delivery_that_is_due_and_hinted_at_once() {
    let mut stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let path = path_of(&endpoint);
    let answer = stack.ask("POST", &format!("{path}/test"), None).await;
    let delivery = answer.data();
    let expected = json!({
        "id": delivery["id"], "webhook_id": endpoint["id"], "event_id": delivery["event_id"],
        "event_type": "webhook.test", "ticket_id": null, "contact_id": null, "sequence": null, "state": "pending",
        "is_replay": false, "next_attempt_at": "2026-03-01T12:00:00.000Z", "attempts_count": 0, "last_attempt": null, "attempts": [],
        "created_at": "2026-03-01T12:00:00.000Z",
    });
    assert_eq!((answer.status, &delivery), (202, &expected));
    assert_eq!(stack.get(&format!("{path}/deliveries/{}", id_of(&delivery))).await.data(), expected);
    assert_eq!(due(&stack).await, [id_of(&delivery)]);
    let hint = stack.hints.try_recv().unwrap();
    let endpoint: EndpointId = endpoint["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(hint, Hint { workspace: stack.ours.workspace.id, endpoint, delivery: id_of(&delivery) });
}

#[tokio::test]
async fn a_repeated_test_is_the_same_delivery() {
    let stack = Stack::start().await;
    let path = stack.endpoint_path().await;
    let test = format!("{path}/test");
    let ask =
        || Ask { key: &stack.ours.key, method: "POST", path: &test, body: None, headers: &[("idempotency-key", "k")] };
    let (first, second) = (stack.send(ask()).await, stack.send(ask()).await);
    assert_eq!((first.status, &first.text), (202, &second.text));
    let log = stack.get(&format!("{path}/deliveries")).await.data();
    assert_eq!(log.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_log_is_newest_first_and_a_page_goes_on_where_the_last_one_ended() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        stack.advance(1);
        made.insert(0, logged(&stack, &endpoint, DeliveryState::Delivered).await.id);
    }
    let base = format!("{}/deliveries?limit=3", path_of(&endpoint));
    let (mut seen, mut path) = (Vec::new(), base.clone());
    loop {
        let answer = stack.get(&path).await;
        seen.extend(answer.data().as_array().unwrap().iter().map(id_of));
        match answer.json()["page"]["next_cursor"].as_str() {
            Some(next) => path = format!("{base}&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn the_log_is_filtered_by_state() {
    use DeliveryState::{Delivered, Failed, Pending};
    let stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    for state in [Failed, Delivered, Pending, Failed, Delivered, Failed] {
        stack.advance(1);
        logged(&stack, &endpoint, state).await;
    }
    let path = format!("{}/deliveries", path_of(&endpoint));
    for (filter, count) in [("failed", 3), ("pending", 1), ("pending,delivered", 3), ("failed&state=delivered", 5)] {
        let data = stack.get(&format!("{path}?state={filter}")).await.data();
        assert_eq!(data.as_array().unwrap().len(), count, "{filter}");
    }
    let first = stack.get(&format!("{path}?state=failed&limit=2")).await;
    let next = first.json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    let second = stack.get(&format!("{path}?state=failed&limit=2&cursor={next}")).await;
    assert_eq!((second.data().as_array().unwrap().len(), &second.json()["page"]["next_cursor"]), (1, &json!(null)));
    assert_ne!(first.data()[1]["id"], second.data()[0]["id"]);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_endpoint_and_filter_only() {
    let stack = Stack::start().await;
    let (first, second) = (stack.endpoint().await, stack.endpoint().await);
    for endpoint in [&first, &second] {
        for _ in 0..3 {
            logged(&stack, endpoint, DeliveryState::Failed).await;
        }
    }
    let path = format!("{}/deliveries?limit=1", path_of(&first));
    let next = stack.get(&path).await.json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(stack.get(&format!("{path}&cursor={next}")).await.status, 200);
    for foreign in [
        format!("{}/deliveries?limit=1&cursor={next}", path_of(&second)),
        format!("{path}&state=failed&cursor={next}"),
        format!("{path}&cursor={}A", next.get(1..).unwrap()),
        format!("/v1/webhooks?cursor={next}"),
    ] {
        assert_eq!(stack.get(&foreign).await.code(), (400, "invalid_cursor".to_owned()), "{foreign}");
    }
}

#[tokio::test]
async fn a_delivery_shows_what_was_tried() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let delivery = logged(&stack, &endpoint, DeliveryState::Failed).await;
    let shown = stack.get(&format!("{}/deliveries/{}", path_of(&endpoint), delivery.id)).await.data();
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
    let mut stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let delivery = logged(&stack, &endpoint, DeliveryState::Failed).await;
    stack.advance(600);
    let path = format!("{}/deliveries/{}/retry", path_of(&endpoint), delivery.id);
    let answer = stack.ask("POST", &path, None).await;
    assert_eq!((answer.status, &answer.data()["state"]), (202, &json!("pending")), "{}", answer.text);
    assert_eq!(due(&stack).await, [delivery.id]);
    assert_eq!(stack.hints.try_recv().unwrap().delivery, delivery.id);
    let (now, lease) = (stack.clock.now(), Lease { until: stack.clock.now().plus(Duration::from_mins(1)) });
    let leased =
        stack.store.lease_delivery(delivery.workspace_id, delivery.endpoint_id, delivery.id, now, lease).await.unwrap();
    let again = Delivery { state: DeliveryState::Pending, next_attempt_at: now, ..delivery };
    assert_eq!(leased, Some(again));
}

#[tokio::test]
async fn a_retried_delivery_no_longer_expires() {
    let stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let mut old = Vec::new();
    for _ in 0..2 {
        let mut delivery = logged(&stack, &endpoint, DeliveryState::Failed).await;
        delivery.attempts[1].at = Timestamp::EPOCH;
        stack.store.requeue_delivery(&delivery).await.unwrap();
        old.push(format!("{}/deliveries/{}", path_of(&endpoint), delivery.id));
    }
    assert_eq!(stack.ask("POST", &format!("{}/retry", old[0]), None).await.status, 202);
    stack.engine.sweep_ttl().unwrap();
    assert_eq!(stack.get(&old[0]).await.data()["state"], "pending");
    assert_eq!(stack.get(&old[1]).await.status, 404, "the one beside it did expire");
}

#[tokio::test]
async fn what_is_pending_or_tried_too_often_is_not_retried() {
    let mut stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let retry = async |stack: &Stack, id: DeliveryId| {
        stack.ask("POST", &format!("{}/deliveries/{id}/retry", path_of(&endpoint)), None).await.code()
    };
    let pending = logged(&stack, &endpoint, DeliveryState::Pending).await;
    assert_eq!(retry(&stack, pending.id).await, (409, "delivery_pending".to_owned()));
    let dry = format!("{}/deliveries/{}/retry?dry_run=true", path_of(&endpoint), pending.id);
    assert_eq!(stack.ask("POST", &dry, None).await.status, 409, "a dry run says so too");
    let mut tried = logged(&stack, &endpoint, DeliveryState::Failed).await;
    tried.attempts = vec![tried.attempts[0].clone(); 100];
    stack.store.requeue_delivery(&tried).await.unwrap();
    assert_eq!(retry(&stack, tried.id).await, (409, "too_many_attempts".to_owned()));
    assert!(stack.hints.try_recv().is_err());
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_that_is_off() {
    let mut stack = Stack::start().await;
    let endpoint = stack.endpoint().await;
    let delivery = logged(&stack, &endpoint, DeliveryState::Failed).await;
    let path = path_of(&endpoint);
    stack.ask("PATCH", &path, Some(json!({"is_enabled": false}))).await;
    let range = json!({"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T01:00:00Z"});
    for (path, body) in [
        (format!("{path}/test"), json!({})),
        (format!("{path}/deliveries/{}/retry", delivery.id), json!({})),
        (format!("{path}/replay"), range),
    ] {
        assert_eq!(stack.post(&path, body).await.code(), (409, "webhook_disabled".to_owned()), "{path}");
    }
    assert!(stack.hints.try_recv().is_err() && due(&stack).await.is_empty());
}

#[tokio::test]
async fn a_dry_run_sends_nothing() {
    let mut stack = Stack::start().await;
    let path = stack.endpoint_path().await;
    let dry = stack.ask("POST", &format!("{path}/test?dry_run=true"), None).await;
    assert_eq!((dry.status, &dry.data()["events"]), (200, &json!([])));
    assert!(stack.hints.try_recv().is_err() && due(&stack).await.is_empty());
}
