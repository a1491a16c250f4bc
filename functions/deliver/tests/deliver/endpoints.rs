//! What attempts make of their endpoint.

use crate::support::{DeliverDesk, Receiver, secret, status};
use axum::http::StatusCode;
use lambdesk_domain::{
    events::EventType,
    webhook::{DeliveryState, DisabledReason, Endpoint},
};
use std::time::Duration;

#[tokio::test]
async fn gone_switches_the_endpoint_off_and_the_log_says_so() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(410).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let ((delivery, _), (another, _)) = (desk.delivery(&endpoint).await, desk.delivery(&endpoint).await);
    let delivery = desk.attempt(&delivery).await;
    assert_eq!((status(&delivery), delivery.state), (410, DeliveryState::Failed));
    assert_eq!(desk.endpoint_now(&endpoint).await.disabled, Some(DisabledReason::Gone));

    let another = desk.attempt(&another).await;
    assert_eq!((another.state, another.attempts.len()), (DeliveryState::Failed, 0));
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(disabled_entries(&desk, &endpoint).await, 1);
}

async fn disabled_entries(desk: &DeliverDesk, endpoint: &Endpoint) -> usize {
    let log = desk.store.webhooks.deliveries(endpoint.workspace_id, endpoint.id, None, 10).await.unwrap().items;
    let told = |event_type| event_type == EventType::WebhookDisabled;
    log.iter().filter(|entry| told(entry.event_type) && entry.state == DeliveryState::Failed).count()
}

#[tokio::test]
async fn what_is_due_for_a_deleted_endpoint_is_given_up() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    desk.store.webhooks.delete_endpoint(endpoint.workspace_id, endpoint.id).await.unwrap();
    let delivery = desk.attempt(&delivery).await;
    assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::Failed, 0));
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn five_days_of_failures_switch_it_off_and_one_success_clears_them() {
    let script = async |index| if index == 1 { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    let receiver = Receiver::scripted(script).await;
    let desk = DeliverDesk::open().await;
    let endpoint = desk.endpoint(&receiver.url).await;
    let began = desk.now();
    let attempt = async || {
        let (delivery, _) = desk.delivery(&endpoint).await;
        desk.attempt(&delivery).await;
        desk.endpoint_now(&endpoint).await
    };
    assert_eq!(attempt().await.failing_since, Some(began));
    assert_eq!(attempt().await.failing_since, None);
    assert_eq!(attempt().await.failing_since, Some(began));
    desk.wait(Duration::from_hours(5 * 24));
    assert_eq!(attempt().await.disabled, Some(DisabledReason::Failing));
    assert_eq!(disabled_entries(&desk, &endpoint).await, 1);
}

#[tokio::test]
async fn a_change_that_somebody_makes_during_the_attempt_is_kept() {
    let desk = DeliverDesk::open().await;
    let endpoint = desk.endpoint("http://127.0.0.1:1/").await;
    let webhooks = desk.store.webhooks.clone();
    let renamed = Endpoint { name: Some("Renamed".parse().unwrap()), ..endpoint.clone() };
    let edited = renamed.clone();
    let receiver = Receiver::scripted(move |_| {
        let (webhooks, edited) = (webhooks.clone(), edited.clone());
        async move {
            webhooks.put_endpoint(&edited).await.unwrap();
            StatusCode::GONE
        }
    })
    .await;
    let endpoint = Endpoint { url: receiver.url.clone(), ..endpoint };
    desk.store.webhooks.put_endpoint(&endpoint).await.unwrap();
    let (delivery, _) = desk.delivery(&endpoint).await;
    desk.attempt(&delivery).await;
    let expected = Endpoint { disabled: Some(DisabledReason::Gone), ..renamed };
    assert_eq!(desk.endpoint_now(&endpoint).await, expected);
}

#[tokio::test]
async fn changes_of_one_endpoint_made_at_once_are_all_kept() {
    let desk = DeliverDesk::open().await;
    let endpoint = desk.endpoint("http://127.0.0.1:1/").await;
    let add = |number| {
        let with = move |seen: &Endpoint| {
            let secrets = [seen.secrets.clone(), vec![secret(number)]].concat();
            Endpoint { secrets, ..seen.clone() }
        };
        desk.store.webhooks.revise_endpoint(endpoint.workspace_id, endpoint.id, with)
    };
    let (two, three, four) = tokio::join!(add(2), add(3), add(4));
    assert!([two, three, four].into_iter().all(|revised| revised.unwrap().is_some()));
    let mut secrets = desk.endpoint_now(&endpoint).await.secrets;
    secrets.sort();
    let mut expected: Vec<_> = (1..=4).map(secret).collect();
    expected.sort();
    assert_eq!(secrets, expected);
}
