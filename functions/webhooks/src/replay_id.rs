//! The ids of replayed deliveries. They derive from the delivery that the event had first
//! and from the range, so the same replay makes the same ids.

use lambdesk_domain::{id::DeliveryId, time::Timestamp};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A `UUIDv8` (RFC 9562 section 5.8): sorts in the log where a `UUIDv7` made at
/// `until` would; the rest derives from the first delivery and the range.
pub fn replay_id(first: DeliveryId, since: Timestamp, until: Timestamp) -> DeliveryId {
    let hash = Sha256::new()
        .chain_update(first.uuid().as_bytes())
        .chain_update(since.millis().to_be_bytes())
        .chain_update(until.millis().to_be_bytes())
        .finalize();
    let millis = until.millis().to_be_bytes();
    let mut bytes = [0; 16];
    let parts = millis.iter().skip(2).chain(&hash);
    bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = *part);
    DeliveryId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether a delivery belongs to a replay: only theirs are of version 8.
pub fn is_replay(id: DeliveryId) -> bool {
    Uuid::get_version_num(&id.uuid()) == 8
}
