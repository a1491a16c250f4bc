//! What is counted, and the counters' arithmetic.

use super::bucket::HistogramBucket;
use crate::{
    day::Day,
    id::{ChannelId, UserId},
    status::{Awaiting, Lifecycle, Status, words},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Where a ticket counts: under its status, unless it is archived or trashed.
    Standing {
        Open = "open", InProgress = "in_progress", Waiting = "waiting", OnHold = "on_hold",
        Resolved = "resolved", Closed = "closed", Spam = "spam",
        Unprocessed = "unprocessed", Archived = "archived",
    }
}

words! {
    /// What is counted on the day when it happens.
    Happening {
        /// A new ticket, also one that is held back or spam.
        Created = "created",
        /// Done: resolved or closed, and neither before.
        Resolved = "resolved",
        /// Closed, and not before.
        Closed = "closed",
        /// Active again after it was resolved or closed.
        Reopened = "reopened",
        /// A message from us to the customer; one that opens a ticket is none.
        Replied = "replied",
    }
}

words! {
    /// How long something took.
    Span {
        /// From creation to our first answer.
        FirstResponse = "first_response" as 'f',
        /// From creation to resolved or closed.
        Resolution = "resolution" as 'r',
    }
}

impl Standing {
    /// Of a ticket on this lifecycle state with this status; none in the trash.
    #[must_use]
    pub const fn of(lifecycle: Lifecycle, status: Status) -> Option<Self> {
        match lifecycle {
            Lifecycle::Trashed => None,
            Lifecycle::Unprocessed => Some(Self::Unprocessed),
            Lifecycle::Archived => Some(Self::Archived),
            Lifecycle::Live => Some(match status {
                Status::Open => Self::Open,
                Status::InProgress => Self::InProgress,
                Status::Waiting => Self::Waiting,
                Status::OnHold => Self::OnHold,
                Status::Resolved => Self::Resolved,
                Status::Closed => Self::Closed,
                Status::Spam => Self::Spam,
            }),
        }
    }

    /// Something is still to be done.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::InProgress | Self::Waiting | Self::OnHold)
    }
}

/// Which tickets are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// All of the workspace.
    All,
    /// Those of a channel, or without one.
    Channel(Option<ChannelId>),
    /// Those of an assignee, or of nobody.
    Assignee(Option<UserId>),
}

/// Counters that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Tickets that are there now.
    Now(Group),
    /// What happened on a day.
    Day(Group, Day),
}

/// One counter of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Tickets that stand so.
    Standing(Standing),
    /// Active ones that await somebody; of [`Group::All`] only.
    Awaiting(Awaiting),
    /// How often it happened.
    Happened(Happening),
    /// What took about so long.
    Took(Span, HistogramBucket),
    /// How many milliseconds all of it took together.
    Millis(Span),
}

/// The counters of one cell. Those that aren't there are zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<Counter, i64>);

impl Counters {
    /// How many; zero while what would make it positive is still to be added.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(&counter).map_or(0, |count| u64::try_from(*count).unwrap_or(0))
    }

    /// All that are positive.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> {
        self.0.iter().filter_map(|(counter, count)| Some((*counter, u64::try_from(*count).ok()?)))
    }

    /// All as they were added up.
    pub fn raw(&self) -> impl Iterator<Item = (Counter, i64)> {
        self.0.iter().map(|(counter, count)| (*counter, *count))
    }

    /// Adds others to these.
    pub fn add(&mut self, others: &Self) {
        others.raw().for_each(|(counter, by)| self.bump(counter, by));
    }

    /// How many tickets that stand in one of these ways.
    #[must_use]
    pub fn standing(&self, is_wanted: impl Fn(Standing) -> bool) -> u64 {
        let wanted = Standing::ALL.iter().filter(|standing| is_wanted(**standing));
        wanted.map(|standing| self.get(Counter::Standing(*standing))).sum()
    }

    fn bump(&mut self, counter: Counter, by: i64) {
        let count = self.0.entry(counter).or_default();
        *count += by;
        if *count == 0 {
            self.0.remove(&counter);
        }
    }
}

impl FromIterator<(Counter, i64)> for Counters {
    fn from_iter<I: IntoIterator<Item = (Counter, i64)>>(counters: I) -> Self {
        let mut all = Self::default();
        counters.into_iter().for_each(|(counter, by)| all.bump(counter, by));
        all
    }
}

/// Additions to counters, cell by cell. What adds up to nothing is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Cell, Counters>);

impl Tally {
    /// Adds another's additions.
    pub fn add(&mut self, other: &Self) {
        for (cell, counters) in other.iter() {
            counters.raw().for_each(|(counter, by)| self.bump(cell, counter, by));
        }
    }

    /// What is to be added to which cell.
    pub fn iter(&self) -> impl Iterator<Item = (Cell, &Counters)> {
        self.0.iter().map(|(cell, counters)| (*cell, counters))
    }

    /// How many cells it touches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Nothing is to be added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bump(&mut self, cell: Cell, counter: Counter, by: i64) {
        let counters = self.0.entry(cell).or_default();
        counters.bump(counter, by);
        if counters.0.is_empty() {
            self.0.remove(&cell);
        }
    }
}
