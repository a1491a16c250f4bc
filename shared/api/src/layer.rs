//! What every HTTP function wraps its router in.

use crate::{precondition, problem::Problem};
use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{MatchedPath, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, SERVER,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use lambdesk_domain::id::RequestId;
use std::{panic::AssertUnwindSafe, time::Instant};
use tracing::Instrument as _;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Names requests by `UUIDv7`: the `new_id` of [`edge`] outside of tests.
#[must_use]
pub fn new_request_id() -> RequestId {
    RequestId::new(lambdesk_runtime::new_uuid())
}

/// The whole edge around a router: a request id of our own (an extension for
/// handlers, `X-Request-Id` in the answer), problem documents for everything
/// that is not one yet, panics answered, safe headers, one log line.
///
/// Wrap each function's router once. Wrapped routers may be merged; a router
/// around them must not be wrapped again.
pub fn edge<S, F>(router: Router<S>, new_id: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn() -> RequestId + Clone + Send + Sync + 'static,
{
    router.layer(from_fn(move |request: Request, next: Next| handle(new_id(), request, next)))
}

async fn handle(id: RequestId, mut request: Request, next: Next) -> Response {
    let seen = Seen::of(&request);
    request.extensions_mut().insert(id);
    // Everything that is logged on the way names the request, whatever level is let through.
    let span = tracing::error_span!("request", request_id = %id);
    async {
        let response = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response = response.unwrap_or_else(|_| {
            // The payload may hold personal text; where it was is in the panic hook's own line.
            tracing::error!("a handler panicked");
            Problem::internal().into_response()
        });
        let mut response = finish(response, id);
        seen.spare_what_is_held(&mut response);
        if seen.method == "HEAD" {
            without_body(&mut response);
        }
        seen.log(response.status());
        response
    }
    .instrument(span)
    .await
}

/// An answer to HEAD: as long as the one to GET, but for the body (RFC 9110, section 8.6).
fn without_body(response: &mut Response) {
    let body = std::mem::replace(response.body_mut(), Body::empty());
    if let Some(length) = body.size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
}

/// What the log line tells of a request: never its query, body, keys or personal text.
struct Seen {
    started: Instant,
    method: &'static str,
    route: Option<MatchedPath>,
    trace: Option<String>,
    /// What a read says of its answer's `ETag`; empty of writes.
    conditions: HeaderMap,
}

impl Seen {
    /// 304 in place of what the caller has already (RFC 9110, section 15.4.5): the same
    /// headers, but for those of the body.
    fn spare_what_is_held(&self, response: &mut Response) {
        let tag = response.headers().get(ETAG).filter(|_| response.status() == StatusCode::OK);
        if tag.is_none_or(|tag| !precondition::is_held(&self.conditions, tag)) {
            return;
        }
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
            response.headers_mut().remove(name);
        }
    }

    fn of(request: &Request) -> Self {
        Self {
            started: Instant::now(),
            method: method(request.method()),
            route: request.extensions().get().cloned(),
            trace: trace_id(request.headers()).map(str::to_owned),
            conditions: conditions(request),
        }
    }

    fn log(&self, status: StatusCode) {
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            method = self.method,
            route = self.route.as_ref().map_or("unknown", MatchedPath::as_str),
            status = status.as_u16(),
            duration_us = micros,
            trace_id = self.trace.as_deref(),
            "answered"
        );
    }
}

fn conditions(request: &Request) -> HeaderMap {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let lines = request.headers().get_all(IF_NONE_MATCH).iter().filter(|_| is_read);
    lines.map(|line| (IF_NONE_MATCH, line.clone())).collect()
}

/// A method may be any word of the caller's; only those that we know are repeated.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The trace's id, if `traceparent` is well formed (W3C Trace Context section 3.2).
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_whole = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    let is_named = trace.bytes().any(|b| b != b'0') && parent.bytes().any(|b| b != b'0');
    // Later versions may append to it; version ff is forbidden.
    let is_version = version != "ff" && (version != "00" || parts.next().is_none());
    (is_whole && is_named && is_version).then_some(trace)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn finish(mut response: Response, id: RequestId) -> Response {
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| as_problem(&response));
    if let Some(problem) = problem {
        response = answer_problem(&response, &problem, id);
    }
    response.extensions_mut().insert(id);
    let headers = response.headers_mut();
    headers.remove(SERVER);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.extend(HeaderValue::try_from(id.to_string()).ok().map(|id| (X_REQUEST_ID, id)));
    response
}

/// The problem with its request's id. Headers that were added on the way out
/// (rate limits, CORS) stay; those of the body it replaces don't.
fn answer_problem(response: &Response, problem: &Problem, id: RequestId) -> Response {
    let mut answer = problem.render(Some(id));
    let own = answer.headers().clone();
    for (name, value) in response.headers() {
        if *name != CONTENT_LENGTH && *name != CONTENT_ENCODING && !own.contains_key(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

/// The problem that an answer stands for that is an error, but no problem
/// document: axum's own. Their texts repeat what was sent, so they are dropped.
fn as_problem(response: &Response) -> Option<Problem> {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| value.contains("json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Problem::new(status, "not_found", "there is no such path"),
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large("the request is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(status, "unsupported_media_type", "the body has the wrong content type")
        }
        StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(),
        _ if status.is_server_error() => Problem::internal(),
        StatusCode::BAD_REQUEST => Problem::malformed("the request can't be read"),
        _ => Problem::new(status, "refused", "the request was refused"),
    })
}

#[cfg(test)]
mod tests;
