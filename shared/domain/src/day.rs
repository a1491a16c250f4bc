//! Days in UTC, as reports count them.

use crate::time::Timestamp;
use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const SECONDS: u64 = 86_400;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);
/// 9999-12-31.
const LAST: u64 = 2_932_896;

/// A day in UTC, written `2026-11-21`. From 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u64);

/// Why a text is no [`Day`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date between 1970-01-01 and 9999-12-31")]
pub struct InvalidDay;

impl Day {
    /// The one with this instant.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.seconds() / SECONDS)
    }

    /// Its number, counted from the epoch.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// By its number; one after 9999 is clamped.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(if number > LAST { LAST } else { number })
    }

    /// So many days earlier, not before the epoch.
    #[must_use]
    pub const fn minus(self, days: u64) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

impl schemars::JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = i64::try_from(self.0).unwrap_or(i64::MAX);
        let date = Span::new().try_days(days).and_then(|days| EPOCH.checked_add(days)).unwrap_or(Date::MAX);
        write!(f, "{date}")
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let date: Date = text.parse().map_err(|_| InvalidDay)?;
        let days = EPOCH.until(date).map_err(|_| InvalidDay)?.get_days();
        let day = Self(u64::try_from(days).map_err(|_| InvalidDay)?);
        // Compact spellings and dates with a time would be second names for the same day.
        if day.0 <= LAST && day.to_string() == text { Ok(day) } else { Err(InvalidDay) }
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_day_reads_back_and_sorts_as_its_text(a in 0..=LAST, b in 0..=LAST) {
            let (a, b) = (Day::from_number(a), Day::from_number(b));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in "[0-9]{4}-?[01][0-9]-?[0-3][0-9](T00:00)?|.{0,30}") {
            if let Ok(day) = text.parse::<Day>() {
                prop_assert_eq!(day.to_string(), text);
            }
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let at = |text: &str| Day::of(text.parse().expect("a time"));
        assert_eq!(at("2026-11-21T00:00:00Z").to_string(), "2026-11-21");
        assert_eq!(at("2026-11-20T23:59:59.999Z").to_string(), "2026-11-20");
        assert_eq!(at("2026-11-21T00:30:00+01:00").to_string(), "2026-11-20");
    }

    #[test]
    fn the_first_and_the_last_day_are_days() {
        for (number, text) in [(0, "1970-01-01"), (LAST, "9999-12-31")] {
            assert_eq!(Day::from_number(number).to_string(), text);
            assert_eq!(text.parse(), Ok(Day::from_number(number)));
        }
    }

    #[test]
    fn only_one_spelling_is_a_day() {
        for text in
            ["", "20261121", "2026-11-21T00:00", "2026-W47-6", "2026-1-2", "2026-02-30", "1969-12-31", "+002026-11-21"]
        {
            assert_eq!(text.parse::<Day>(), Err(InvalidDay), "{text}");
        }
    }
}
