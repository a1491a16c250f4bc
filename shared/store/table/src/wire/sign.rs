//! AWS Signature Version 4 of a POST to `/`, in its headers.
//!
//! The library's own `sign` takes any request: it parses and sorts URL and headers and
//! derives the day's key anew each time. All that differs here are the target, the body
//! and the time, so the canonical request is one format and the key is kept for its day.

use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use lambdesk_domain::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

/// The media type of every request.
pub(super) const TYPE: &str = "application/x-amz-json-1.0";
/// The service, as signatures name it.
const SERVICE: &str = "dynamodb";
const WITH_TOKEN: &str = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
const WITHOUT_TOKEN: &str = "content-type;host;x-amz-date;x-amz-target";

/// What a request is signed with.
pub(super) struct Signer {
    region: String,
    host: String,
    credentials: Credentials,
    /// The key that was derived last, with the day that it is for.
    key: Mutex<Option<(String, [u8; 32])>>,
}

/// Without the derived key.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).field("host", &self.host).finish_non_exhaustive()
    }
}

/// The headers that sign a request.
pub(super) struct SignedHeaders {
    /// `x-amz-date`.
    pub date: String,
    /// `authorization`.
    pub authorization: String,
}

impl Signer {
    pub(super) fn new(region: &str, host: &str, credentials: Credentials) -> Self {
        Self { region: region.to_owned(), host: host.to_owned(), credentials, key: Mutex::default() }
    }

    /// What temporary credentials send along.
    pub(super) fn token(&self) -> Option<&str> {
        self.credentials.session_token()
    }

    /// Signs a request with this target and body, to be sent about now.
    pub(super) fn sign(&self, target: &str, body: &[u8], now: Timestamp) -> SignedHeaders {
        let date = basic(now);
        let day = date.get(..8).unwrap_or_default();
        let Self { region, host, .. } = self;
        let (names, token) = match self.token() {
            Some(token) => (WITH_TOKEN, format!("x-amz-security-token:{token}\n")),
            None => (WITHOUT_TOKEN, String::new()),
        };
        let canonical = format!(
            "POST\n/\n\ncontent-type:{TYPE}\nhost:{host}\nx-amz-date:{date}\n{token}x-amz-target:{target}\n\n{names}\n{}",
            hash(body)
        );
        let scope = format!("{day}/{region}/{SERVICE}/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(canonical.as_bytes()));
        let signature = calculate_signature(self.key(day, now), text.as_bytes());
        let id = self.credentials.access_key_id();
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        SignedHeaders { date, authorization }
    }

    /// The key of a day.
    fn key(&self, day: &str, now: Timestamp) -> [u8; 32] {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, key)) = &*kept
            && of == day
        {
            return *key;
        }
        let time = UNIX_EPOCH + Duration::from_millis(now.millis());
        let derived = generate_signing_key(self.credentials.secret_access_key(), time, &self.region, SERVICE);
        let key = derived.as_ref().try_into().expect("SHA-256 has 32 bytes");
        *kept = Some((day.to_owned(), key));
        key
    }
}

/// ISO 8601's basic format: `20261121T093000Z`.
fn basic(time: Timestamp) -> String {
    let extended = time.to_string();
    let seconds = extended.split('.').next().unwrap_or_default();
    let mut basic: String = seconds.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    basic.push('Z');
    basic
}

fn hash(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sigv4::{
        http_request::{SignableBody, SignableRequest, SigningSettings, sign},
        sign::v4,
    };

    const HOST: &str = "dynamodb.eu-central-1.amazonaws.com";

    /// What the library makes of the same request.
    fn expected(credentials: &Credentials, target: &str, body: &[u8], now: Timestamp) -> String {
        let identity = credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-central-1")
            .name("dynamodb")
            .time(UNIX_EPOCH + Duration::from_millis(now.millis()))
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let headers = [("content-type", TYPE), ("x-amz-target", target)];
        let url = format!("https://{HOST}/");
        let request = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        let authorization = instructions.headers().find(|(name, _)| *name == "authorization");
        authorization.map(|(_, value)| value.to_owned()).unwrap()
    }

    #[test]
    fn a_request_is_signed_as_the_library_signs_it() {
        let now = Timestamp::from_millis(1_795_000_000_123);
        for token in [None, Some("a-token/of+Lambda==".to_owned())] {
            let credentials = Credentials::from_keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token);
            let signer = Signer::new("eu-central-1", HOST, credentials.clone());
            // The second one with the key that is kept, the third on the next day, the fourth on the day before.
            for after in [0, 5_000, 86_400_000, 0] {
                let now = Timestamp::from_millis(now.millis() + after);
                let (target, body) = ("DynamoDB_20120810.GetItem", format!("{{\"n\":{after}}}"));
                let headers = signer.sign(target, body.as_bytes(), now);
                assert_eq!(headers.authorization, expected(&credentials, target, body.as_bytes(), now));
            }
        }
    }

    #[test]
    fn a_signer_tells_nothing_of_its_key() {
        let signer = Signer::new("eu-central-1", HOST, Credentials::from_keys("AKID", "a-secret", None));
        let _ = signer.sign("t", b"", Timestamp::EPOCH);
        assert!(!format!("{signer:?}").contains("secret"));
        assert_eq!(basic(Timestamp::from_millis(1_795_000_000_123)), "20261118T110640Z");
    }
}
