//! How long things took: a histogram that is small however many there were.

use super::{
    bucket::HistogramBucket,
    counters::{Counter, Counters, Span},
};
use std::collections::BTreeMap;

/// How long many things took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    count: u64,
    millis: u64,
    buckets: BTreeMap<HistogramBucket, u64>,
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
    /// the precision of a [`HistogramBucket`]); none of nothing.
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
    use std::time::Duration;

    fn times(millis: &[u64]) -> Times {
        let mut tally = Tally::default();
        let cell = Cell::Now(Group::All);
        for millis in millis {
            let took = Duration::from_millis(*millis);
            tally.bump(cell, Counter::Took(Span::Resolution, HistogramBucket::of(took)), 1);
            tally.bump(cell, Counter::Millis(Span::Resolution), i64::try_from(*millis).expect("small"));
        }
        tally.iter().next().map(|(_, counters)| Times::of(counters, Span::Resolution)).unwrap_or_default()
    }

    proptest! {
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
    fn nothing_has_neither_mean_nor_median() {
        assert_eq!((times(&[]).mean(), times(&[]).percentile(50)), (None, None));
    }
}
