//! What comes of an attempt, and when the next one is due.

use crate::support::{DeliverDesk, Receiver, outcome, reason, status};
use axum::http::{StatusCode, header};
use lambdesk_domain::webhook::{DeliveryState, Outcome};
use lambdesk_outbound::{AddressPolicy, Limits};
use lambdesk_runtime::new_uuid;
use std::time::Duration;

fn seconds(from: u64, to: u64) -> std::ops::RangeInclusive<Duration> {
    Duration::from_secs(from)..=Duration::from_secs(to)
}

#[tokio::test]
async fn failures_are_tried_again_after_5_seconds_then_5_minutes_and_not_before() {
    let script = async |index| if index < 2 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    let receiver = Receiver::scripted(script).await;
    let desk = DeliverDesk::open().await;
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;

    // The jitter is 20 %; the attempt itself takes a moment.
    for (wait, most) in [(seconds(4, 9), 9), (seconds(240, 363), 363)] {
        let began = desk.now();
        let delivery = desk.attempt(&delivery).await;
        assert_eq!((status(&delivery), delivery.state), (500, DeliveryState::Pending));
        assert!(wait.contains(&delivery.next_attempt_at.since(began)), "{:?}", delivery.next_attempt_at.since(began));
        let requests = receiver.requests().len();
        desk.attempt(&delivery).await;
        assert_eq!(receiver.requests().len(), requests);
        desk.wait(Duration::from_secs(most));
    }
    let delivery = desk.attempt(&delivery).await;
    assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::Delivered, 3));
    assert_eq!(receiver.requests().len(), 3);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let busy = || async { (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "3600")]) };
    let receiver = Receiver::scripted(move |_| busy()).await;
    let desk = DeliverDesk::open().await;
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    let delivery = desk.attempt(&delivery).await;
    assert!(delivery.next_attempt_at.since(desk.now()) >= Duration::from_hours(1));
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let elsewhere = Receiver::answering(200).await;
    let to = elsewhere.url.clone();
    let receiver = Receiver::scripted(move |_| {
        let to = to.clone();
        async move { (StatusCode::FOUND, [(header::LOCATION, to)]) }
    })
    .await;
    let desk = DeliverDesk::open().await;
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    let delivery = desk.attempt(&delivery).await;
    assert_eq!((status(&delivery), delivery.state), (302, DeliveryState::Pending));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_a_timeout() {
    let receiver = Receiver::scripted(|_| std::future::pending::<StatusCode>()).await;
    let desk = DeliverDesk::open().await;
    let limits = Limits { deadline: Duration::from_millis(100), ..Limits::default() };
    let deliver = desk.deliver.clone().with_limits(limits);
    let desk = desk.delivering(deliver);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    let delivery = desk.attempt(&delivery).await;
    assert_eq!((reason(&delivery), delivery.state), ("timeout", DeliveryState::Pending));
    assert!(delivery.attempts[0].duration_ms >= 100);
}

#[tokio::test]
async fn a_host_that_nobody_allowed_is_refused() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let public_only = AddressPolicy::public_only();
    let deliver = lambdesk_deliver::Deliver::new(&desk.table.table, public_only, desk.clock.clone());
    let desk = desk.delivering(deliver);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    assert_eq!(reason(&desk.attempt(&delivery).await), "address_refused");
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn an_event_that_is_not_there_yet_is_waited_for_and_is_not_the_endpoints_fault() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let event = desk.event();
    let delivery = lambdesk_store_webhooks::delivery_of(&event, &endpoint, desk.now());
    desk.store.webhooks.add_delivery(&delivery).await.unwrap();
    assert_eq!(reason(&desk.attempt(&delivery).await), "event_missing");
    assert_eq!(desk.endpoint_now(&endpoint).await, endpoint);

    desk.store.events.tell(&event, new_uuid(), desk.now()).await.unwrap();
    desk.wait(Duration::from_secs(10));
    assert_eq!(*outcome(&desk.attempt(&delivery).await), Outcome::Answered { status: 200, retry_after: None });
    assert_eq!(receiver.requests().len(), 1);
}
