//! Signatures, checked by the specification's own library as an independent
//! verifier and by our `verify`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use lambdesk_outbound::{
    DEFAULT_TOLERANCE, SIGNATURE_HEADER, SignedMessage, SigningSecret, TIMESTAMP_HEADER, VerifyError,
    WEBHOOK_ID_HEADER, WebhookMessageId, sign, verify,
};
use proptest::prelude::*;
use rstest::rstest;
use standardwebhooks::Webhook;

const NOW: i64 = 1_674_087_231;

fn secret(fill: u8) -> SigningSecret {
    SigningSecret::generate([fill; 32])
}

fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

fn signed(body: &[u8], current: &SigningSecret, retiring: &[SigningSecret]) -> HeaderMap {
    let id = WebhookMessageId::parse("msg_1").unwrap();
    let message = SignedMessage { id: &id, timestamp: NOW, body };
    sign(&message, current, retiring)
}

#[test]
fn a_known_message_has_the_signature_that_the_reference_library_gives() {
    let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let id = WebhookMessageId::parse("msg_p5jXN8AQM9LWM0D4loKWxJek").unwrap();
    let body = br#"{"test": 2432232314}"#;
    let headers = sign(&SignedMessage { id: &id, timestamp: 1_614_265_330, body }, &secret, &[]);
    assert_eq!(headers[SIGNATURE_HEADER], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_eq!(headers[TIMESTAMP_HEADER], "1614265330");
    assert_eq!(headers[WEBHOOK_ID_HEADER], "msg_p5jXN8AQM9LWM0D4loKWxJek");
}

#[test]
fn during_a_rotation_there_is_one_signature_per_secret_the_current_one_first() {
    let headers = signed(b"{}", &secret(1), &[secret(2)]);
    let both = headers[SIGNATURE_HEADER].to_str().unwrap().to_owned();
    let alone = |fill| signed(b"{}", &secret(fill), &[])[SIGNATURE_HEADER].to_str().unwrap().to_owned();
    assert_eq!(both, format!("{} {}", alone(1), alone(2)));
}

#[rstest]
#[case::on_time(0, Ok(()))]
#[case::just_old_enough(300, Ok(()))]
#[case::too_old(301, Err(VerifyError::Stale))]
#[case::just_early_enough(-300, Ok(()))]
#[case::too_early(-301, Err(VerifyError::Stale))]
fn a_timestamp_may_be_five_minutes_off_either_way(#[case] later: i64, #[case] outcome: Result<(), VerifyError>) {
    let headers = signed(b"{}", &secret(1), &[]);
    let verified = verify(&headers, b"{}", &[secret(1)], NOW + later, DEFAULT_TOLERANCE);
    assert_eq!(verified, outcome);
}

#[test]
fn a_timestamp_at_the_end_of_the_range_is_stale_not_a_panic() {
    let mut headers = signed(b"{}", &secret(1), &[]);
    headers.insert(TIMESTAMP_HEADER, HeaderValue::from(i64::MIN));
    let verified = verify(&headers, b"{}", &[secret(1)], i64::MAX, DEFAULT_TOLERANCE);
    assert_eq!(verified, Err(VerifyError::Stale));
}

#[rstest]
#[case::asymmetric("v1a,AAAA")]
#[case::no_version("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
#[case::empty("")]
#[case::not_base64("v1,???")]
fn a_signature_of_another_kind_never_matches(#[case] value: &'static str) {
    let mut headers = signed(b"{}", &secret(1), &[]);
    headers.insert(SIGNATURE_HEADER, HeaderValue::from_static(value));
    let verified = verify(&headers, b"{}", &[secret(1)], NOW, DEFAULT_TOLERANCE);
    assert_eq!(verified, Err(VerifyError::Signature));
}

#[rstest]
fn a_missing_or_repeated_header_is_refused(
    #[values(WEBHOOK_ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)] name: http::HeaderName,
    #[values(true, false)] repeated: bool,
) {
    let mut headers = signed(b"{}", &secret(1), &[]);
    let value = headers.remove(&name).unwrap();
    if repeated {
        headers.append(&name, value.clone());
        headers.append(&name, value);
    }
    let verified = verify(&headers, b"{}", &[secret(1)], NOW, DEFAULT_TOLERANCE);
    assert_eq!(verified, Err(VerifyError::Headers));
}

#[rstest]
#[case::empty("")]
#[case::full_stop("a.b")]
#[case::space("a b")]
#[case::line_break("a\r\nx: y")]
#[case::not_ascii("é")]
fn an_id_that_would_blur_what_is_signed_is_refused(#[case] id: &str) {
    assert!(WebhookMessageId::parse(id).is_err());
}

#[test]
fn an_id_has_at_most_128_characters() {
    assert!(WebhookMessageId::parse(&"x".repeat(128)).is_ok());
    assert!(WebhookMessageId::parse(&"x".repeat(129)).is_err());
}

proptest! {
    #[test]
    fn the_specifications_library_verifies_what_we_sign(
        key: [u8; 32],
        old: [u8; 32],
        id in "[!-\\-/-~]{1,128}",
        offset in -200_i64..200,
        body in "\\PC{0,200}",
    ) {
        let (current, retiring) = (SigningSecret::generate(key), SigningSecret::generate(old));
        let id = WebhookMessageId::parse(&id).unwrap();
        let message = SignedMessage { id: &id, timestamp: unix_now() + offset, body: body.as_bytes() };
        let headers = sign(&message, &current, std::slice::from_ref(&retiring));

        for receiver in [current, retiring] {
            let webhook = Webhook::new(&receiver.expose()).unwrap();
            prop_assert!(webhook.verify(body.as_bytes(), &headers).is_ok());
        }
    }

    #[test]
    fn what_the_specifications_library_signs_we_verify(key: [u8; 32], body in "\\PC{0,200}") {
        let secret = SigningSecret::generate(key);
        let theirs = Webhook::new(&secret.expose()).unwrap().sign("msg_1", NOW, body.as_bytes());
        let mut headers = signed(b"", &secret, &[]);
        headers.insert(SIGNATURE_HEADER, theirs.unwrap().parse().unwrap());
        prop_assert_eq!(verify(&headers, body.as_bytes(), &[secret], NOW, DEFAULT_TOLERANCE), Ok(()));
    }

    #[test]
    fn a_changed_body_id_time_or_secret_is_refused(
        key: [u8; 32],
        other: [u8; 32],
        body in proptest::collection::vec(any::<u8>(), 1..100),
        flipped in any::<prop::sample::Index>(),
    ) {
        prop_assume!(key != other);
        let (secret, other) = ([SigningSecret::generate(key)], [SigningSecret::generate(other)]);
        let headers = signed(&body, &secret[0], &[]);
        let refused = Err(VerifyError::Signature);
        prop_assert_eq!(verify(&headers, &body, &secret, NOW, DEFAULT_TOLERANCE), Ok(()));
        prop_assert_eq!(verify(&headers, &body, &other, NOW, DEFAULT_TOLERANCE), refused);

        let mut changed = body.clone();
        changed[flipped.index(body.len())] ^= 1;
        prop_assert_eq!(verify(&headers, &changed, &secret, NOW, DEFAULT_TOLERANCE), refused);

        let mut changed = headers.clone();
        changed.insert(TIMESTAMP_HEADER, HeaderValue::from(NOW + 1));
        prop_assert_eq!(verify(&changed, &body, &secret, NOW, DEFAULT_TOLERANCE), refused);

        let mut changed = headers.clone();
        changed.insert(WEBHOOK_ID_HEADER, HeaderValue::from_static("msg_2"));
        prop_assert_eq!(verify(&changed, &body, &secret, NOW, DEFAULT_TOLERANCE), refused);
    }
}
