//! Durations that count as equal.

use std::time::Duration;

/// Parts into which every doubling is divided, as a power of two.
const FINE: u32 = 4;
/// 136 years, in seconds: longer ones count as this long.
const LONGEST: u64 = u32::MAX as u64;
/// The bucket of [`LONGEST`].
const LAST: u16 = 463;

/// Durations that count as equal: exact to the second below 32 s, above that no
/// wider than a sixteenth, so that its middle is at most 3.2 % off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistogramBucket(u16);

impl HistogramBucket {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_buckets_middle_is_close_and_buckets_sort_as_durations(a in 0..=LONGEST, b in 0..=LONGEST) {
            let (one, other) = (HistogramBucket::of(Duration::from_secs(a)), HistogramBucket::of(Duration::from_secs(b)));
            prop_assert!(one.seconds().abs_diff(a) * 1000 <= a * 32, "{} for {}", one.seconds(), a);
            prop_assert!(a > b || one <= other);
            prop_assert_eq!(HistogramBucket::from_number(one.number()), Some(one));
            prop_assert_eq!(HistogramBucket::of(Duration::from_secs(one.seconds())), one);
        }
    }

    #[test]
    fn seconds_are_exact_while_they_are_few() {
        for seconds in 0..32 {
            assert_eq!(HistogramBucket::of(Duration::from_millis(seconds * 1000 + 999)).seconds(), seconds);
        }
        assert_eq!(HistogramBucket::of(Duration::MAX).number(), LAST);
    }
}
