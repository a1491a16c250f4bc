//! Keys of what comes due, by hour and shard.

use super::{
    encoding::{hour, time_key, time_of},
    index::Key,
};
use lambdesk_domain::time::Timestamp;

/// How many partitions what is due in one hour is spread over.
pub const DUE_SHARDS: u8 = 4;

/// Where something due is found: partition of the hour, and its place in it.
#[must_use]
pub fn due(at: Timestamp, key: &Key) -> (String, String) {
    let shard = key.pk.bytes().chain(key.sk.bytes()).fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte))
        % DUE_SHARDS;
    (due_partition(hour(at), shard), format!("{}{}", time_key(at), key.pk))
}

/// The partition of one hour and shard.
#[must_use]
pub fn due_partition(hour: u64, shard: u8) -> String {
    format!("due#{hour}#{shard}")
}

/// The place after everything due at this time.
#[must_use]
pub fn due_until(at: Timestamp) -> String {
    time_key(at.plus(std::time::Duration::from_millis(1)))
}

/// When something at this place of the due partitions is due.
#[must_use]
pub fn due_time(x_sk: &str) -> Option<Timestamp> {
    time_of(x_sk)
}
