//! How long things took: a histogram that is small however many there were.

use super::{Counter, Counters, Span};
use std::{collections::BTreeMap, time::Duration};

/// Parts into which every doubling is divided, as a power of two.
const FINE: u32 = 4;
/// 136 years, in seconds: longer ones count as this long.
const LONGEST: u64 = u32::MAX as u64;
/// The bucket of [`LONGEST`].
const LAST: u16 = 463;

/// Durations that count as equal: exact to the second below 32 s, above that no
/// wider than a sixteenth, so that its middle is at most 3.2 % off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u16);

impl Bucket {
    /// Where a duration counts.
    #[must_use]
    pub fn of(duration: Duration) -> Self {
        let seconds = duration.as_secs().min(LONGEST);
        let shift = seconds.max(1).ilog2().saturating_sub(FINE);
        let index = (u64::from(shift) << FINE) + (seconds >> shift);
        Self(u16::try_from(index).unwrap_or(LAST))
    }

    /// By its number; none beyond the last.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        (number <= LAST).then_some(Self(number))
    }

    /// Its number, in the order of the durations.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The middle of it, in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        let shift = (self.0 >> FINE).saturating_sub(1);
        let lowest = (self.0 as u64 - ((shift as u64) << FINE)) << shift;
        lowest + (1 << shift) / 2
    }
}

/// How long many things took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    count: u64,
    millis: u64,
    buckets: BTreeMap<Bucket, u64>,
}

impl Times {
    /// As counted.
    #[must_use]
    pub fn of(counters: &Counters, span: Span) -> Self {
        let mut times = Self { millis: counters.get(Counter::Millis(span)), ..Self::default() };
        for (counter, count) in counters.iter() {
            if let Counter::Took(of, bucket) = counter
                && of == span
            {
                times.buckets.insert(bucket, count);
                times.count += count;
            }
        }
        times
    }

    /// How many.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The mean in seconds, exact but for rounding; none of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<u64> {
        self.millis.checked_div(self.count).map(|millis| millis / 1000)
    }

    /// The seconds within which so many percent of them were done (nearest rank, to
    /// the precision of a [`Bucket`]); none of nothing.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = self.count.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= rank {
                return Some(bucket.seconds());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Group, Tally};
    use proptest::prelude::*;

    fn times(millis: &[u64]) -> Times {
        let mut tally = Tally::default();
        let cell = Cell::Now(Group::All);
        for millis in millis {
            let took = Duration::from_millis(*millis);
            tally.bump(cell, Counter::Took(Span::Resolution, Bucket::of(took)), 1);
            tally.bump(cell, Counter::Millis(Span::Resolution), i64::try_from(*millis).expect("small"));
        }
        tally.iter().next().map(|(_, counters)| Times::of(counters, Span::Resolution)).unwrap_or_default()
    }

    proptest! {
        #[test]
        fn a_buckets_middle_is_close_and_buckets_sort_as_durations(a in 0..=LONGEST, b in 0..=LONGEST) {
            let (one, other) = (Bucket::of(Duration::from_secs(a)), Bucket::of(Duration::from_secs(b)));
            prop_assert!(one.seconds().abs_diff(a) * 1000 <= a * 32, "{} for {}", one.seconds(), a);
            prop_assert!(a > b || one <= other);
            prop_assert_eq!(Bucket::from_number(one.number()), Some(one));
            prop_assert_eq!(Bucket::of(Duration::from_secs(one.seconds())), one);
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_list_but_for_the_buckets_width(mut millis in prop::collection::vec(0..10_000_000_000_u64, 1..60), percent in 1..=100_u64) {
            let measured = times(&millis);
            millis.sort_unstable();
            let rank = (millis.len() as u64 * percent).div_ceil(100);
            let exact = millis[usize::try_from(rank - 1).expect("small")] / 1000;
            let told = measured.percentile(percent).expect("some");
            prop_assert!(told.abs_diff(exact) * 1000 <= exact * 32, "{} for {}", told, exact);
            prop_assert_eq!(measured.mean(), Some(millis.iter().sum::<u64>() / millis.len() as u64 / 1000));
            prop_assert_eq!(measured.count(), millis.len() as u64);
        }
    }

    #[test]
    fn seconds_are_exact_while_they_are_few() {
        for seconds in 0..32 {
            assert_eq!(Bucket::of(Duration::from_millis(seconds * 1000 + 999)).seconds(), seconds);
        }
        assert_eq!(Bucket::of(Duration::MAX).number(), LAST);
    }

    #[test]
    fn nothing_has_neither_mean_nor_median() {
        assert_eq!((times(&[]).mean(), times(&[]).percentile(50)), (None, None));
    }
}
