//! What came back from an endpoint.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

/// The answer of an endpoint, whatever its status: redirects and errors are
/// answers too.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiverAnswer {
    /// The status line's code.
    pub status: StatusCode,
    /// What `Retry-After` says, when it is there and well-formed.
    pub retry_after: Option<RetryAfter>,
    /// The beginning of the body for the delivery log: at most
    /// [`Limits::excerpt`](crate::Limits::excerpt) bytes, with whatever is not
    /// UTF-8 replaced. The receiver's text: show it to the endpoint's owner only.
    pub excerpt: String,
    /// Whether the body went on past [`Limits::body`](crate::Limits::body), or
    /// ended in a way that cannot be told from a cut connection.
    pub truncated: bool,
}

impl fmt::Debug for ReceiverAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverAnswer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("excerpt_bytes", &self.excerpt.len())
            .field("truncated", &self.truncated)
            .finish()
    }
}

/// When the receiver asks to be tried again (RFC 9110, 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long after the answer.
    Delay(Duration),
    /// Not before this time.
    At(SystemTime),
}

impl RetryAfter {
    /// The longest wait that [`wait`](Self::wait) gives: 24 hours.
    pub const MAX: Duration = Duration::from_hours(24);

    /// How long to wait when the answer came at `now`: zero for a time that has
    /// passed, and never more than [`MAX`](Self::MAX).
    #[must_use]
    pub fn wait(self, now: SystemTime) -> Duration {
        let asked = match self {
            Self::Delay(delay) => delay,
            Self::At(time) => time.duration_since(now).unwrap_or_default(),
        };
        asked.min(Self::MAX)
    }

    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // Digits only, so what does not fit is merely very long.
            let seconds = text.parse().unwrap_or(u64::MAX);
            return Some(Self::Delay(Duration::from_secs(seconds)));
        }
        httpdate::parse_http_date(text).ok().map(Self::At)
    }
}

/// The beginning of a body as text of at most `limit` bytes.
pub(crate) fn excerpt(body: &[u8], limit: usize) -> String {
    let head = body.get(..limit).unwrap_or(body);
    let mut text = String::from_utf8_lossy(head).into_owned();
    // A replaced byte takes three.
    text.truncate(text.floor_char_boundary(limit));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn parse(value: &'static str) -> Option<RetryAfter> {
        let value = header::HeaderValue::from_static(value);
        RetryAfter::from_headers(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]))
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[rstest]
    #[case::seconds("120", Some(RetryAfter::Delay(Duration::from_mins(2))))]
    #[case::zero("0", Some(RetryAfter::Delay(Duration::ZERO)))]
    #[case::huge("99999999999999999999", Some(RetryAfter::Delay(Duration::from_secs(u64::MAX))))]
    #[case::date("Sun, 06 Nov 1994 08:49:37 GMT", Some(RetryAfter::At(at(784_111_777))))]
    #[case::old_date("Sunday, 06-Nov-94 08:49:37 GMT", Some(RetryAfter::At(at(784_111_777))))]
    #[case::negative("-1", None)]
    #[case::fraction("1.5", None)]
    #[case::words("soon", None)]
    #[case::empty("", None)]
    fn retry_after_is_seconds_or_a_date(#[case] value: &'static str, #[case] meaning: Option<RetryAfter>) {
        assert_eq!(parse(value), meaning);
    }

    #[rstest]
    #[case::as_asked(RetryAfter::Delay(Duration::from_secs(7)), 7)]
    #[case::capped(RetryAfter::Delay(Duration::from_secs(u64::MAX)), 86_400)]
    #[case::until(RetryAfter::At(at(1_060)), 60)]
    #[case::past(RetryAfter::At(at(900)), 0)]
    #[case::far_future(RetryAfter::At(at(1_000_000)), 86_400)]
    fn the_wait_is_between_nothing_and_a_day(#[case] asked: RetryAfter, #[case] seconds: u64) {
        assert_eq!(asked.wait(at(1_000)), Duration::from_secs(seconds));
    }

    #[test]
    fn an_excerpt_never_ends_inside_a_character() {
        assert_eq!(excerpt("aé".as_bytes(), 3), "aé");
        assert_eq!(excerpt("aéé".as_bytes(), 5), "aéé");
        assert_eq!(excerpt(&[0xff, 0xff], 4), "\u{fffd}");
    }

    #[test]
    fn debug_hides_the_receivers_text() {
        let answer = ReceiverAnswer {
            status: StatusCode::OK,
            retry_after: None,
            excerpt: "jane@example.com".into(),
            truncated: false,
        };
        assert!(!format!("{answer:?}").contains("jane"));
    }

    proptest! {
        #[test]
        fn an_excerpt_keeps_to_its_limit(body: Vec<u8>, limit in 0_usize..64) {
            prop_assert!(excerpt(&body, limit).len() <= limit);
        }
    }
}
