//! What the gateway does in front of a function on AWS, and a listener does not by itself.

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, header::CONNECTION},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use lambdesk_api::problem::Problem;
use std::sync::Arc;
use tokio::sync::Notify;

/// The longest body that reaches a function: what Lambda takes as an invocation's payload.
const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;

/// Tells the pump of the stream that there may be something for it.
pub async fn tell_of_writes(State(written): State<Arc<Notify>>, request: Request, next: Next) -> Response {
    let may_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let response = next.run(request).await;
    if may_write {
        written.notify_one();
    }
    response
}

/// Takes the body whole before the function sees the request, as API Gateway does. A function
/// that refuses a request without reading its body would else leave the rest of the body on
/// the connection, which the listener then gives up together with the next request.
pub async fn whole_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return refuse();
    }
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(_) => refuse(),
    }
}

/// The rest of the body is not read, so the connection ends here, and says so.
fn refuse() -> Response {
    let problem = Problem::too_large(format!("a request's body must have at most {MAX_BODY_BYTES} bytes"));
    problem.with_header(CONNECTION, HeaderValue::from_static("close")).into_response()
}
