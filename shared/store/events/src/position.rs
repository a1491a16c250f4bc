//! Positions in the feed: texts that sort by time, then by event.

use lambdesk_domain::time::Timestamp;
use lambdesk_table::keys;
use std::{fmt, str::FromStr};

/// A text is not a position in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position")]
pub struct InvalidPosition;

/// A position in the feed: right after an event, or at a point in time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPosition {
    text: String,
    time: Timestamp,
}

impl FeedPosition {
    /// Before every event from this time on.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        let uuid = uuid::Builder::from_unix_timestamp_millis(time.millis(), &[0; 10]).into_uuid();
        Self { text: keys::short(uuid), time }
    }

    /// Its time, to the millisecond.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Its spelling, which sorts as positions do.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for FeedPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for FeedPosition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let uuid = keys::long(text).filter(|uuid| uuid.get_version_num() == 7).ok_or(InvalidPosition)?;
        let (seconds, nanos) = uuid.get_timestamp().ok_or(InvalidPosition)?.to_unix();
        let millis = seconds.saturating_mul(1000).saturating_add(u64::from(nanos) / 1_000_000);
        Ok(Self { text: text.to_owned(), time: Timestamp::from_millis(millis) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn a_position_reads_back_and_sorts_by_its_time(a in 0..1_u64 << 48, b in 0..1_u64 << 48) {
            let (first, second) = (Timestamp::from_millis(a), Timestamp::from_millis(b));
            let position = FeedPosition::at(first);
            prop_assert_eq!(position.as_str().parse(), Ok(position.clone()));
            prop_assert_eq!(position.time(), first);
            prop_assert_eq!(position.cmp(&FeedPosition::at(second)), first.cmp(&second));
        }

        #[test]
        fn any_other_text_is_no_position(
            millis in 0..1_u64 << 48, random: [u8; 10], at in 0_usize..22, other in "[0-9A-Za-z_ -]{0,2}",
        ) {
            let mut text = keys::short(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid());
            text.replace_range(at..=at, &other);
            let id = keys::long(&text).filter(|id| keys::short(*id) == text && id.get_version_num() == 7);
            let time = id.map(|id| Timestamp::from_millis(u64::try_from(id.as_u128() >> 80).expect("48 bits")));
            prop_assert_eq!(text.parse().ok().map(|position: FeedPosition| position.time()), time);
        }

        #[test]
        fn an_events_position_comes_after_its_time(millis in 0..1_u64 << 47, random: [u8; 10]) {
            let event = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            prop_assert!(keys::short(event).as_str() >= FeedPosition::at(Timestamp::from_millis(millis)).as_str());
        }
    }

    #[test]
    fn ids_without_a_time_are_no_positions() {
        assert!(keys::short(Uuid::nil()).parse::<FeedPosition>().is_err());
        assert!(keys::short(Uuid::from_u128(u128::MAX)).parse::<FeedPosition>().is_err());
    }
}
