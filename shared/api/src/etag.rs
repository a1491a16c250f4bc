//! The `ETag` of a version (RFC 9110 section 8.8.3).

use axum::http::HeaderValue;
use lambdesk_domain::id::Version;

/// The strong entity tag of a version: `"3"`.
///
/// # Panics
/// Never: digits in quotes are a header value.
#[must_use]
pub fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes are a header value")
}
