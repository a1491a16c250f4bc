//! Positions in a list: where a page begins and where it goes on.

use crate::sort::SortBy;
use lambdesk_domain::ticket::Ticket;
use std::{fmt, str::FromStr};

/// Sorts before every key and after every key of a partition.
pub const ENDS: (&str, &str) = ("!", "~");

/// A position in a list: right beyond a ticket. Written as one text, which reads back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPosition {
    pub(crate) place: String,
    /// Rows beyond the place that are still to be left out: a page by number spent its
    /// budget before it came to its own.
    pub(crate) skip: usize,
}

/// A position in a list could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a list")]
pub struct InvalidListPosition;

impl ListPosition {
    /// Right beyond this ticket.
    #[must_use]
    pub fn of(ticket: &Ticket, by: SortBy) -> Self {
        Self::at(by.place(ticket))
    }

    pub(crate) const fn at(place: String) -> Self {
        Self { place, skip: 0 }
    }
}

impl fmt::Display for ListPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.skip, self.place)
    }
}

impl FromStr for ListPosition {
    type Err = InvalidListPosition;

    fn from_str(text: &str) -> Result<Self, InvalidListPosition> {
        let (skip, place) = text.split_once(':').ok_or(InvalidListPosition)?;
        Ok(Self { place: place.to_owned(), skip: skip.parse().map_err(|_| InvalidListPosition)? })
    }
}

/// Which way a page goes from its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListStart {
    /// From the beginning of the list, leaving out so many tickets.
    First {
        /// How many.
        skip: usize,
    },
    /// Onwards from a position.
    After(ListPosition),
    /// Back from a position.
    Before(ListPosition),
}

/// The part of a search's hits that a page is in: hits are sorted in parts where they are
/// many. Numbers are those of tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartPosition {
    /// From the newest ticket down.
    First,
    /// Down from below a number.
    Below(u64),
    /// Up from above a number, seen from its end.
    Above(u64),
    /// Between two numbers, both included.
    Within {
        /// The highest.
        high: u64,
        /// The lowest.
        low: u64,
    },
}

impl PartPosition {
    /// A place within the part, as the place of a list's position.
    pub fn place(self, place: &str) -> String {
        match self {
            Self::First => place.to_owned(),
            Self::Below(number) => format!("<{number}:"),
            Self::Above(number) => format!(">{number}:"),
            Self::Within { high, low } => format!("={high},{low}:{place}"),
        }
    }

    /// Reads [`PartPosition::place`]: the part and the place within it. A place of no part
    /// is none.
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let (part, place) = text.split_once(':')?;
        let mut part = part.chars();
        let (kind, numbers) = (part.next()?, part.as_str());
        let part = match kind {
            '<' => Self::Below(numbers.parse().ok()?),
            '>' => Self::Above(numbers.parse().ok()?),
            '=' => {
                let (high, low) = numbers.split_once(',')?;
                Self::Within { high: high.parse().ok()?, low: low.parse().ok()? }
            }
            _ => return None,
        };
        Some((part, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_part_and_its_place_read_back_from_a_position(high: u64, low: u64, place in "[!-~]{0,40}", skip: usize) {
            let parts = [PartPosition::Below(high), PartPosition::Above(low), PartPosition::Within { high, low }];
            for part in parts {
                let position = ListPosition { place: part.place(&place), skip };
                let read: ListPosition = position.to_string().parse().expect("a position");
                prop_assert_eq!(&read, &position);
                let within = if matches!(part, PartPosition::Within { .. }) { place.as_str() } else { "" };
                prop_assert_eq!(PartPosition::parse(&read.place), Some((part, within)));
            }
        }
    }

    #[test]
    fn a_place_of_a_ticket_is_of_no_part() {
        for place in ["", "end", "0-abcZ_9", "00000000000000000007abc", "!", "~", "<x:", "=1:", "=1,:", "7:8"] {
            assert_eq!(PartPosition::parse(place), None, "{place}");
        }
    }
}
