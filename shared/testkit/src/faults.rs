//! What goes wrong between the store and the table, on request.

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
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
    /// A batch of which nothing was done.
    Unprocessed,
    /// Never answered, and not done.
    Lost,
    /// Done, but the answer is lost.
    AnswerLost,
}

/// What becomes of the next requests, in order; after that nothing goes wrong.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<State>);

#[derive(Debug, Default)]
struct State {
    next: Mutex<VecDeque<Option<Fault>>>,
    named: Mutex<Option<(String, Fault)>>,
    seen: Mutex<Vec<Json>>,
}

impl Faults {
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

    pub fn over(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(FaultyClient { inner, faults: self.clone() })
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
struct FaultyClient {
    inner: SharedHttpClient,
    faults: Faults,
}

impl HttpClient for FaultyClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, faults: self.faults.clone() })
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
                Fault::Cancelled(code) => Ok(refusal(&cancellation(&body, code))),
                Fault::Unprocessed => Ok(unprocessed(&body)),
                Fault::Lost => {
                    tokio::time::sleep(Duration::from_hours(1)).await;
                    Err(ConnectorError::timeout("injected".into()))
                }
                Fault::AnswerLost => {
                    inner.call(request).await?;
                    Err(ConnectorError::io("injected".into()))
                }
            }
        })
    }
}

fn typed(code: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{code}")
}

fn cancellation(request: &Json, code: &str) -> Json {
    let count = request["TransactItems"].as_array().map_or(0, Vec::len);
    let reasons: Vec<_> = (0..count).map(|index| json!({"Code": if index == 0 { code } else { "None" }})).collect();
    json!({"__type": typed("TransactionCanceledException"), "Message": "injected", "CancellationReasons": reasons})
}

fn unprocessed(request: &Json) -> HttpResponse {
    let body = json!({"Responses": {}, "UnprocessedKeys": request["RequestItems"]});
    HttpResponse::new(StatusCode::try_from(200).expect("a status"), SdkBody::from(body.to_string()))
}

fn refusal(body: &Json) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(400).expect("a status"), SdkBody::from(body.to_string()))
}
