//! AWS Signature Version 4 in the query, as S3 checks it: computed here from the
//! request as it came, independently of the crate that signs.

use super::answer::ObjectFault;
use axum::{body::Body, http::Request};
use hmac::{Hmac, KeyInit as _, Mac as _};
use lambdesk_domain::time::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, time::Duration};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The longest that a signature may hold, in seconds.
const LONGEST: u64 = 7 * 24 * 3600;
/// Clocks may differ by so much.
const SKEW: Duration = Duration::from_mins(15);
/// S3 wants these signed when they are sent.
const MUST_BE_SIGNED: &str = "x-amz-";
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whose signature is known.
pub struct Secret<'a> {
    /// The access key's id.
    pub id: &'a str,
    /// The access key.
    pub key: &'a str,
    /// The region.
    pub region: &'a str,
}

/// The query of a signed request.
pub struct SignedRequest {
    parameters: Vec<(String, String)>,
    date: String,
    lives: u64,
    credential: String,
    header_names: String,
    signature: String,
}

impl SignedRequest {
    /// Reads the query.
    pub fn read(query: &str) -> Result<Self, ObjectFault> {
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let take = |name: &str| {
            let mut found = parameters.iter().filter(|(known, _)| known == name);
            match (found.next(), found.next()) {
                (Some((_, value)), None) => Ok(value.clone()),
                _ => Err(ObjectFault::AccessDenied),
            }
        };
        if take("X-Amz-Algorithm")? != ALGORITHM {
            return Err(ObjectFault::AccessDenied);
        }
        let lives = take("X-Amz-Expires")?.parse().ok().filter(|lives| (1..=LONGEST).contains(lives));
        Ok(Self {
            date: take("X-Amz-Date")?,
            lives: lives.ok_or(ObjectFault::InvalidArgument)?,
            credential: take("X-Amz-Credential")?,
            header_names: take("X-Amz-SignedHeaders")?,
            signature: take("X-Amz-Signature")?,
            parameters,
        })
    }

    /// A parameter of the request itself.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Holds the request to its signature and its time.
    pub fn verify(&self, secret: &Secret<'_>, request: &Request<Body>, now: Timestamp) -> Result<(), ObjectFault> {
        let day = self.date.get(..8).ok_or(ObjectFault::AccessDenied)?;
        let scope = format!("{day}/{}/s3/aws4_request", secret.region);
        if self.credential != format!("{}/{scope}", secret.id) {
            return Err(ObjectFault::AccessDenied);
        }
        self.check_time(now)?;
        let canonical = self.canonical(request)?;
        let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{}", self.date, hex(&Sha256::digest(canonical)));
        let key = ["s3", "aws4_request"]
            .iter()
            .fold(mac(&mac(format!("AWS4{}", secret.key).as_bytes(), day), secret.region), |key, part| mac(&key, part));
        if hex(&mac(&key, &to_sign)) == self.signature { Ok(()) } else { Err(ObjectFault::SignatureDoesNotMatch) }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), ObjectFault> {
        let signed_at = time_of(&self.date).ok_or(ObjectFault::AccessDenied)?;
        if signed_at > now.plus(SKEW) {
            return Err(ObjectFault::AccessDenied);
        }
        if now > signed_at.plus(Duration::from_secs(self.lives)) { Err(ObjectFault::Expired) } else { Ok(()) }
    }

    /// The request as both sides write it down to sign it.
    fn canonical(&self, request: &Request<Body>) -> Result<String, ObjectFault> {
        let names: Vec<_> = self.header_names.split(';').collect();
        let sent = request.headers();
        let is_covered = |name: &str| !name.starts_with(MUST_BE_SIGNED) || names.contains(&name);
        if !names.contains(&"host") || !sent.keys().all(|name| is_covered(name.as_str())) {
            return Err(ObjectFault::AccessDenied);
        }
        let mut headers = String::new();
        for name in &names {
            let values: Vec<_> = sent.get_all(*name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
            let value = values.join(",").split_whitespace().collect::<Vec<_>>().join(" ");
            // Writing to a String can't fail.
            let _ = writeln!(headers, "{name}:{value}");
        }
        let (method, path) = (request.method(), request.uri().path());
        let (query, names) = (self.canonical_query(), &self.header_names);
        Ok(format!("{method}\n{path}\n{query}\n{headers}\n{names}\nUNSIGNED-PAYLOAD"))
    }

    fn canonical_query(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let others = self.parameters.iter().filter(|(name, _)| name != "X-Amz-Signature");
        let mut pairs: Vec<_> = others.map(|(name, value)| (encoded(name), encoded(value))).collect();
        pairs.sort();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Reads `20130524T000000Z`.
fn time_of(date: &str) -> Option<Timestamp> {
    let part = |from: usize, to: usize| date.get(from..to);
    let written = format!(
        "{}-{}-{}T{}:{}:{}.000Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    );
    written.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Secret<'_> =
        Secret { id: "AKIAIOSFODNN7EXAMPLE", key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1" };
    const URL: &str = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    /// 2013-05-24.
    const THEN: u64 = 1_369_353_600_000;

    fn verify(url: &str, seconds: u64) -> Result<(), ObjectFault> {
        let request = Request::builder().uri(url).header("host", "examplebucket.s3.amazonaws.com");
        let request = request.body(Body::empty()).expect("a request");
        let now = Timestamp::from_millis(THEN + seconds * 1000);
        SignedRequest::read(request.uri().query().unwrap_or_default())?.verify(&SECRET, &request, now)
    }

    #[test]
    fn awss_published_example_holds_for_a_day() {
        assert_eq!(verify(URL, 0), Ok(()));
        assert_eq!(verify(URL, 86_400), Ok(()));
        assert_eq!(verify(URL, 86_401), Err(ObjectFault::Expired));
    }

    #[test]
    fn whatever_is_changed_the_signature_holds_no_longer() {
        for (from, to, fault) in [
            ("/test.txt", "/other.txt", ObjectFault::SignatureDoesNotMatch),
            ("86400", "86401", ObjectFault::SignatureDoesNotMatch),
            ("aeeed9", "aeeed8", ObjectFault::SignatureDoesNotMatch),
            ("?", "?tagging=&", ObjectFault::SignatureDoesNotMatch),
            ("T000000Z", "T000001Z", ObjectFault::SignatureDoesNotMatch),
            ("EXAMPLE%2F", "SAMPLE%2F", ObjectFault::AccessDenied),
            ("us-east-1", "us-east-2", ObjectFault::AccessDenied),
            ("SignedHeaders=host", "SignedHeaders=x", ObjectFault::AccessDenied),
            ("&X-Amz-Expires=86400", "", ObjectFault::AccessDenied),
            ("86400", "604801", ObjectFault::InvalidArgument),
        ] {
            assert_eq!(verify(&URL.replace(from, to), 0), Err(fault), "{from}");
        }
    }
}
