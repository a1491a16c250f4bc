//! The HTTP side: what the function's process asks and posts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    environment::{ACCOUNT, REGION, TIMEOUT, trace_id},
    error::FunctionError,
};

/// Lambda's limit for a response.
const RESPONSE_LIMIT: usize = 6 * 1024 * 1024;

type InvocationResult = Result<Value, FunctionError>;

struct Invocation {
    id: String,
    number: u64,
    payload: Value,
}

/// How far a function's start has come.
#[derive(Clone)]
pub(super) enum Start {
    Waiting,
    /// It asked for its first invocation at this moment.
    Ready(Instant),
    /// It reported this error instead.
    Failed(FunctionError),
}

/// What the test and the function's process hand each other.
pub(super) struct Exchange {
    name: OnceLock<String>,
    start: watch::Sender<Start>,
    count: AtomicU64,
    queue: mpsc::UnboundedSender<Invocation>,
    queued: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<HashMap<String, oneshot::Sender<InvocationResult>>>,
}

impl Default for Exchange {
    fn default() -> Self {
        let (queue, queued) = mpsc::unbounded_channel();
        Self {
            name: OnceLock::new(),
            start: watch::Sender::new(Start::Waiting),
            count: AtomicU64::new(0),
            queue,
            queued: tokio::sync::Mutex::new(queued),
            running: Mutex::default(),
        }
    }
}

impl Exchange {
    /// Names the function, once, before it is started.
    pub(super) fn name(&self, name: &str) {
        self.name.get_or_init(|| name.to_owned());
    }

    pub(super) fn start(&self) -> watch::Receiver<Start> {
        self.start.subscribe()
    }

    /// Queues an invocation; its answer comes through the receiver.
    pub(super) fn submit(&self, payload: Value) -> oneshot::Receiver<InvocationResult> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let (answer, answered) = oneshot::channel();
        self.running().insert(id.clone(), answer);
        // The receiving half lives as long as this value.
        let _ = self.queue.send(Invocation { id, number, payload });
        answered
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<InvocationResult>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an answer to whoever waits for it; false when nobody ever did.
    fn settle(&self, id: &str, answer: InvocationResult) -> bool {
        let waiting = self.running().remove(id);
        // Whoever gave up waiting needs no answer.
        waiting.map(|waiting| waiting.send(answer)).is_some()
    }

    fn begun(&self, start: Start) {
        self.start.send_if_modified(|now| {
            let first = matches!(now, Start::Waiting);
            if first {
                *now = start;
            }
            first
        });
    }
}

pub(super) async fn serve(listener: TcpListener, exchange: Arc<Exchange>) {
    let routes = Router::new()
        .route("/runtime/invocation/next", get(next))
        .route("/runtime/invocation/{id}/response", post(respond))
        .route("/runtime/invocation/{id}/error", post(fail))
        .route("/runtime/init/error", post(fail_init))
        .layer(DefaultBodyLimit::max(RESPONSE_LIMIT));
    let api = Router::new().nest("/2018-06-01", routes).with_state(exchange);
    // Without this the measured times would include the kernel's waiting for more to send.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    // It ends with the task it runs in.
    let _ = axum::serve(listener, api).await;
}

async fn next(State(exchange): State<Arc<Exchange>>) -> impl IntoResponse {
    exchange.begun(Start::Ready(Instant::now()));
    let Some(invocation) = exchange.queued.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let name = exchange.name.get().map_or("function", String::as_str);
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", invocation.id),
        ("Lambda-Runtime-Deadline-Ms", deadline().to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")),
        ("Lambda-Runtime-Trace-Id", trace_id(invocation.number)),
    ];
    (headers, Json(invocation.payload)).into_response()
}

async fn respond(State(exchange): State<Arc<Exchange>>, Path(id): Path<String>, body: Bytes) -> impl IntoResponse {
    let answer = serde_json::from_slice(&body).map_err(|_| FunctionError::NotJson);
    accepted(exchange.settle(&id, answer))
}

async fn fail(State(exchange): State<Arc<Exchange>>, Path(id): Path<String>, body: Bytes) -> impl IntoResponse {
    let (kind, message) = reported(&body);
    accepted(exchange.settle(&id, Err(FunctionError::Failed { kind, message })))
}

async fn fail_init(State(exchange): State<Arc<Exchange>>, body: Bytes) -> impl IntoResponse {
    let (kind, message) = reported(&body);
    exchange.begun(Start::Failed(FunctionError::Failed { kind, message }));
    accepted(true)
}

/// The type and message of an error as runtimes post it.
fn reported(body: &[u8]) -> (String, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name| body.get(name).and_then(Value::as_str).unwrap_or("unknown").to_owned();
    (text("errorType"), text("errorMessage"))
}

fn accepted(known: bool) -> (StatusCode, Json<Value>) {
    if known {
        return (StatusCode::ACCEPTED, Json(json!({"status": "OK"})));
    }
    let refusal = json!({"errorType": "InvalidRequestID", "errorMessage": "no such invocation"});
    (StatusCode::BAD_REQUEST, Json(refusal))
}

fn deadline() -> u128 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since_1970 + TIMEOUT).as_millis()
}
