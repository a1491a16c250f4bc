//! Traffic between the stores and the table: every request with its answer, as JSON,
//! while a test records it.

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};

/// A request to the table and what it answered.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// What was asked for, as AWS spells it: `PutItem`.
    pub operation: String,
    /// Its body.
    pub body: Json,
    /// The answer's body.
    pub answer: Json,
    /// Whether it was done. A condition that does not hold is a refusal.
    pub is_done: bool,
}

/// A recorder of requests to the table. Clones share what they record.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<Mutex<Option<Vec<RecordedRequest>>>>);

impl Traffic {
    /// Records from now on.
    pub fn start(&self) {
        *self.0.lock().expect("no panic holds it") = Some(Vec::new());
    }

    /// Stops recording. What was answered meanwhile, in the order of the answers.
    pub fn stop(&self) -> Vec<RecordedRequest> {
        self.0.lock().expect("no panic holds it").take().unwrap_or_default()
    }

    /// The same connector, recorded.
    pub fn over(&self, inner: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(RecordedConnector { inner, traffic: self.clone() })
    }

    fn is_recording(&self) -> bool {
        self.0.lock().expect("no panic holds it").is_some()
    }

    /// Unless the recording has ended meanwhile.
    fn record(&self, request: RecordedRequest) {
        if let Some(requests) = &mut *self.0.lock().expect("no panic holds it") {
            requests.push(request);
        }
    }
}

#[derive(Debug)]
struct RecordedConnector {
    inner: SharedHttpConnector,
    traffic: Traffic,
}

impl HttpConnector for RecordedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !self.traffic.is_recording() {
            return self.inner.call(request);
        }
        let (inner, traffic) = (self.inner.clone(), self.traffic.clone());
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let body = json(request.body().bytes().unwrap_or_default());
            let mut response = inner.call(request).await?;
            let answer = whole(&mut response).await?;
            let is_done = response.status().is_success();
            traffic.record(RecordedRequest { operation, body, answer, is_done });
            Ok(response)
        })
    }
}

/// The body of an answer, which is read to its end and put back.
async fn whole(response: &mut HttpResponse) -> Result<Json, ConnectorError> {
    let body = ByteStream::new(response.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let answer = json(&body);
    *response.body_mut() = SdkBody::from(body);
    Ok(answer)
}

fn json(body: &[u8]) -> Json {
    serde_json::from_slice(body).unwrap_or_default()
}
