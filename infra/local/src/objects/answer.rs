//! Answers: S3's codes in S3's XML, and the bucket's rules on other origins.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use std::io;

/// Why a request is refused, as S3 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFault {
    /// Not signed, or signed by somebody else.
    AccessDenied,
    /// Signed, but too long ago.
    Expired,
    /// Signed otherwise than it was sent.
    SignatureDoesNotMatch,
    /// A header that is not signed, or a parameter that makes no sense.
    InvalidArgument,
    NoSuchBucket,
    NoSuchKey,
    MissingLength,
    IncompleteBody,
    PreconditionFailed,
    MethodNotAllowed,
    NotImplemented,
    /// The disk fails.
    Internal,
}

impl From<io::Error> for ObjectFault {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "objects can't be stored");
        Self::Internal
    }
}

impl ObjectFault {
    const fn code(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::AccessDenied => (403, "AccessDenied", "Access Denied"),
            Self::Expired => (403, "AccessDenied", "Request has expired"),
            Self::SignatureDoesNotMatch => (
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            ),
            Self::InvalidArgument => (400, "InvalidArgument", "Invalid Argument"),
            Self::NoSuchBucket => (404, "NoSuchBucket", "The specified bucket does not exist"),
            Self::NoSuchKey => (404, "NoSuchKey", "The specified key does not exist."),
            Self::MissingLength => (411, "MissingContentLength", "You must provide the Content-Length HTTP header."),
            Self::IncompleteBody => (400, "IncompleteBody", "The request body terminated unexpectedly"),
            Self::PreconditionFailed => {
                (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
            }
            Self::MethodNotAllowed => {
                (405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
            }
            Self::NotImplemented => {
                (501, "NotImplemented", "A header you provided implies functionality that is not implemented")
            }
            Self::Internal => (500, "InternalError", "We encountered an internal error. Please try again."),
        }
    }

    /// The answer, without its document to a `HEAD`.
    pub fn answer(self, is_head: bool) -> Response<Body> {
        let (status, code, message) = self.code();
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        let mut response = Response::new(if is_head { Body::empty() } else { Body::from(document) });
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response
    }
}

/// A status alone.
pub fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Any page may upload and download, given a signed request: as the template's
/// bucket says.
pub fn allow_any_origin(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
}

/// What a browser asks before it uploads.
pub fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = empty(StatusCode::OK);
    let headers = response.headers_mut();
    allow_any_origin(headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, PUT"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3000"));
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
}
