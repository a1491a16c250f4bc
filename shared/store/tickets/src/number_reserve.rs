//! The numbers that a process has taken ahead. Pure: times come in.

use lambdesk_domain::time::Timestamp;
use std::{ops::Range, time::Duration};

/// How long a number waits for its ticket. What waits longer is a gap.
const FRESH: Duration = Duration::from_secs(2);
/// The most numbers taken at a time.
const MOST: u64 = 10;

/// The numbers of one workspace, as one process knows them.
#[derive(Debug, Clone, Default)]
pub struct NumberReserve {
    /// Taken, and not given out.
    numbers: Range<u64>,
    /// When they were taken.
    taken_at: Option<Timestamp>,
    /// How many were taken then: twice as many each time that all of them were needed.
    size: u64,
    /// When the last number was given out.
    given_at: Option<Timestamp>,
    /// Tickets come in quick succession.
    is_busy: bool,
    /// Since when some are being taken.
    taking_since: Option<Timestamp>,
}

impl NumberReserve {
    /// The next number that waits, of those that have not waited too long.
    pub fn give(&mut self, now: Timestamp) -> Option<u64> {
        if !is_fresh(self.taken_at, now) {
            (self.numbers, self.size) = (0..0, 0);
        }
        self.is_busy = is_fresh(self.given_at, now);
        self.given_at = Some(now);
        self.numbers.next()
    }

    /// How many to take for the tickets that are coming; none while there are some, or while
    /// somebody takes some.
    pub fn begin_to_take(&mut self, now: Timestamp) -> Option<u64> {
        let has_some = self.numbers.start < self.numbers.end || is_fresh(self.taking_since, now);
        if has_some || !self.is_busy {
            return None;
        }
        self.taking_since = Some(now);
        Some((self.size * 2).clamp(1, MOST))
    }

    /// What was taken, if it could be.
    pub fn taken(&mut self, numbers: Option<Range<u64>>, now: Timestamp) {
        self.taking_since = None;
        if let Some(numbers) = numbers {
            self.size = numbers.end - numbers.start;
            (self.numbers, self.taken_at) = (numbers, Some(now));
        }
    }
}

fn is_fresh(since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| since <= now && now.since(since) <= FRESH)
}
