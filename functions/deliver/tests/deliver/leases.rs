//! One attempt at a time, and nobody waits for another.

use crate::support::{DeliverDesk, Receiver, queued};
use axum::http::StatusCode;
use lambdesk_domain::webhook::DeliveryState;
use lambdesk_runtime::Hint;
use lambdesk_store_webhooks::Lease;
use lambdesk_testkit::Fault;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

#[tokio::test]
async fn two_hints_of_one_delivery_are_one_attempt() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(500).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    let hint = Hint::from(&delivery);
    let event = queued(&[hint, hint]);
    tokio::join!(desk.deliver.handle(event.clone()), desk.deliver.handle(event));
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(desk.stored(&delivery).await.attempts.len(), 1);
}

#[tokio::test]
async fn a_delivery_that_somebody_took_and_lost_is_tried_when_the_lease_ends() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    let now = desk.now();
    let lease = Lease { until: now.plus(Duration::from_mins(1)) };
    let taken = desk.store.webhooks.lease_delivery(delivery.workspace_id, endpoint.id, delivery.id, now, lease).await;
    assert!(taken.unwrap().is_some());

    desk.attempt(&delivery).await;
    assert!(receiver.requests().is_empty());
    desk.wait(Duration::from_secs(61));
    assert_eq!(desk.attempt(&delivery).await.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_finished_delivery_is_not_sent_again() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    desk.attempt(&delivery).await;
    desk.wait(Duration::from_hours(30));
    desk.attempt(&delivery).await;
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_nobody_else() {
    let desk = DeliverDesk::open().await;
    let release = Arc::new(Notify::new());
    let waiting = Arc::clone(&release);
    let slow = Receiver::scripted(move |_| {
        let waiting = Arc::clone(&waiting);
        async move {
            waiting.notified().await;
            StatusCode::OK
        }
    })
    .await;
    let fast = Receiver::answering(200).await;
    let (slow, fast) = (desk.endpoint(&slow.url).await, desk.endpoint(&fast.url).await);
    let ((slow, _), (fast, _)) = (desk.delivery(&slow).await, desk.delivery(&fast).await);
    let event = queued(&[Hint::from(&slow), Hint::from(&fast)]);
    let fast_is_through = async {
        while desk.stored(&fast).await.state != DeliveryState::Delivered {
            tokio::task::yield_now().await;
        }
        assert_eq!(desk.stored(&slow).await.state, DeliveryState::Pending);
        release.notify_one();
    };
    tokio::join!(desk.deliver.handle(event), fast_is_through);
    assert_eq!(desk.stored(&slow).await.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn only_what_could_not_be_tried_is_repeated() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    desk.table.faults.naming("", Fault::Error("InternalServerError"));
    let mut event = queued(&[Hint::from(&delivery)]);
    let no_hint = json!({ "messageId": "odd", "body": "hello" });
    event["Records"].as_array_mut().unwrap().push(no_hint);
    let answer = desk.deliver.handle(event).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "m0" }] }));
    assert!(receiver.requests().is_empty());
}
