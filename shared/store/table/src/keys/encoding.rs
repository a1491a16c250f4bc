//! Encodings of ids and times that sort as the ids and times do.

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use lambdesk_domain::time::Timestamp;
use uuid::Uuid;

/// Base64 whose alphabet is in ASCII order, so encoded bytes sort as the bytes do.
pub(super) static SORTED: GeneralPurpose = GeneralPurpose::new(&ALPHABET, NO_PAD);

const ALPHABET: Alphabet = match Alphabet::new("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") {
    Ok(alphabet) => alphabet,
    Err(_) => panic!("64 different characters"),
};

/// An id in 22 characters that sort as ids do.
#[must_use]
pub fn short(id: Uuid) -> String {
    SORTED.encode(id.as_bytes())
}

/// Reads [`short`].
#[must_use]
pub fn long(short: &str) -> Option<Uuid> {
    // What 22 characters take at most; a longer text is no id.
    let mut bytes = [0; 18];
    let length = SORTED.decode_slice(short, &mut bytes).ok()?;
    Uuid::from_slice(bytes.get(..length)?).ok()
}

/// A time in 8 characters that sort as times do (48 bits of milliseconds).
pub(super) fn time_key(time: Timestamp) -> String {
    let bytes = time.millis().to_be_bytes();
    SORTED.encode(bytes.get(2..).unwrap_or_default())
}

pub(super) fn time_of(key: &str) -> Option<Timestamp> {
    let bytes = SORTED.decode(key.get(..8)?).ok()?;
    let millis = bytes.iter().fold(0_u64, |millis, byte| millis << 8 | u64::from(*byte));
    Some(Timestamp::from_millis(millis))
}

/// The sort key right before this one, for ranges that leave it out: ids are 22
/// characters, so nothing sorts between it and its own beginning.
pub fn before(sk: &str) -> String {
    match sk.char_indices().next_back() {
        Some((end, last)) => {
            let earlier = char::from_u32(u32::from(last) - 1).unwrap_or(' ');
            format!("{}{earlier}~", sk.get(..end).unwrap_or_default())
        }
        None => String::new(),
    }
}

/// The sort key right after this one, for ranges that leave it out.
pub fn after(sk: &str) -> String {
    format!("{sk}!")
}

/// The hour of a time, counted from the epoch.
#[must_use]
pub const fn hour(at: Timestamp) -> u64 {
    at.seconds() / 3600
}

/// The day of a time, counted from the epoch.
#[must_use]
pub const fn day(at: Timestamp) -> u64 {
    at.seconds() / 86_400
}

/// When a day begins.
#[must_use]
pub const fn day_start(day: u64) -> Timestamp {
    Timestamp::from_millis(day.saturating_mul(86_400_000))
}
