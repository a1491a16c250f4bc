use super::*;
use lambdesk_domain::testing::samples::form;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const NOW: u64 = 1_700_000_000;

fn key(seed: u8) -> SealingKey {
    SealingKey::new(&[seed; 32])
}

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(number))
}

fn channel(id: u128, generation: u32) -> Channel {
    Channel { identity_generation: generation, ..form(ChannelId::new(Uuid::from_u128(id))) }
}

fn secret(sealing: &SealingKey, id: u128, generation: u32) -> String {
    let secret = IdentitySecret::of(sealing, workspace(1), &channel(id, generation)).expect("a secret");
    secret.expose().to_owned()
}

fn signed(key: &str, header: &Json, claims: &Json) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{claims}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn token(claims: &Json) -> String {
    signed(&secret(&key(1), 2, 1), &json!({"alg": "HS256", "typ": "JWT"}), claims)
}

fn verify(token: &str) -> Result<Identity, InvalidIdentity> {
    Identity::verify(token, &key(1), workspace(1), &channel(2, 1), Timestamp::from_millis(NOW * 1000))
}

fn with(name: &str, value: impl Into<Json>) -> Result<(), InvalidIdentity> {
    let mut claims = json!({"sub": "u-7", "exp": NOW + 60});
    claims[name] = value.into();
    verify(&token(&claims)).map(|_| ())
}

/// RFC 7515, appendix A.1: made by others, so that not only our own signatures verify.
#[test]
fn the_example_of_the_standard_has_a_good_signature() {
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l\
                 eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = URL_SAFE_NO_PAD.decode(key).expect("base64url");
    let signed = Signed::read(token).expect("a token");
    assert!(signed.is_signed_with(&key));
    assert!(!signed.is_signed_with(&key[1..]));
}

#[test]
fn a_good_token_says_who_somebody_is() {
    let claims = json!({
        "sub": "u-7", "exp": NOW + 3600, "iat": NOW, "nbf": NOW, "email": "Ada@Example.com", "name": "Ada", "iss": "shop",
    });
    let identity = verify(&token(&claims)).expect("good");
    assert_eq!(identity.uid.as_str(), "u-7");
    assert_eq!(identity.email.expect("an address").as_str(), "ada@example.com");
    assert_eq!(identity.name.expect("a name").as_str(), "Ada");
    let least = verify(&token(&json!({"sub": "u-7", "exp": NOW + 1}))).expect("good");
    assert_eq!((least.email, least.name), (None, None));
}

#[test]
fn a_token_must_end_and_within_an_hour_give_or_take_a_minute() {
    assert_eq!(with("exp", NOW - 59), Ok(()));
    assert_eq!(with("exp", NOW - 60), Err(InvalidIdentity::Expired));
    assert_eq!(with("exp", NOW + 3660), Ok(()));
    assert_eq!(with("exp", NOW + 3661), Err(InvalidIdentity::LivesTooLong));
    assert_eq!(with("exp", u64::MAX), Err(InvalidIdentity::LivesTooLong));
    for from in ["nbf", "iat"] {
        assert_eq!(with(from, NOW + 60), Ok(()));
        assert_eq!(with(from, NOW + 61), Err(InvalidIdentity::TooEarly));
    }
}

#[test]
fn claims_of_the_wrong_kind_are_refused_not_passed_over() {
    for (name, value) in [
        ("exp", Json::Null),
        ("exp", json!("1700000060")),
        ("exp", json!(-1)),
        ("nbf", json!("1700000000")),
        ("iat", json!({})),
        ("sub", Json::Null),
        ("sub", json!(7)),
        ("sub", json!(" ")),
        ("sub", json!("x".repeat(255))),
        ("email", json!("nobody")),
        ("name", json!(["Ada"])),
        ("aud", json!(1)),
    ] {
        assert_eq!(with(name, value.clone()), Err(InvalidIdentity::Claims), "{name}: {value}");
    }
    assert_eq!(verify(&token(&json!([1]))), Err(InvalidIdentity::Claims));
}

#[test]
fn a_token_for_another_audience_is_not_for_us() {
    let own = channel(2, 1).id.to_string();
    assert_eq!(with("aud", own.clone()), Ok(()));
    assert_eq!(with("aud", json!(["shop", own])), Ok(()));
    assert_eq!(with("aud", "shop"), Err(InvalidIdentity::Audience));
    assert_eq!(with("aud", json!([])), Err(InvalidIdentity::Audience));
}

#[test]
fn only_hs256_without_extensions_is_taken() {
    let claims = json!({"sub": "u-7", "exp": NOW + 60});
    let secret = secret(&key(1), 2, 1);
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "hs256"}),
        json!({"alg": "HS512"}),
        json!({"alg": "RS256"}),
        json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
    ] {
        assert_eq!(verify(&signed(&secret, &header, &claims)), Err(InvalidIdentity::Algorithm), "{header}");
    }
    assert_eq!(verify(&signed(&secret, &json!({}), &claims)), Err(InvalidIdentity::Form));
    let unsigned = token(&claims).rsplit_once('.').map(|(input, _)| format!("{input}.")).expect("a token");
    assert_eq!(verify(&unsigned), Err(InvalidIdentity::Signature));
}

#[test]
fn a_secret_is_its_channels_own_and_each_generation_another() {
    let (header, claims) = (json!({"alg": "HS256"}), json!({"sub": "u-7", "exp": NOW + 60}));
    let bad = Err(InvalidIdentity::Signature);
    for other in [secret(&key(2), 2, 1), secret(&key(1), 3, 1), secret(&key(1), 2, 2), String::new()] {
        assert_eq!(verify(&signed(&other, &header, &claims)), bad);
    }
    let token = token(&claims);
    let now = Timestamp::from_millis(NOW * 1000);
    assert!(Identity::verify(&token, &key(1), workspace(1), &channel(2, 1), now).is_ok());
    assert_eq!(Identity::verify(&token, &key(1), workspace(1), &channel(2, 2), now), bad);
    assert_eq!(Identity::verify(&token, &key(1), workspace(2), &channel(2, 1), now), bad);
    assert_eq!(Identity::verify(&token, &key(1), workspace(1), &channel(2, 0), now), bad);
    assert!(IdentitySecret::of(&key(1), workspace(1), &channel(2, 0)).is_none());
}

#[test]
fn a_secret_outlives_one_rotation_of_the_key() {
    let token = token(&json!({"sub": "u-7", "exp": NOW + 60}));
    let now = Timestamp::from_millis(NOW * 1000);
    let verify = |sealing: &SealingKey| Identity::verify(&token, sealing, workspace(1), &channel(2, 1), now).is_ok();
    let rotated = key(2).with_previous(key(1));
    assert!(verify(&rotated));
    assert_eq!(secret(&rotated, 2, 1), secret(&key(2), 2, 1), "what is shown is of the new key");
    assert!(!verify(&key(3).with_previous(key(2))));
}

#[test]
fn a_token_too_long_is_not_even_decoded() {
    assert_eq!(with("iss", "x".repeat(2_800)), Ok(()));
    assert_eq!(with("iss", "x".repeat(3_200)), Err(InvalidIdentity::Form));
}

proptest! {
    #[test]
    fn a_token_with_any_character_altered_or_cut_proves_nothing(at: prop::sample::Index, other in "[A-Za-z0-9_.-]") {
        let good = token(&json!({"sub": "u-7", "exp": NOW + 60}));
        let at = at.index(good.len());
        prop_assert!(verify(&good[..at]).is_err());
        prop_assume!(good[at..=at] != other);
        let altered = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        prop_assert!(verify(&altered).is_err());
    }

    #[test]
    fn any_other_text_proves_nothing(text in ".*", parts in "[A-Za-z0-9_-]{0,60}([.][A-Za-z0-9_-]{0,60}){2}") {
        prop_assert!(verify(&text).is_err() && verify(&parts).is_err());
    }
}
