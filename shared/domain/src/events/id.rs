//! The ids of events.

use crate::{
    id::{EventId, Version},
    time::Timestamp,
};
use uuid::Uuid;

/// A `UUIDv7` of the change's time whose other bits come from what changed and its
/// version, so that every derivation of the same event gives the same id.
pub(super) fn event_id(of: Uuid, version: Version, at: Timestamp) -> EventId {
    let version = u128::from(version.0);
    // Two rounds of an odd multiplication spread neighbouring versions; ids need
    // be distinct, not secret.
    let mixed = (of.as_u128() ^ version.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
        .wrapping_mul(0xD1B5_4A32_D192_ED03_8CB9_2BA7_2F3D_8DD7);
    let bytes = mixed.to_be_bytes();
    let random: [u8; 10] = std::array::from_fn(|index| bytes.get(index).copied().unwrap_or_default());
    EventId::new(uuid::Builder::from_unix_timestamp_millis(at.millis(), &random).into_uuid())
}
