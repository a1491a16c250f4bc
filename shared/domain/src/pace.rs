//! How fast a workspace's deliveries come due that it asks for again in numbers, so that
//! they take their turn among everybody else's. Pure.
//!
//! A token bucket, as the generic cell rate algorithm has it (ITU-T I.371): one time per
//! workspace says all.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So far apart replayed deliveries come due: ten a second, where a partition of due rows
/// takes a thousand writes.
pub const APART: Duration = Duration::from_millis(100);
/// So many of them come due at once where none did shortly before.
pub const AT_ONCE: u32 = 100;
/// So far ahead they are made due: 3,000 of them. Beyond that whoever asks has to wait.
pub const AHEAD: Duration = Duration::from_mins(5);

/// Up to when a workspace's replays have used what it may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayPace {
    used_until: Timestamp,
}

/// Times at which some deliveries come due, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacedTimes {
    now: Timestamp,
    first: Timestamp,
}

impl ReplayPace {
    /// Makes room for so many more deliveries.
    ///
    /// # Errors
    /// How long to wait, when too many are on their way already.
    pub fn take(before: Option<Self>, count: usize, now: Timestamp) -> Result<(PacedTimes, Self), Duration> {
        let first = before.map_or(now, |pace| pace.used_until.max(now));
        let ahead = first.since(now);
        if ahead >= AHEAD {
            return Err(ahead.saturating_sub(AHEAD) + APART);
        }
        Ok((PacedTimes { now, first }, Self { used_until: first.plus(span(count)) }))
    }

    /// Without the last of what was taken.
    #[must_use]
    pub fn less(self, count: usize) -> Self {
        Self { used_until: self.used_until.minus(span(count)) }
    }

    /// From when on it says nothing any more.
    #[must_use]
    pub const fn used_until(self) -> Timestamp {
        self.used_until
    }
}

impl PacedTimes {
    /// When the delivery of this number, from 0 on, is due.
    #[must_use]
    pub fn due(self, number: usize) -> Timestamp {
        self.first.plus(span(number)).minus(APART * AT_ONCE).max(self.now)
    }
}

fn span(count: usize) -> Duration {
    APART.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_226_200_000);

    proptest! {
        #[test]
        fn however_replays_are_asked_for_no_span_has_more_than_its_share(
            asked in proptest::collection::vec((1..500_usize, 0..120_000_u64), 1..40),
        ) {
            let (mut pace, mut now, mut due) = (None, NOW, Vec::new());
            for (count, pause) in asked {
                now = now.plus(Duration::from_millis(pause));
                match ReplayPace::take(pace, count, now) {
                    Ok((times, after)) => {
                        due.extend((0..count).map(|number| times.due(number)));
                        pace = Some(after);
                    }
                    Err(wait) => {
                        prop_assert!(ReplayPace::take(pace, count, now.plus(wait)).is_ok());
                    }
                }
                prop_assert!(pace.is_none_or(|pace| pace.used_until.since(now) < AHEAD + span(500)));
            }
            due.sort();
            for (number, first) in due.iter().enumerate() {
                let within = due[number..].iter().take_while(|at| at.since(*first) < Duration::from_secs(10)).count();
                prop_assert!(within <= 201, "{within}");
            }
        }
    }

    #[test]
    fn a_few_are_due_at_once_and_what_was_given_back_is_there_again() {
        let (times, pace) = ReplayPace::take(None, 500, NOW).expect("room");
        assert_eq!([times.due(0), times.due(100)], [NOW; 2]);
        assert_eq!(times.due(499), NOW.plus(Duration::from_millis(39_900)));
        assert_eq!(pace.less(500).used_until(), NOW);
        let much_later = NOW.plus(Duration::from_hours(1));
        assert_eq!(ReplayPace::take(Some(pace), 1, much_later).expect("room").0.due(0), much_later);
    }
}
