//! A table over the embedded engine, deliveries in it, and receivers.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use lambdesk_deliver::Deliver;
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, create},
    events::{Event, between},
    id::{DeliveryId, EndpointId, EventId, TicketId, WorkspaceId},
    testing::samples::new_ticket,
    time::Timestamp,
    webhook::{Delivery, Endpoint, Outcome, Subscription},
};
use lambdesk_engine::{Engine, Storage};
use lambdesk_outbound::{AddressPolicy, SigningSecret};
use lambdesk_runtime::{Clock, Config, Hint, aws, new_uuid, now};
use lambdesk_store::{Store, delivery_of};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const TABLE: &str = "lambdesk-test";

/// An empty table, on a clock that stands still.
pub struct Desk {
    pub store: Store,
    pub clock: Clock,
    pub deliver: Deliver,
    workspace: WorkspaceId,
    _engine: Engine,
}

impl Desk {
    pub async fn open() -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let store = store_at(&engine.url());
        store.create_table().await.unwrap();
        let clock = Clock::manual(now());
        let policy = AddressPolicy::allowing(["127.0.0.1"]).unwrap();
        let deliver = Deliver::new(store.clone(), policy, clock.clone());
        Self { store, clock, deliver, workspace: WorkspaceId::new(new_uuid()), _engine: engine }
    }

    /// The same with deliveries made otherwise.
    pub fn delivering(self, deliver: Deliver) -> Self {
        Self { deliver, ..self }
    }

    pub async fn endpoint(&self, url: &str) -> Endpoint {
        let endpoint = Endpoint {
            id: EndpointId::new(new_uuid()),
            workspace_id: self.workspace,
            name: None,
            url: url.to_owned(),
            types: vec![Subscription::All],
            channel_ids: Vec::new(),
            secrets: vec![secret(1)],
            disabled: None,
            failing_since: None,
            created_at: self.clock.now(),
        };
        self.store.put_endpoint(&endpoint).await.unwrap();
        endpoint
    }

    /// The event of a new ticket, not yet written.
    pub fn event(&self) -> Event {
        let new = new_ticket(self.workspace, TicketId::new(new_uuid()));
        between(None, &create(new, &context(self.clock.now())).unwrap().0).into()
    }

    /// An event and its delivery to an endpoint, as the fan-out leaves them.
    pub async fn delivery(&self, endpoint: &Endpoint) -> (Delivery, Event) {
        let event = self.event();
        self.store.add_event(&event, new_uuid(), self.clock.now()).await.unwrap();
        let delivery = delivery_of(&event, endpoint, self.clock.now());
        self.store.add_delivery(&delivery).await.unwrap();
        (delivery, event)
    }

    /// The delivery of a test of an endpoint.
    pub fn test_of(&self, endpoint: &Endpoint) -> Delivery {
        Delivery {
            id: DeliveryId::new(new_uuid()),
            event_id: EventId::new(new_uuid()),
            event_type: lambdesk_domain::events::EventType::WebhookTest,
            source: None,
            ..delivery_of(&self.event(), endpoint, self.clock.now())
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
        self.store.delivery(workspace_id, endpoint_id, id).await.unwrap().unwrap()
    }

    pub async fn endpoint_now(&self, endpoint: &Endpoint) -> Endpoint {
        self.store.endpoint(endpoint.workspace_id, endpoint.id).await.unwrap().unwrap()
    }
}

fn context(now: Timestamp) -> Context {
    Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now,
    }
}

pub fn store_at(url: &str) -> Store {
    let config = Config::read(|name| match name {
        "LAMBDESK_TABLE" => Some(TABLE.to_owned()),
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(url.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        _ => None,
    });
    Store::new(aws::dynamo_client(&config.unwrap().aws), TABLE)
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
