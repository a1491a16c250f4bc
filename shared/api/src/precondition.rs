//! Versions on the wire: `ETag` out, `If-Match` in (RFC 9110 sections 8.8.3 and 13.1.1).

pub use crate::etag::etag;

use crate::problem::Problem;
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header::IF_MATCH, request::Parts},
};
use lambdesk_domain::id::Version;

/// The version that the caller has seen; none without `If-Match`, and for `*`,
/// which any version matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<Version>);

impl IfMatch {
    /// Reads the header's value: one strong tag of ours, or `*`.
    ///
    /// # Errors
    /// 400 `invalid_if_match` for weak tags, lists, and what is no tag of ours.
    pub fn parse(value: &HeaderValue) -> Result<Self, Problem> {
        let text = value.to_str().map_err(|_| invalid())?.trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(invalid)?;
        // One spelling per version, and none so high that counting on would overflow.
        let is_canonical = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let version = digits.parse::<i64>().ok().filter(|_| is_canonical).ok_or_else(invalid)?;
        Ok(Self(Some(Version(version.unsigned_abs()))))
    }
}

fn invalid() -> Problem {
    let detail = "If-Match takes one ETag as it was answered, such as \"3\", or *";
    Problem::new(StatusCode::BAD_REQUEST, "invalid_if_match", detail)
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => Self::parse(value),
            (Some(_), Some(_)) => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<IfMatch> {
        IfMatch::parse(&HeaderValue::try_from(text).expect("a header value")).ok()
    }

    proptest! {
        #[test]
        fn a_tag_reads_back_as_its_version(version in 0..=i64::MAX as u64) {
            prop_assert_eq!(IfMatch::parse(&etag(Version(version))).expect("ours"), IfMatch(Some(Version(version))));
        }

        #[test]
        fn any_header_is_read_or_refused(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes)
                && let Err(problem) = IfMatch::parse(&value)
            {
                prop_assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
            }
        }
    }

    #[test]
    fn only_one_strong_tag_of_ours_is_a_version() {
        assert_eq!(parse("\"3\""), Some(IfMatch(Some(Version(3)))));
        for bad in [
            "",
            "3",
            "W/\"3\"",
            "\"3\", \"4\"",
            "\"\"",
            "\"03\"",
            "\"+3\"",
            "\"-3\"",
            "\"a\"",
            "\"",
            "\"18446744073709551615\"",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_star_asks_for_no_version() {
        assert_eq!(parse("*"), Some(IfMatch(None)));
    }
}
