//! Cross-origin answers (Fetch standard, "CORS protocol"): readable by the page
//! that asked, if its origin is one of the channel's, and by no other.

use crate::origin::WebOrigin;
use axum::{
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::{Arc, OnceLock};

/// What a preflight allows. Nothing here works with cookies, so credentials are
/// not allowed.
const ALLOWED: [(HeaderName, &str); 3] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key"),
    // Two hours: the longest that Chromium remembers.
    (ACCESS_CONTROL_MAX_AGE, "7200"),
];

/// The headers of answers that pages may read besides the simple ones.
const EXPOSED: HeaderValue = HeaderValue::from_static("idempotent-replayed, link, retry-after, x-request-id");

/// The origin that may read the answer, set by the extractor that found it covered. Whatever is answered afterwards, a problem too, is readable.
#[derive(Clone, Default)]
pub struct AllowedOrigin(Arc<OnceLock<HeaderValue>>);

impl AllowedOrigin {
    /// The answer is for this origin.
    pub fn set(&self, origin: &WebOrigin) {
        if let Ok(origin) = HeaderValue::try_from(origin.serialized()) {
            // One request has one origin: a second time says the same.
            let _ = self.0.set(origin);
        }
    }
}

/// Around every intake route.
pub async fn answer(mut request: Request, next: Next) -> Response {
    let allowed = AllowedOrigin::default();
    request.extensions_mut().insert(allowed.clone());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed.0.get() {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

/// The answer to a preflight from a covered origin.
pub fn preflight() -> Response {
    let headers = ALLOWED.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (StatusCode::NO_CONTENT, headers).into_response()
}
