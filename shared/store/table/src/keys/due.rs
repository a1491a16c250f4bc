//! Keys of what comes due, by hour and shard.

use super::{
    encoding::{hour, time_key, time_of},
    index::Key,
};
use lambdesk_domain::time::Timestamp;
use std::sync::atomic::{AtomicU8, Ordering};

/// How many partitions what is due in one hour is spread over, unless there are more.
pub const DUE_SHARDS: u8 = 4;
/// The most partitions of an hour.
pub const MOST_DUE_SHARDS: u8 = 64;

/// Over how many it is spread by this process.
static SHARDS: AtomicU8 = AtomicU8::new(DUE_SHARDS);

/// Over how many partitions what is due in one hour is spread; whoever reads it reads them
/// all.
#[must_use]
pub fn due_shards() -> u8 {
    SHARDS.load(Ordering::Relaxed)
}

/// Spreads what is due over more partitions: 4 to 64, the same for all functions. It may
/// grow at any time, for nothing that is there has to move; it must never shrink.
pub fn set_due_shards(shards: u8) {
    SHARDS.store(shards.clamp(DUE_SHARDS, MOST_DUE_SHARDS), Ordering::Relaxed);
}

/// Where something due is found: partition of the hour, and its place in it.
#[must_use]
pub fn due(at: Timestamp, key: &Key) -> (String, String) {
    let shard = shard(at, &key.pk, due_shards());
    (due_partition(hour(at), shard), format!("{}{}", time_key(at), key.pk))
}

/// By tenant and minute: what one tenant has due at once burdens one partition, and in the
/// next minute another one.
fn shard(at: Timestamp, pk: &str, shards: u8) -> u8 {
    let tenant = pk.split('#').next().unwrap_or_default();
    let tenant = tenant.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let shard = tenant.wrapping_add(at.seconds() / 60) % u64::from(shards);
    u8::try_from(shard).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_tenant_has_one_shard_in_a_minute_and_all_of_them_in_turn(tenant in "[a-z0-9]{22}", minute in 0..30_000_000_u64, shards in 4..=64_u8) {
            let at = |minute: u64, second: u64| Timestamp::from_millis((minute * 60 + second) * 1000);
            let place = |minute, second, kind: &str| shard(at(minute, second), &format!("{tenant}#{kind}"), shards);
            prop_assert_eq!(place(minute, 0, "t#1"), place(minute, 59, "h#2"));
            let all: BTreeSet<_> = (minute..minute + u64::from(shards)).map(|minute| place(minute, 0, "t#1")).collect();
            prop_assert_eq!(all, (0..shards).collect::<BTreeSet<_>>());
        }
    }
}
