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
