//! Time and randomness: asked for here and nowhere else.

use lambdesk_domain::time::Timestamp;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use uuid::{ContextV7, Uuid};

/// The system's time, to the millisecond.
#[must_use]
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH.plus(since_1970)
}

/// A new `UUIDv7`, greater than every one that this process made before.
#[must_use]
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// A number from 0 to 1 for jitter; not for secrets.
#[must_use]
pub fn random() -> f64 {
    fastrand::f64()
}

/// Bytes of the system's cryptographic random source: for keys, secrets and tokens.
///
/// # Panics
/// When the system has no random source: nothing can be kept secret then.
#[must_use]
pub fn secret_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    bytes
}

/// What somebody who acts on the time is given: the system's clock, or one that
/// a test turns.
#[derive(Debug, Clone)]
pub struct Clock(ClockKind);

#[derive(Debug, Clone)]
enum ClockKind {
    System,
    Manual(Arc<Manual>),
}

/// Its ids are in order among themselves: another clock may show a later time.
#[derive(Debug)]
struct Manual {
    millis: AtomicU64,
    context: Mutex<ContextV7>,
}

impl Clock {
    /// The system's.
    #[must_use]
    pub const fn system() -> Self {
        Self(ClockKind::System)
    }

    /// One that stands still until it is turned. Its clones are turned with it.
    #[must_use]
    pub fn manual(at: Timestamp) -> Self {
        let context = Mutex::new(ContextV7::new());
        Self(ClockKind::Manual(Arc::new(Manual { millis: AtomicU64::new(at.millis()), context })))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            ClockKind::System => now(),
            ClockKind::Manual(manual) => Timestamp::from_millis(manual.millis.load(Ordering::SeqCst)),
        }
    }

    /// A new `UUIDv7` of this clock's time, greater than every one before it.
    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        match &self.0 {
            ClockKind::System => new_uuid(),
            ClockKind::Manual(manual) => {
                let now = self.now();
                let nanoseconds = (now.since(Timestamp::EPOCH)).subsec_nanos();
                let time = uuid::Timestamp::from_unix(&manual.context, now.seconds(), nanoseconds);
                Uuid::new_v7(time)
            }
        }
    }

    /// Turns a manual clock; the system's goes on by itself.
    pub fn advance(&self, by: Duration) {
        if let ClockKind::Manual(manual) = &self.0 {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            manual.millis.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_ids_are_version_7_and_ascend() {
        let ids: Vec<_> = std::iter::repeat_with(new_uuid).take(10_000).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn a_manual_clock_moves_only_when_it_is_turned() {
        let clock = Clock::manual(Timestamp::from_millis(1_000));
        let other = clock.clone();
        clock.advance(Duration::from_secs(3));
        assert_eq!(other.now(), Timestamp::from_millis(4_000));
        let ids = [clock.new_uuid(), clock.new_uuid()];
        assert!(ids.is_sorted());
        let (seconds, _) = ids[0].get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, 4);
    }

    #[test]
    fn a_clock_that_is_behind_another_makes_ids_of_its_own_time() {
        let (ahead, behind) = (Timestamp::from_millis(90_000), Timestamp::from_millis(5_000));
        let ids = [ahead, behind].map(|at| Clock::manual(at).new_uuid());
        let seconds = ids.map(|id| id.get_timestamp().unwrap().to_unix().0);
        assert_eq!(seconds, [90, 5]);
    }

    #[test]
    fn secret_bytes_differ() {
        assert_ne!(secret_bytes::<32>(), secret_bytes::<32>());
    }
}
