//! The secret that an endpoint's signatures are made with.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::{Deserialize, Serialize, Serializer};

const PREFIX: &str = "whsec_";
const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 64;

/// A symmetric signing secret of the Standard Webhooks specification:
/// `whsec_` and the base64 (standard alphabet, padded) of 24 to 64 bytes.
///
/// Its bytes are wiped when it is dropped. `Debug` and all errors are silent
/// about it; [`expose`](Self::expose) and `Serialize` are the only ways out.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SigningSecret(SecretSlice<u8>);

/// Why a text is no [`SigningSecret`]. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningSecretError {
    /// It does not begin with `whsec_`.
    #[error("a signing secret begins with `whsec_`")]
    Prefix,
    /// What follows the prefix is not padded standard base64.
    #[error("a signing secret is base64 after `whsec_`")]
    Encoding,
    /// It holds fewer than 24 or more than 64 bytes.
    #[error("a signing secret holds {MIN_BYTES} to {MAX_BYTES} bytes")]
    Length,
}

impl SigningSecret {
    /// Reads the `whsec_…` form.
    ///
    /// # Errors
    /// [`SigningSecretError`] when prefix, encoding or length are wrong.
    pub fn parse(text: &str) -> Result<Self, SigningSecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SigningSecretError::Prefix)?;
        let key = STANDARD.decode(encoded).map_err(|_| SigningSecretError::Encoding)?;
        if !(MIN_BYTES..=MAX_BYTES).contains(&key.len()) {
            return Err(SigningSecretError::Length);
        }
        Ok(Self(key.into()))
    }

    /// A new secret from 32 bytes of a cryptographic random source.
    #[must_use]
    pub fn generate(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec().into())
    }

    /// The `whsec_…` form: for the one answer that shows it, and for storage.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut text = String::from(PREFIX);
        STANDARD.encode_string(self.key(), &mut text);
        text
    }

    pub(crate) fn key(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = SigningSecretError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl Serialize for SigningSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn encoded(length: usize) -> String {
        format!("{PREFIX}{}", STANDARD.encode(vec![0xA5; length]))
    }

    #[rstest]
    #[case::no_prefix("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SigningSecretError::Prefix)]
    #[case::asymmetric("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SigningSecretError::Prefix)]
    #[case::empty("", SigningSecretError::Prefix)]
    #[case::not_base64("whsec_!!!!", SigningSecretError::Encoding)]
    #[case::surrounding_space("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ", SigningSecretError::Encoding)]
    #[case::nothing_behind("whsec_", SigningSecretError::Length)]
    fn a_malformed_secret_is_refused(#[case] text: &str, #[case] error: SigningSecretError) {
        assert_eq!(SigningSecret::parse(text).unwrap_err(), error);
    }

    #[rstest]
    #[case(23, false)]
    #[case(24, true)]
    #[case(64, true)]
    #[case(65, false)]
    fn a_secret_holds_24_to_64_bytes(#[case] length: usize, #[case] accepted: bool) {
        assert_eq!(SigningSecret::parse(&encoded(length)).is_ok(), accepted);
    }

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        let secret = SigningSecret::generate([0x41; 32]);
        let shown = format!("{secret:?}");
        assert_eq!(shown, "SigningSecret(redacted)");
    }

    #[test]
    fn a_refused_secret_is_not_repeated_by_the_deserializer() {
        let error = serde_json::from_str::<SigningSecret>("\"whsec_hunter2!\"").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    proptest! {
        #[test]
        fn a_generated_secret_survives_text_and_json(bytes: [u8; 32]) {
            let secret = SigningSecret::generate(bytes);
            let parsed = SigningSecret::parse(&secret.expose()).unwrap();
            prop_assert_eq!(parsed.key(), &bytes[..]);
            let json = serde_json::to_string(&secret).unwrap();
            let back: SigningSecret = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(back.key(), &bytes[..]);
        }
    }
}
