//! Problem documents (RFC 9457): the one form of every error.

use crate::etag::etag;
use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use lambdesk_domain::{
    access::Forbidden,
    command::Rejection,
    id::{RequestId, Version},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// The media type of a problem document.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// When to come back after a failure that passes, in seconds.
const UNAVAILABLE_SECONDS: u64 = 1;

/// One bad field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FieldError {
    /// Where: a JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// A word for machines, `snake_case`.
    code: &'static str,
    /// A sentence for people. Never holds the value that was sent.
    pub detail: String,
}

impl FieldError {
    /// Puts one together.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }

    /// Its word for machines, which only tests may read.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }
}

/// An error as it is answered. Boxed, so that it is cheap to return.
///
/// Its status and its codes are for callers of the API. Nothing of ours may branch on
/// them, so they can't be read back; branch on the error that became the problem, such
/// as [`CommandError`](crate::execute::CommandError):
///
/// ```compile_fail,E0599
/// fn is_stale(problem: &lambdesk_api::problem::Problem) -> bool {
///     problem.code() == "stale"
/// }
/// ```
/// ```compile_fail,E0599
/// fn is_conflict(problem: &lambdesk_api::problem::Problem) -> bool {
///     problem.status().as_u16() == 409
/// }
/// ```
/// ```compile_fail,E0599
/// fn is_stale(problem: &lambdesk_api::problem::Problem) -> bool {
///     problem.to_string() == "412 stale"
/// }
/// ```
/// ```compile_fail,E0616
/// fn is_required(error: &lambdesk_api::problem::FieldError) -> bool {
///     error.code == "required"
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    extra: Map<String, Value>,
    headers: HeaderMap,
}

/// An error, as RFC 9457 has it. Some kinds have members of their own.
// In the order in which they are read best.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemDocument<'a> {
    /// `/problems/<code>`.
    r#type: String,
    /// The code in words: the same for every occurrence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// A sentence for people.
    detail: &'a str,
    /// A word for machines, `snake_case`.
    code: &'a str,
    /// Names the request, for support.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    /// All bad fields and parameters at once.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    extra: &'a Map<String, Value>,
}

impl Problem {
    /// A problem of the type `/problems/<code>`; the code is in `snake_case`.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (errors, extra, headers) = (Vec::new(), Map::new(), HeaderMap::new());
        Self(Box::new(Parts { status, code, detail: detail.into(), errors, extra, headers }))
    }

    /// With the fields that are bad.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// With an extension member. The name must be none of the document's own.
    #[must_use]
    pub fn with_extra(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.extra.insert(name.to_owned(), value.into());
        self
    }

    /// With a header, such as `Retry-After`, `Allow` or `WWW-Authenticate`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Its status code.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Its word for machines, which only tests may read.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// The fields that are bad.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The answer, naming the request once it is known.
    #[must_use]
    pub fn render(&self, request_id: Option<RequestId>) -> Response {
        let Parts { status, code, detail, errors, extra, headers } = &*self.0;
        let document = ProblemDocument {
            r#type: format!("/problems/{code}"),
            title: title(code),
            status: status.as_u16(),
            detail,
            code,
            request_id,
            errors,
            extra,
        };
        // The document holds nothing that can fail to serialise; were it so, the status still tells.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = *status;
        response.headers_mut().clone_from(headers);
        response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// `invalid_cursor` → `Invalid cursor`: the same for every occurrence of a type, as RFC 9457 wants it.
fn title(code: &str) -> String {
    let mut characters = code.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters.map(|c| if c == '_' { ' ' } else { c })).collect()
}

/// The ones that are used everywhere.
impl Problem {
    /// 400: it can't be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 401: no key, or one that is unknown, revoked or expired.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        let challenge = HeaderValue::from_static("Bearer");
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).with_header(WWW_AUTHENTICATE, challenge)
    }

    /// 403: visible, but a rule forbids it; the rule is named.
    pub fn forbidden(rule: Forbidden) -> Self {
        let problem = Self::new(StatusCode::FORBIDDEN, forbidden_code(rule), rule.to_string());
        if let Forbidden::Scope(scope) = rule { problem.with_extra("scope", scope.as_str()) } else { problem }
    }

    /// 404: absent, or not visible to the caller. Never says which.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing, or it is not visible with this key")
    }

    /// 405. The router adds `Allow`.
    pub fn method_not_allowed() -> Self {
        let detail = "the path is known, but not with this method; the header Allow names those it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// 409: not in the state that it is in now.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: changed since the caller saw it. `ETag` is that of the version now.
    pub fn stale(current: Version) -> Self {
        let detail = format!("it has changed since; its version is now {current}");
        Self::new(StatusCode::PRECONDITION_FAILED, "stale", detail)
            .with_extra("current_version", current.0)
            .with_header(ETAG, etag(current))
    }

    /// 413.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// 415, naming the media types that are expected.
    pub fn unsupported_media_type(expected: &str) -> Self {
        let detail = format!("the body's content type must be {expected}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// 422: read, but these fields are bad.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = if errors.len() == 1 { "one field is bad" } else { "several fields are bad" };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).with_errors(errors)
    }

    /// 429, with the time to wait, rounded up to whole seconds and at least one.
    pub fn too_many(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        let detail = "too many requests; the header Retry-After says how long to wait";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
            .with_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// 503: it passes by itself.
    pub fn unavailable() -> Self {
        Self::unavailable_with("the service can't answer right now; the same request may be sent again")
    }

    /// The same, with what is to be said of it.
    pub fn unavailable_with(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            .with_header(RETRY_AFTER, HeaderValue::from(UNAVAILABLE_SECONDS))
    }

    /// 500: a defect of ours. The cause goes to the log, never to the caller.
    pub fn internal() -> Self {
        let detail = "something went wrong on our side; quote the request id when you report it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

const fn forbidden_code(rule: Forbidden) -> &'static str {
    match rule {
        Forbidden::Scope(_) => "missing_scope",
        Forbidden::Administration => "administration_only",
        Forbidden::RestrictedAssigns => "restricted_may_not_assign",
        Forbidden::AgentAssignsOthers => "agent_may_not_assign_others",
        Forbidden::ChannelAssigns => "channel_may_not_assign",
        Forbidden::ChannelNames => "channel_may_not_name",
        Forbidden::ForeignChannel => "foreign_channel",
        Forbidden::ChannelKey => "channel_key_may_not",
        Forbidden::NotARelay => "not_a_relay",
        Forbidden::OthersMessage => "others_message",
        Forbidden::NotAPerson => "not_a_person",
    }
}

impl From<Forbidden> for Problem {
    fn from(rule: Forbidden) -> Self {
        Self::forbidden(rule)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection {
            Rejection::NotFound => return Self::not_found(),
            Rejection::Stale { current } => return Self::stale(current),
            Rejection::Forbidden(rule) => return Self::forbidden(rule),
            Rejection::TooLarge => {
                return Self::invalid(vec![FieldError::new("", "too_large", rejection.to_string())]);
            }
            Rejection::Trashed => "trashed",
            Rejection::NotPutAway => "not_put_away",
            Rejection::RestoreWindow => "restore_window_passed",
            Rejection::DeletionOff => "deletion_off",
            Rejection::Closed => "ticket_closed",
            Rejection::GuestReads => "guest_ticket",
            Rejection::TooManyTags => "too_many_tags",
        };
        Self::conflict(code, rejection.to_string())
    }
}

impl IntoResponse for Problem {
    /// The document without the request's id; [`layer`](crate::layer) finds the
    /// problem in the extensions and answers it again with the id.
    fn into_response(self) -> Response {
        let mut response = self.render(None);
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::access::Scope;
    use lambdesk_testkit::ClientAnswer;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn a_document_has_the_members_of_rfc_9457_and_omits_what_is_empty() {
        let answer = ClientAnswer::of(Problem::malformed("no JSON").into_response()).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let expected = serde_json::json!({
            "type": "/problems/malformed", "title": "Malformed", "status": 400, "detail": "no JSON", "code": "malformed",
        });
        assert_eq!(answer.json(), expected);
    }

    #[tokio::test]
    async fn a_stale_version_names_the_current_one() {
        let answer = ClientAnswer::of(Problem::from(Rejection::Stale { current: Version(7) }).into_response()).await;
        assert_eq!((answer.status, &answer.json()["current_version"]), (412, &serde_json::json!(7)));
    }

    #[test]
    fn every_rejection_has_its_own_code() {
        use Rejection::{Closed, DeletionOff, NotFound, NotPutAway, RestoreWindow, Trashed};
        let conflicts = [Trashed, NotPutAway, RestoreWindow, DeletionOff, Closed].map(Problem::from);
        assert!(conflicts.iter().all(|problem| problem.status() == StatusCode::CONFLICT));
        assert_eq!(conflicts.iter().map(Problem::code).collect::<BTreeSet<_>>().len(), 5);
        assert_eq!(Problem::from(NotFound).status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_missing_scope_is_named() {
        let answer = ClientAnswer::of(Problem::from(Forbidden::Scope(Scope::TicketsWrite)).into_response()).await;
        assert_eq!((answer.status, &answer.json()["scope"]), (403, &serde_json::json!("tickets:write")));
    }

    #[test]
    fn waiting_times_are_whole_seconds_and_never_none() {
        for (wait, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (90_000, "90")] {
            let response = Problem::too_many(Duration::from_millis(wait)).into_response();
            assert_eq!(response.headers()["retry-after"], seconds, "{wait} ms");
        }
        assert!(Problem::unavailable().into_response().headers().contains_key("retry-after"));
        assert_eq!(Problem::unauthorized("who?").into_response().headers()["www-authenticate"], "Bearer");
    }
}
