//! The key that seals what only we may read (positions, remembered answers) and
//! signs what only we may have made (sessions, tokens).
//!
//! One key of 32 bytes for everything; each purpose works with a subkey of its own.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use std::fmt;

/// The first byte of everything sealed: the form of the rest.
const FORMAT: u8 = 1;
/// Format, nonce and authentication tag: what a seal adds to the plain text, in bytes.
pub const SEAL_BYTES: usize = 1 + NONCE_LEN + 16;
/// What the subkeys for sealing, and for signing, begin with.
const SEALING: &[u8] = b"lambdesk/seal";
const SIGNING: &[u8] = b"lambdesk/mac";

/// The key, and during a rotation the one before it: that one still opens and
/// verifies, but makes nothing new.
#[derive(Clone)]
pub struct SealingKey {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

impl SealingKey {
    /// From 32 bytes of a cryptographic random source.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { current: hmac::Key::new(hmac::HMAC_SHA256, key), previous: None }
    }

    /// With the key that was in use before this one; not with what that had before it.
    #[must_use]
    pub fn with_previous(self, previous: Self) -> Self {
        Self { previous: Some(previous.current), ..self }
    }

    /// Seals with AES-256-GCM: nobody else reads or alters it, and it opens only
    /// for the same purpose and context. Twice the same text gives two seals.
    ///
    /// The nonces are random, so a purpose's subkey is good for 2^32 seals
    /// (NIST SP 800-38D section 8.3); rotate the key before.
    ///
    /// # Panics
    /// When the system has no randomness, or the text has more than 64 GiB.
    #[must_use]
    pub fn seal(&self, purpose: &'static str, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).expect("the system has randomness");
        let mut sealed = Vec::with_capacity(plaintext.len() + SEAL_BYTES);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        let mut text = plaintext.to_vec();
        sealing_subkey(&self.current, purpose)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), associated(purpose, context), &mut text)
            .expect("the text is shorter than 64 GiB");
        sealed.append(&mut text);
        sealed
    }

    /// What was sealed; none when it was sealed for something else, by another
    /// key, or altered.
    #[must_use]
    pub fn open(&self, purpose: &'static str, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (format, rest) = sealed.split_first()?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>()?;
        if *format != FORMAT {
            return None;
        }
        self.keys().find_map(|key| {
            let mut text = text.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened = sealing_subkey(key, purpose).open_in_place(nonce, associated(purpose, context), &mut text);
            let length = opened.ok()?.len();
            text.truncate(length);
            Some(text)
        })
    }

    /// HMAC-SHA256 over the purpose and the parts, each with its length in front,
    /// so that no two lists of parts look the same.
    #[must_use]
    pub fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        mac_by(&self.current, &signed(purpose, parts))
    }

    /// [`SealingKey::mac`] by this key, then by the one before: for secrets that
    /// are derived and must outlive a rotation.
    pub fn macs(&self, purpose: &'static str, parts: &[&[u8]]) -> impl Iterator<Item = [u8; 32]> + use<'_> {
        let signed = signed(purpose, parts);
        self.keys().map(move |key| mac_by(key, &signed))
    }

    /// Whether `mac` is that of the parts, by this key or the one before. Takes
    /// the same time wherever they differ.
    #[must_use]
    pub fn verify_mac(&self, purpose: &'static str, parts: &[&[u8]], mac: &[u8]) -> bool {
        let signed = signed(purpose, parts);
        self.keys().any(|key| hmac::verify(key, &signed, mac).is_ok())
    }

    fn keys(&self) -> impl Iterator<Item = &hmac::Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

fn mac_by(key: &hmac::Key, signed: &[u8]) -> [u8; 32] {
    let mut mac = [0; 32];
    mac.copy_from_slice(hmac::sign(key, signed).as_ref());
    mac
}

/// HMAC as a key derivation (NIST SP 800-108, one block): an AES-256 key per purpose.
fn sealing_subkey(key: &hmac::Key, purpose: &str) -> LessSafeKey {
    let subkey = hmac::sign(key, &prefixed(&[SEALING, purpose.as_bytes()]));
    LessSafeKey::new(
        UnboundKey::new(&AES_256_GCM, subkey.as_ref()).expect("HMAC-SHA256 has the 32 bytes of an AES-256 key"),
    )
}

fn associated(purpose: &str, context: &[u8]) -> Aad<Vec<u8>> {
    Aad::from(prefixed(&[&[FORMAT], purpose.as_bytes(), context]))
}

fn signed(purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
    let all: Vec<&[u8]> = [SIGNING, purpose.as_bytes()].into_iter().chain(parts.iter().copied()).collect();
    prefixed(&all)
}

/// The parts one after the other, each with its length in front.
pub(crate) fn prefixed(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.iter().copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(seed: u8) -> SealingKey {
        SealingKey::new(&[seed; 32])
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_for_the_same_purpose_and_context(context: Vec<u8>, text: Vec<u8>) {
            let sealed = key(1).seal("test", &context, &text);
            prop_assert_eq!(sealed.len(), text.len() + SEAL_BYTES);
            prop_assert_eq!(key(1).open("test", &context, &sealed), Some(text));
        }

        #[test]
        fn nothing_opens_after_any_bit_was_altered(text: Vec<u8>, bit: prop::sample::Index) {
            let mut sealed = key(1).seal("test", b"context", &text);
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key(1).open("test", b"context", &sealed), None);
        }

        #[test]
        fn garbage_never_opens(garbage: Vec<u8>) {
            prop_assert_eq!(key(1).open("test", b"", &garbage), None);
        }

        #[test]
        fn a_mac_fits_its_own_parts_only(parts: Vec<Vec<u8>>, others: Vec<Vec<u8>>, bit in 0_usize..256) {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
            let mut mac = key(1).mac("test", &parts);
            prop_assert!(key(1).verify_mac("test", &parts, &mac));
            prop_assert_eq!(key(1).verify_mac("test", &others, &mac), parts == others);
            mac[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!key(1).verify_mac("test", &parts, &mac));
        }
    }

    #[test]
    fn another_purpose_context_or_key_opens_nothing() {
        let sealed = key(1).seal("cursor", b"one", b"text");
        assert_eq!(key(1).open("answer", b"one", &sealed), None);
        assert_eq!(key(1).open("cursor", b"two", &sealed), None);
        assert_eq!(key(2).open("cursor", b"one", &sealed), None);
        let mac = key(1).mac("session", &[b"a"]);
        assert!(!key(1).verify_mac("token", &[b"a"], &mac) && !key(2).verify_mac("session", &[b"a"], &mac));
    }

    #[test]
    fn parts_are_told_apart_by_where_they_end() {
        assert_ne!(key(1).mac("test", &[b"ab", b"c"]), key(1).mac("test", &[b"a", b"bc"]));
        assert_ne!(key(1).mac("test", &[]), key(1).mac("test", &[b""]));
    }

    #[test]
    fn only_the_key_just_before_opens_and_verifies() {
        let (sealed, mac) = (key(1).seal("test", b"", b"text"), key(1).mac("test", &[b"a"]));
        let twice = key(3).with_previous(key(2).with_previous(key(1)));
        assert_eq!(twice.open("test", b"", &sealed), None);
        assert!(!twice.verify_mac("test", &[b"a"], &mac));
        assert_eq!(twice.macs("test", &[b"a"]).collect::<Vec<_>>(), [3, 2].map(|seed| key(seed).mac("test", &[b"a"])));
    }

    #[test]
    fn the_previous_key_still_opens_and_verifies_but_makes_nothing() {
        let (sealed, mac) = (key(1).seal("test", b"", b"text"), key(1).mac("test", &[b"a"]));
        let rotated = key(2).with_previous(key(1));
        assert_eq!(rotated.open("test", b"", &sealed).as_deref(), Some(b"text".as_slice()));
        assert!(rotated.verify_mac("test", &[b"a"], &mac));
        assert_eq!(key(1).open("test", b"", &rotated.seal("test", b"", b"text")), None);
        assert_eq!(rotated.mac("test", &[b"a"]), key(2).mac("test", &[b"a"]));
    }

    #[test]
    fn the_same_text_never_gives_the_same_seal() {
        assert_ne!(key(1).seal("test", b"", b"text"), key(1).seal("test", b"", b"text"));
    }

    #[test]
    fn a_key_never_shows_itself() {
        assert_eq!(format!("{:?}", key(7).with_previous(key(8))), "SealingKey(redacted)");
    }
}
