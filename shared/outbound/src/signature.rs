//! Standard Webhooks 1.0 signatures: `v1,` and the base64 of HMAC-SHA256 over
//! `id.timestamp.body`.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use crate::SigningSecret;

/// The header with the message's id, the same on every attempt.
pub const WEBHOOK_ID_HEADER: HeaderName = HeaderName::from_static("webhook-id");
/// The header with the time of this attempt, in Unix seconds.
pub const TIMESTAMP_HEADER: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The header with one signature per live secret, separated by spaces.
pub const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("webhook-signature");

/// How far an attempt's timestamp may be from the receiver's clock, either
/// way: 5 minutes, as the specification's own libraries have it.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_mins(5);

const VERSION: &str = "v1,";
const MAX_ID_LENGTH: usize = 128;

/// The id of a message: 1 to 128 visible ASCII characters without a full stop,
/// because the full stop delimits what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebhookMessageId(HeaderValue);

/// A text that is no [`WebhookMessageId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id is 1 to {MAX_ID_LENGTH} visible ASCII characters without a full stop")]
pub struct WebhookMessageIdError;

impl WebhookMessageId {
    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`WebhookMessageIdError`] when it is empty, too long, or has a character that is
    /// not allowed.
    pub fn parse(text: &str) -> Result<Self, WebhookMessageIdError> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        if !(1..=MAX_ID_LENGTH).contains(&text.len()) || !text.bytes().all(allowed) {
            return Err(WebhookMessageIdError);
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| WebhookMessageIdError)
    }
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct SignedMessage<'a> {
    /// The id, the same on every attempt of one delivery.
    pub id: &'a WebhookMessageId,
    /// When this attempt is made, in Unix seconds; new on every attempt.
    pub timestamp: i64,
    /// The body, byte for byte as it is sent.
    pub body: &'a [u8],
}

/// The three headers of a signed message.
///
/// `current` signs first; every secret in `retiring` adds a signature, so that
/// receivers with the old secret still verify during a rotation.
#[must_use]
pub fn sign(message: &SignedMessage<'_>, current: &SigningSecret, retiring: &[SigningSecret]) -> HeaderMap {
    let timestamp = HeaderValue::from(message.timestamp);
    let signatures: Vec<String> = std::iter::once(current)
        .chain(retiring)
        .map(|secret| {
            let mac = signed_content(secret, &message.id.0, &timestamp, message.body);
            format!("{VERSION}{}", STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();

    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(WEBHOOK_ID_HEADER, message.id.0.clone());
    headers.insert(TIMESTAMP_HEADER, timestamp);
    headers.insert(SIGNATURE_HEADER, signature_list(&signatures));
    headers
}

/// Why a message is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// One of the three headers is missing or given twice.
    #[error("a webhook header is missing or repeated")]
    Headers,
    /// The timestamp is no whole number of seconds.
    #[error("the webhook timestamp is malformed")]
    Timestamp,
    /// The timestamp is further from `now` than the tolerance.
    #[error("the webhook timestamp is outside the tolerance")]
    Stale,
    /// No `v1` signature matches any of the secrets.
    #[error("no webhook signature matches")]
    Signature,
}

/// Checks a received message against the receiver's secrets, in constant time
/// per comparison. `now` is in Unix seconds.
///
/// # Errors
/// [`VerifyError`] says which check failed.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[SigningSecret],
    now: i64,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    let id = only(headers, &WEBHOOK_ID_HEADER)?;
    let timestamp = only(headers, &TIMESTAMP_HEADER)?;
    let signatures = only(headers, &SIGNATURE_HEADER)?.to_str().map_err(|_| VerifyError::Signature)?;

    let sent = timestamp.to_str().ok().and_then(|text| text.parse::<i64>().ok()).ok_or(VerifyError::Timestamp)?;
    if now.abs_diff(sent) > tolerance.as_secs() {
        return Err(VerifyError::Stale);
    }

    let matches =
        signatures.split(' ').filter_map(|part| STANDARD.decode(part.strip_prefix(VERSION)?).ok()).any(|signature| {
            secrets.iter().any(|secret| signed_content(secret, id, timestamp, body).verify_slice(&signature).is_ok())
        });
    matches.then_some(()).ok_or(VerifyError::Signature)
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(VerifyError::Headers),
    }
}

fn signature_list(signatures: &[String]) -> HeaderValue {
    HeaderValue::try_from(signatures.join(" ")).expect("base64, commas and spaces are visible")
}

fn signed_content(secret: &SigningSecret, id: &HeaderValue, timestamp: &HeaderValue, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(secret.key()).expect("HMAC takes a key of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}
