//! A receiver of webhooks: a real server that verifies every signature with an
//! independent implementation of the specification.

use crate::Api;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value as Json, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

/// How long a delivery may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing must come for a test to believe that nothing comes.
const SILENCE: Duration = Duration::from_millis(300);

/// One delivery that was received.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as sent.
    pub raw: String,
    /// Its body as JSON.
    pub event: Json,
}

impl Received {
    /// A header's text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The event's type.
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().unwrap_or_default()
    }
}

type Answers = Arc<Mutex<Vec<u16>>>;

/// A receiver on a loopback port.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    /// The endpoint's id, once subscribed.
    pub endpoint: String,
    secret: String,
    answers: Answers,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Receiver {
    /// One that answers 204.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, received) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let router = Router::new().route("/hook", post(receive)).with_state((sender, Arc::clone(&answers)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, endpoint: String::new(), secret: String::new(), answers, received }
    }

    /// Registers it as an endpoint.
    pub async fn subscribe(mut self, api: &Api, types: &[&str]) -> Self {
        let endpoint = api.post("/v1/webhooks", json!({"url": self.url, "types": types})).await.created();
        endpoint["id"].as_str().unwrap().clone_into(&mut self.endpoint);
        endpoint["secret"].as_str().unwrap().clone_into(&mut self.secret);
        self
    }

    /// What it answers next, in this order, before it answers 204 again.
    pub fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// The next delivery, its signature verified.
    pub async fn next(&mut self) -> Received {
        let received = timeout(PATIENCE, self.received.recv()).await.expect("a delivery in time").unwrap();
        self.verified(received)
    }

    /// Those that have come already, their signatures verified.
    pub fn arrived(&mut self) -> Vec<Received> {
        let arrived: Vec<_> = std::iter::from_fn(|| self.received.try_recv().ok()).collect();
        arrived.into_iter().map(|received| self.verified(received)).collect()
    }

    fn verified(&self, received: Received) -> Received {
        let webhook = standardwebhooks::Webhook::new(&self.secret).unwrap();
        webhook.verify(received.raw.as_bytes(), &received.headers).expect("a valid signature");
        received
    }

    /// Nothing comes.
    pub async fn silence(&mut self) {
        if let Ok(Some(received)) = timeout(SILENCE, self.received.recv()).await {
            panic!("unexpected delivery: {}", received.raw);
        }
    }
}

async fn receive(
    State((sender, answers)): State<(mpsc::UnboundedSender<Received>, Answers)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let raw = String::from_utf8(body.to_vec()).unwrap();
    let event = serde_json::from_str(&raw).unwrap_or(Json::Null);
    // The test may have ended already.
    let _ = sender.send(Received { headers, raw, event });
    let mut answers = answers.lock().unwrap();
    let status = if answers.is_empty() { 204 } else { answers.remove(0) };
    StatusCode::from_u16(status).unwrap()
}
