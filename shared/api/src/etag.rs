//! Entity tags (RFC 9110 section 8.8.3): of a version, and of an answer that shows one.
//!
//! An answer shows more than what has the version: a ticket's contact, its account, names from
//! the directory, and all of it by what the caller may read. So the tag of what is read is
//! that of the version and a digest of the answer: `"3-9f86d081884c7d65"`. `If-Match` takes
//! the version of it, `If-None-Match` the whole.

use axum::http::HeaderValue;
use lambdesk_domain::id::Version;
use sha2::{Digest as _, Sha256};

/// How many hexadecimal digits of a digest a tag has.
const DIGEST: usize = 16;

/// The strong entity tag of a version: `"3"`.
///
/// # Panics
/// Never: digits in quotes are a header value.
#[must_use]
pub fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes are a header value")
}

/// The strong entity tag of an answer with this body, which has the tag of a version.
#[must_use]
pub fn of_answer(version: &HeaderValue, body: &[u8]) -> Option<HeaderValue> {
    let version = version.to_str().ok()?.trim_matches('"');
    let bytes = Sha256::digest(body).into_iter().take(DIGEST / 2);
    let digest = bytes.fold(0, |digest: u64, byte| (digest << 8) | u64::from(byte));
    HeaderValue::try_from(format!("\"{version}-{digest:0DIGEST$x}\"")).ok()
}

/// The version that a strong tag tells, without its quotes: one spelling each, and none so
/// high that counting on would overflow.
#[must_use]
pub fn version_of(tag: &str) -> Option<Version> {
    let (digits, digest) = tag.split_once('-').map_or((tag, None), |(digits, digest)| (digits, Some(digest)));
    let is_digest =
        |digest: &str| digest.len() == DIGEST && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let version = digits.parse().ok().filter(|version| i64::try_from(*version).is_ok()).map(Version)?;
    (version.to_string() == digits && digest.is_none_or(is_digest)).then_some(version)
}
