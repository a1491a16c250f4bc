//! Points in time, to the millisecond, in UTC.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

/// A point in time with millisecond precision, written as RFC 3339 UTC
/// (`2026-11-21T09:30:00.000Z`). From 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// Why a text is no [`Timestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time between 1970 and 9999-12-30T22:00:00Z")]
pub struct InvalidTime;

/// 9999-12-30T22:00:00.999Z, the last instant that reads back: the calendar's library ends
/// there, so that every offset has a four-digit year.
const LAST_MILLISECOND: u64 = 253_402_207_200_999;

impl Timestamp {
    /// The start of the range.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since the epoch; later than 9999 is clamped.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis > LAST_MILLISECOND { LAST_MILLISECOND } else { millis })
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, as TTL attributes and signatures want them.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// This much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This much earlier, not before the epoch.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// How long after `earlier`; zero when it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_ref())
    }
}

/// A time as it is written.
struct Text([u8; 24]);

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Timestamp {
    /// Digit by digit: an answer has hundreds of times, and formatting each took
    /// longer than reading its item.
    fn text(self) -> Text {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        let time = jiff::tz::Offset::UTC.to_datetime(time);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let parts = [
            (0..4, i32::from(time.year())),
            (5..7, time.month().into()),
            (8..10, time.day().into()),
            (11..13, time.hour().into()),
            (14..16, time.minute().into()),
            (17..19, time.second().into()),
            (20..23, time.millisecond().into()),
        ];
        for (place, mut number) in parts {
            for digit in text.get_mut(place).into_iter().flatten().rev() {
                *digit += u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        Text(text)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let time: jiff::Timestamp = text.parse().map_err(|_| InvalidTime)?;
        let millis = u64::try_from(time.as_millisecond()).map_err(|_| InvalidTime)?;
        if millis > LAST_MILLISECOND { Err(InvalidTime) } else { Ok(Self(millis)) }
    }
}

impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.text().as_ref())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in 0..=LAST_MILLISECOND) {
            let time = Timestamp::from_millis(millis);
            prop_assert_eq!(time.to_string().parse(), Ok(time));
            prop_assert_eq!(time.to_string().len(), 24);
            let expected = jiff::Timestamp::from_millisecond(i64::try_from(millis).expect("it fits")).expect("in range");
            prop_assert_eq!(time.to_string(), format!("{expected:.3}"));
        }

        #[test]
        fn any_text_is_parsed_or_refused(
            clock in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]", zone in "Z|[+]00:00|", other in ".*",
        ) {
            if let Ok(time) = format!("{clock}{zone}").parse::<Timestamp>() {
                prop_assert!(!zone.is_empty());
                prop_assert_eq!(time.to_string(), format!("{clock}.000Z"));
            }
            if let Ok(time) = other.parse::<Timestamp>() {
                prop_assert_eq!(time.to_string().parse(), Ok(time));
            }
        }

        #[test]
        fn every_second_from_1970_on_is_parsed_and_none_before(seconds in -100_000_000_000_i64..=253_402_207_200) {
            let text = jiff::Timestamp::from_second(seconds).expect("a time").to_string();
            let millis = u64::try_from(seconds).map(|seconds| seconds * 1000);
            prop_assert_eq!(text.parse(), millis.map(Timestamp::from_millis).map_err(|_| InvalidTime));
        }
    }

    #[test]
    fn offsets_become_utc_with_milliseconds() {
        let time: Timestamp = "2026-11-21T10:30:00+01:00".parse().expect("valid");
        assert_eq!(time.to_string(), "2026-11-21T09:30:00.000Z");
    }
}
