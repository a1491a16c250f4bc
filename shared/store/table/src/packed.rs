//! Packed bytes: compressed (Zstandard, RFC 8878) as they are stored. The format is a
//! standard one and says by its first bytes what it is, so whatever reads it later need not
//! be this crate.
//!
//! Repetitions within 128 KB are found, so a text beside the HTML that says the same costs
//! next to nothing.

use crate::error::Corrupt;
use ruzstd::{
    decoding::StreamingDecoder,
    encoding::{CompressionLevel, compress_to_vec},
};
use std::io::Read as _;

/// How Zstandard frames begin.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Packs bytes.
#[must_use]
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Whether these bytes are packed. No JSON and no UTF-8 begins like that.
#[must_use]
pub fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Unpacks [`pack`]ed bytes, of which there are at most so many.
///
/// # Errors
/// When they are not packed, are broken, or are more.
pub fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Corrupt> {
    let decoder = StreamingDecoder::new(packed).map_err(|_| Corrupt("packed"))?;
    let mut bytes = Vec::new();
    let beyond = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(beyond).read_to_end(&mut bytes).map_err(|_| Corrupt("packed"))?;
    if bytes.len() > most { Err(Corrupt("packed")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_bytes_unpack_to_what_they_were(bytes in prop::collection::vec(any::<u8>(), 0..3_000), times in 1_usize..60) {
            let all = bytes.repeat(times);
            let packed = pack(&all);
            prop_assert!(is_packed(&packed));
            prop_assert_eq!(unpack(&packed, all.len()), Ok(all.clone()));
            prop_assert_eq!(unpack(&packed, all.len().wrapping_sub(1)).is_err(), !all.is_empty());
        }

        #[test]
        fn other_bytes_are_told_from_packed_ones(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assume!(!is_packed(&bytes));
            prop_assert!(unpack(&bytes, 1_000).is_err());
        }
    }

    #[test]
    fn what_is_said_twice_costs_once() {
        let mut random = 88_172_645_463_325_252_u64;
        let text: Vec<u8> = std::iter::repeat_with(|| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            b' ' + u8::try_from(random % 95).expect("less than 95")
        })
        .take(64_000)
        .collect();
        let (once, twice) = (pack(&text).len(), pack(&text.repeat(2)).len());
        assert!(once < 54_000 && twice < once + 200, "{once} and {twice}");
    }
}
