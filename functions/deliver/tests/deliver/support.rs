//! A desk with deliveries in it, and receivers.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use lambdesk_deliver::Deliver;
use lambdesk_domain::{
    access::Actor,
    command::create,
    events::{Event, EventType, between},
    id::{DeliveryId, EventId, TicketId},
    testing::samples::new_ticket,
    webhook::{Delivery, Endpoint, Outcome, Subscription},
};
use lambdesk_outbound::{AddressPolicy, SigningSecret};
use lambdesk_runtime::{Hint, new_uuid, now};
use lambdesk_store_webhooks::delivery_of;
use lambdesk_testkit::Desk;
use serde_json::{Value, json};
use std::{
    ops::Deref,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// A desk, and what delivers its events to receivers on this machine.
pub struct DeliverDesk {
    desk: Desk,
    pub deliver: Deliver,
}

impl Deref for DeliverDesk {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl DeliverDesk {
    /// Its clock stands at the present: receivers refuse old signatures.
    pub async fn open() -> Self {
        let (desk, policy) = (Desk::open_at(now()).await, AddressPolicy::allowing(["127.0.0.1"]).unwrap());
        let deliver = Deliver::new(&desk.table.table, policy, desk.clock.clone());
        Self { desk, deliver }
    }

    /// The same with deliveries made otherwise.
    pub fn delivering(self, deliver: Deliver) -> Self {
        Self { deliver, ..self }
    }

    /// An endpoint at this address that is told of everything.
    pub async fn endpoint(&self, url: &str) -> Endpoint {
        self.endpoint_at(url, &[Subscription::All], vec![secret(1)]).await
    }

    /// The event of a new ticket, not yet written.
    pub fn event(&self) -> Event {
        let new = new_ticket(self.workspace, TicketId::new(new_uuid()));
        between(None, &create(new, &self.context(Actor::System)).unwrap().0).into()
    }

    /// An event and its delivery to an endpoint, as the fan-out leaves them.
    pub async fn delivery(&self, endpoint: &Endpoint) -> (Delivery, Event) {
        let event = self.event();
        self.store.events.tell(&event, new_uuid(), self.now()).await.unwrap();
        let delivery = delivery_of(&event, endpoint, self.now());
        self.store.webhooks.add_delivery(&delivery).await.unwrap();
        (delivery, event)
    }

    /// The delivery of a test of an endpoint.
    pub fn test_of(&self, endpoint: &Endpoint) -> Delivery {
        Delivery {
            id: DeliveryId::new(new_uuid()),
            event_id: EventId::new(new_uuid()),
            event_type: EventType::WebhookTest,
            source: None,
            ..delivery_of(&self.event(), endpoint, self.now())
        }
    }

    /// Hands over one hint, which must be acknowledged, and gives the delivery afterwards.
    pub async fn attempt(&self, delivery: &Delivery) -> Delivery {
        let answer = self.deliver.handle(queued(&[Hint::from(delivery)])).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
        self.stored(delivery).await
    }

    pub async fn stored(&self, delivery: &Delivery) -> Delivery {
        let Delivery { workspace_id, endpoint_id, id, .. } = *delivery;
        self.store.webhooks.delivery(workspace_id, endpoint_id, id).await.unwrap().unwrap()
    }

    pub async fn endpoint_now(&self, endpoint: &Endpoint) -> Endpoint {
        self.store.webhooks.endpoint(endpoint.workspace_id, endpoint.id).await.unwrap().unwrap()
    }
}

/// A signing secret by number.
pub fn secret(number: u8) -> String {
    SigningSecret::generate([number; 32]).expose()
}

/// An SQS event; its messages are called `m0`, `m1` and so on.
pub fn queued(hints: &[Hint]) -> Value {
    let record = |(index, hint)| json!({ "messageId": format!("m{index}"), "body": json!(hint).to_string() });
    json!({ "Records": hints.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// How the last attempt went.
pub fn outcome(delivery: &Delivery) -> &Outcome {
    &delivery.attempts.last().unwrap().outcome
}

/// The status of the last attempt.
pub fn status(delivery: &Delivery) -> u16 {
    match outcome(delivery) {
        Outcome::Answered { status, .. } => *status,
        Outcome::Failed { reason } => panic!("{reason}"),
    }
}

/// Why the last attempt failed.
pub fn reason(delivery: &Delivery) -> &str {
    match outcome(delivery) {
        Outcome::Failed { reason } => reason,
        Outcome::Answered { status, .. } => panic!("{status}"),
    }
}

/// A receiver that remembers what it got.
pub struct Receiver {
    pub url: String,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    /// Answers every request with the same status.
    pub async fn answering(status: u16) -> Self {
        Self::scripted(move |_| async move { StatusCode::from_u16(status).unwrap() }).await
    }

    /// Answers the n-th request, counted from zero, as told.
    pub async fn scripted<F, A, R>(script: F) -> Self
    where
        F: Fn(usize) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = R> + Send + 'static,
        R: IntoResponse,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let receive = async move |headers: HeaderMap, body: Bytes| -> Response {
            let index = note(&noted, headers, body);
            script(index).await.into_response()
        };
        let router = Router::new().fallback(receive);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    pub fn requests(&self) -> Vec<(HeaderMap, Bytes)> {
        self.seen.lock().unwrap().clone()
    }
}

fn note(seen: &Mutex<Vec<(HeaderMap, Bytes)>>, headers: HeaderMap, body: Bytes) -> usize {
    let mut seen = seen.lock().unwrap();
    seen.push((headers, body));
    seen.len() - 1
}
