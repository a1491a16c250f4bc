//! Reading a request's body: its media type, its size, and nothing of its meaning.

use crate::problem::Problem;
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, Request, StatusCode,
        header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use http_body_util::LengthLimitError;
use std::error::Error;

/// The largest body that is read: 256 KiB.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A media type that a body may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMediaType {
    /// RFC 8259.
    Json,
    /// JSON Merge Patch, RFC 7396.
    MergePatch,
    /// JSON Patch, RFC 6902.
    JsonPatch,
    /// A plain HTML form (HTML standard, form submission).
    Form,
}

impl BodyMediaType {
    /// Its registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::MergePatch => "application/merge-patch+json",
            Self::JsonPatch => "application/json-patch+json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// The body as it was sent, if it is of an accepted type and not too long.
/// `Content-Length` is believed only when it is too long already.
///
/// # Errors
/// 415 for another type, charset or encoding; 413 beyond [`MAX_BODY_BYTES`];
/// 400 when the body breaks off.
pub async fn read(request: Request<Body>, accepted: &[BodyMediaType]) -> Result<(BodyMediaType, Bytes), Problem> {
    let media_type = media_type(request.headers(), accepted)?;
    Ok((media_type, read_bytes(request).await?))
}

/// The body as it was sent, of any type.
///
/// # Errors
/// 413 beyond [`MAX_BODY_BYTES`]; 400 when the body breaks off.
pub async fn read_bytes(request: Request<Body>) -> Result<Bytes, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_BODY_BYTES as u64) {
        return Err(too_large());
    }
    let body = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
    body.map_err(|error| {
        let is_too_large = error.source().is_some_and(<dyn Error>::is::<LengthLimitError>);
        if is_too_large { too_large() } else { Problem::malformed("the body breaks off") }
    })
}

fn too_large() -> Problem {
    Problem::too_large(format!("the body must have at most {MAX_BODY_BYTES} bytes"))
}

/// The one of the accepted media types that the headers name.
///
/// # Errors
/// 415, with `Accept` (RFC 9110 section 15.5.16) and `Accept-Patch` (RFC 5789) naming them.
pub fn media_type(headers: &HeaderMap, accepted: &[BodyMediaType]) -> Result<BodyMediaType, Problem> {
    let named = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = named.split_once(';').unwrap_or((named, ""));
    let media_type = accepted.iter().find(|media_type| essence.trim().eq_ignore_ascii_case(media_type.as_str()));
    let media_type = media_type.ok_or_else(|| unsupported(accepted))?;
    require_plain(headers)?;
    require_utf8(parameters)?;
    Ok(*media_type)
}

/// Holds a body to being sent as it is, not compressed.
///
/// # Errors
/// 415, with `Accept-Encoding` naming what is taken (RFC 9110 section 12.5.3).
pub fn require_plain(headers: &HeaderMap) -> Result<(), Problem> {
    if !is_encoded(headers) {
        return Ok(());
    }
    let detail = "the body must be sent as it is, without a Content-Encoding";
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", detail);
    Err(problem.with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

/// Holds the parameters of a content type to UTF-8, where they name a charset.
///
/// # Errors
/// 415.
pub fn require_utf8(parameters: &str) -> Result<(), Problem> {
    if is_utf8(parameters) {
        return Ok(());
    }
    let detail = "the body's charset must be utf-8";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_charset", detail))
}

/// JSON is UTF-8 (RFC 8259 section 8.1); a parameter that says otherwise is not ours to guess at.
fn is_utf8(parameters: &str) -> bool {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn unsupported(accepted: &[BodyMediaType]) -> Problem {
    let names: Vec<_> = accepted.iter().map(|media_type| media_type.as_str()).collect();
    let problem = Problem::unsupported_media_type(&names.join(" or "));
    let Ok(list) = HeaderValue::try_from(names.join(", ")) else {
        return problem;
    };
    if accepted.contains(&BodyMediaType::MergePatch) {
        return problem.with_header(HeaderName::from_static("accept-patch"), list.clone()).with_header(ACCEPT, list);
    }
    problem.with_header(ACCEPT, list)
}
