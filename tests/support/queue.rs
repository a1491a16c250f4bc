//! A stand-in for SQS: takes `SendMessageBatch` in the AWS JSON 1.0 protocol and
//! keeps the messages.

use crate::{Json, json};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Its address as the functions have it.
pub const QUEUE_URL: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/hints";

/// The queue.
pub struct Queue {
    /// Where it listens.
    pub url: String,
    messages: Messages,
}

type Messages = Arc<Mutex<Vec<String>>>;

impl Queue {
    /// On a loopback port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let messages = Messages::default();
        let router = Router::new().fallback(post(take)).with_state(Arc::clone(&messages));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, messages }
    }

    /// The messages that came since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.messages.lock().unwrap())
    }
}

async fn take(State(messages): State<Messages>, headers: HeaderMap, body: Bytes) -> String {
    let request: Json = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["x-amz-target"], "AmazonSQS.SendMessageBatch");
    assert_eq!(request["QueueUrl"], QUEUE_URL);
    let entries = request["Entries"].as_array().unwrap();
    let text = |entry: &Json, name: &str| entry[name].as_str().unwrap().to_owned();
    messages.lock().unwrap().extend(entries.iter().map(|entry| text(entry, "MessageBody")));
    let successful: Vec<_> = entries
        .iter()
        .map(|entry| json!({"Id": text(entry, "Id"), "MessageId": text(entry, "Id"), "MD5OfMessageBody": "0"}))
        .collect();
    json!({"Successful": successful, "Failed": []}).to_string()
}
