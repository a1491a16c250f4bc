//! What goes wrong between the store and the table, on request.

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use axum::body::Bytes;
use http_body_util::{Full, Limited};
use serde_json::{Value as Json, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What becomes of one request.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Answered with this error, and not done.
    Error(&'static str),
    /// A transaction cancelled for this reason, and not done.
    Cancelled(&'static str),
    /// The same with one reason for each step, the steps beyond without any.
    CancelledFor(&'static [&'static str]),
    /// Answered by something before the service with this status and body, and not done.
    Gateway(u16, &'static str),
    /// A batch of which nothing was done.
    Unprocessed,
    /// A batch of which the first half was done, rounded down.
    HalfProcessed,
    /// Never answered, and not done.
    Lost,
    /// Done so much later.
    Late(Duration),
    /// Done, but the connection fails before the answer.
    AnswerLost,
    /// Done, but the answer breaks off.
    AnswerCut,
}

/// What becomes of the next requests, in order; after that nothing goes wrong.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<FaultState>);

#[derive(Debug, Default)]
struct FaultState {
    next: Mutex<VecDeque<Option<Fault>>>,
    named: Mutex<Option<(String, Fault)>>,
    seen: Mutex<Vec<Json>>,
}

impl Faults {
    /// What becomes of the next requests.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.after(0, faults);
    }

    /// The same, after so many requests that go well.
    pub fn after(&self, well: usize, faults: impl IntoIterator<Item = Fault>) {
        let faults = std::iter::repeat_n(None, well).chain(faults.into_iter().map(Some));
        *self.0.next.lock().expect("no panic holds it") = faults.collect();
        self.0.seen.lock().expect("no panic holds it").clear();
    }

    /// What becomes of every request whose body has this text in it, until
    /// [`Faults::end`].
    pub fn naming(&self, text: &str, fault: Fault) {
        *self.0.named.lock().expect("no panic holds it") = Some((text.to_owned(), fault));
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        *self.0.named.lock().expect("no panic holds it") = None;
        self.next([]);
    }

    /// The bodies of the requests sent since [`Faults::next`].
    pub fn seen(&self) -> Vec<Json> {
        self.0.seen.lock().expect("no panic holds it").clone()
    }

    /// A connector over another one, whose requests go wrong like this.
    pub fn over(&self, inner: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(FaultyConnector { inner, faults: self.clone() })
    }

    fn take(&self, request: &HttpRequest) -> (Option<Fault>, Json) {
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        self.0.seen.lock().expect("no panic holds it").push(Json::clone(&body));
        let named = self.0.named.lock().expect("no panic holds it").clone();
        let named = named.filter(|(text, _)| body.to_string().contains(text)).map(|(_, fault)| fault);
        (named.or_else(|| self.0.next.lock().expect("no panic holds it").pop_front().flatten()), body)
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (fault, body) = self.faults.take(&request);
        let Some(fault) = fault else {
            return self.inner.call(request);
        };
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::Error(code) => Ok(refusal(&json!({"__type": typed(code), "message": "injected"}))),
                Fault::Cancelled(code) => Ok(refusal(&cancellation(&body, &[code]))),
                Fault::CancelledFor(codes) => Ok(refusal(&cancellation(&body, codes))),
                Fault::Gateway(status, body) => Ok(answer(status, body)),
                Fault::Unprocessed => Ok(answer(200, unprocessed(&body["RequestItems"]))),
                Fault::HalfProcessed => half_processed(&inner, request, body).await,
                Fault::Lost => {
                    tokio::time::sleep(Duration::from_hours(1)).await;
                    Err(ConnectorError::timeout("injected".into()))
                }
                Fault::Late(wait) => {
                    tokio::time::sleep(wait).await;
                    inner.call(request).await
                }
                Fault::AnswerLost => {
                    inner.call(request).await?;
                    Err(ConnectorError::io("injected".into()))
                }
                Fault::AnswerCut => {
                    inner.call(request).await?;
                    Ok(answer(200, SdkBody::from_body_1_x(Limited::new(Full::<Bytes>::from("{}"), 1))))
                }
            }
        })
    }
}

fn typed(code: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{code}")
}

fn cancellation(request: &Json, codes: &[&str]) -> Json {
    let steps = request["TransactItems"].as_array().map_or(0, Vec::len);
    let codes = codes.iter().copied().chain(std::iter::repeat("None")).take(steps);
    let reasons: Vec<_> = codes.map(|code| json!({ "Code": code })).collect();
    json!({"__type": typed("TransactionCanceledException"), "Message": "injected", "CancellationReasons": reasons})
}

/// What a batch answers that has left this undone.
fn unprocessed(left: &Json) -> String {
    let is_write = left.as_object().is_some_and(|tables| tables.values().any(Json::is_array));
    let name = if is_write { "UnprocessedItems" } else { "UnprocessedKeys" };
    json!({"Responses": {}, name: left}).to_string()
}

/// Sends the first half of a batch, and answers with the other one left.
async fn half_processed(
    inner: &SharedHttpConnector,
    mut request: HttpRequest,
    body: Json,
) -> Result<HttpResponse, ConnectorError> {
    let (mut done, mut left) = (body.clone(), body["RequestItems"].clone());
    for (table, left) in left.as_object_mut().expect("a batch") {
        let done = &mut done["RequestItems"][table];
        let (done, left) = if left.is_array() { (done, left) } else { (&mut done["Keys"], &mut left["Keys"]) };
        let half = left.as_array().map_or(0, Vec::len) / 2;
        done.as_array_mut().expect("a batch").truncate(half);
        left.as_array_mut().expect("a batch").drain(..half);
    }
    let done = done.to_string();
    request.headers_mut().insert("content-length", done.len().to_string());
    *request.body_mut() = SdkBody::from(done);
    let mut answered = inner.call(request).await?;
    let bytes = ByteStream::new(answered.take_body()).collect().await.expect("an answer").into_bytes();
    let mut whole: Json = serde_json::from_slice(&bytes).expect("JSON");
    let mut rest: Json = serde_json::from_str(&unprocessed(&left)).expect("JSON");
    for name in ["UnprocessedItems", "UnprocessedKeys"] {
        whole[name] = rest[name].take();
    }
    Ok(answer(200, whole.to_string()))
}

fn refusal(body: &Json) -> HttpResponse {
    answer(400, body.to_string())
}

fn answer(status: u16, body: impl Into<SdkBody>) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), body.into())
}
