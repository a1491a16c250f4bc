//! What a receiver gets, checked by the specification's own library.

use crate::support::{DeliverDesk, Receiver, secret};
use lambdesk_domain::{
    events::{Event, TicketEvent},
    webhook::DeliveryState,
};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::time::Duration;

#[tokio::test]
async fn a_receiver_gets_the_event_itself_under_its_id_and_can_verify_it() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(204).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, event) = desk.delivery(&endpoint).await;
    let delivery = desk.attempt(&delivery).await;

    assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::Delivered, 1));
    let (headers, body) = receiver.requests().remove(0);
    assert_eq!(Event::Ticket(serde_json::from_slice::<TicketEvent>(&body).unwrap()), event);
    assert_eq!(headers["webhook-id"], event.id().to_string());
    assert_eq!(headers["content-type"], "application/json");
    Webhook::new(&secret(1)).unwrap().verify(&body, &headers).unwrap();
    assert!(Webhook::new(&secret(2)).unwrap().verify(&body, &headers).is_err());
}

#[tokio::test]
async fn during_a_rotation_both_secrets_verify() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let mut endpoint = desk.endpoint(&receiver.url).await;
    endpoint.secrets = vec![secret(2), secret(1)];
    desk.store.webhooks.put_endpoint(&endpoint).await.unwrap();
    let (delivery, _) = desk.delivery(&endpoint).await;
    desk.attempt(&delivery).await;

    let (headers, body) = receiver.requests().remove(0);
    assert_eq!(headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
    for number in [1, 2] {
        Webhook::new(&secret(number)).unwrap().verify(&body, &headers).unwrap();
    }
}

#[tokio::test]
async fn every_attempt_has_the_same_id_and_body_and_a_new_timestamp() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(500).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let (delivery, _) = desk.delivery(&endpoint).await;
    desk.attempt(&delivery).await;
    desk.wait(Duration::from_secs(10));
    desk.attempt(&delivery).await;

    let [(first, first_body), (second, second_body)] = <[_; 2]>::try_from(receiver.requests()).unwrap();
    assert_eq!((&first["webhook-id"], first_body), (&second["webhook-id"], second_body));
    let seconds = |text: &str| text.parse::<u64>().unwrap();
    let timestamp = |headers: &axum::http::HeaderMap| seconds(headers["webhook-timestamp"].to_str().unwrap());
    assert_eq!(timestamp(&second) - timestamp(&first), 10);
}

#[tokio::test]
async fn a_test_of_an_endpoint_is_a_small_document_under_an_id_of_its_own() {
    let (desk, receiver) = (DeliverDesk::open().await, Receiver::answering(200).await);
    let endpoint = desk.endpoint(&receiver.url).await;
    let test = desk.test_of(&endpoint);
    desk.store.webhooks.add_delivery(&test).await.unwrap();
    assert_eq!(desk.attempt(&test).await.state, DeliveryState::Delivered);

    let (headers, body) = receiver.requests().remove(0);
    let expected = json!({
        "id": test.event_id,
        "type": "webhook.test",
        "types": ["webhook.test"],
        "created_at": test.created_at,
        "workspace_id": test.workspace_id,
        "data": {},
    });
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    assert_eq!(headers["webhook-id"], test.event_id.to_string());
    Webhook::new(&secret(1)).unwrap().verify(&body, &headers).unwrap();
}
