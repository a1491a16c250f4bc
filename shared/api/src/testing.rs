//! What this crate's own tests share.

use crate::{seal::SealingKey, state::App};
use aws_credential_types::Credentials;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request},
    response::Response,
};
use lambdesk_engine::{Engine, Storage};
use lambdesk_runtime::{aws::dynamo_client, config::Aws};
use lambdesk_store::Store;
use serde_json::Value;
use tower::ServiceExt as _;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header's text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The pointers of the bad fields.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().expect("pointer").to_owned()).collect()
    }
}

/// Reads a response to its end.
pub async fn answer_of(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("body");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Sends one request through a router.
pub async fn send(router: Router, request: Request<Body>) -> Answer {
    answer_of(router.oneshot(request).await.expect("infallible")).await
}

/// A table in an engine in memory, and the state of a function over it.
pub struct Table {
    pub app: App,
    _engine: Engine,
}

impl Table {
    pub async fn new() -> Self {
        let engine = Engine::open(Storage::Memory).expect("an engine in memory opens");
        let aws = Aws {
            region: "eu-central-1".to_owned(),
            credentials: Credentials::from_keys("test", "test", None),
            dynamodb_url: Some(engine.url()),
            sqs_url: None,
        };
        let store = Store::new(dynamo_client(&aws), "lambdesk-test");
        store.create_table().await.expect("the table is made");
        Self { app: App::new(store, SealingKey::new(&[7; 32])), _engine: engine }
    }
}
