//! Lists of tickets: every filter with every order, page by page, both ways.
//!
//! What is read for which question, and at what cost, is in [`plan`].

mod count;
mod days;
mod filter;
mod keyed;
mod newest;
mod page;
mod plan;
mod run;
mod searched;
mod sort;
mod source;
mod walk;

pub use filter::{CustomFilter, ListFilter, Period};
pub use sort::{Sort, SortBy};

use crate::{
    client::Store,
    error::StoreError,
    events::InvalidPosition,
    keys::{self, State, Tenant},
    search::Search,
};
use lambdesk_domain::{access::Reach, ticket::Ticket, time::Timestamp};
use plan::{FEW_FOUND, Plan, plan};
use source::ENDS;
use std::{fmt, str::FromStr, time::Duration};

/// How deep page numbers reach, in tickets; cursors reach everything.
pub const DEEPEST: usize = 1_000;
/// How far a ticket's id may have been made from its `created_at`: one request at most.
const MAKING: Duration = Duration::from_mins(1);

/// A place in a list: right beyond a ticket. Written as one text, which reads back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    place: String,
    /// Rows beyond the place that are still to be left out: a page by number spent its
    /// budget before it came to its own.
    skip: usize,
}

impl Position {
    /// Right beyond this ticket.
    #[must_use]
    pub fn of(ticket: &Ticket, by: SortBy) -> Self {
        Self::at(by.place(ticket))
    }

    const fn at(place: String) -> Self {
        Self { place, skip: 0 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.skip, self.place)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (skip, place) = text.split_once(':').ok_or(InvalidPosition)?;
        Ok(Self { place: place.to_owned(), skip: skip.parse().map_err(|_| InvalidPosition)? })
    }
}

/// Which way a page goes from its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// From the beginning of the list, leaving out so many.
    First { skip: usize },
    /// Onwards from a position.
    After(Position),
    /// Back from a position.
    Before(Position),
}

/// What is asked of the list.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// Where tickets are looked for.
    pub states: Vec<State>,
    /// What they must be like.
    pub filter: ListFilter,
    /// The words that they must say.
    pub search: Option<Search>,
    /// Leave out those whose follow-up is still to come.
    pub hide_put_off: bool,
    /// Who asks may see these.
    pub reach: Reach,
    /// In which order.
    pub sort: Sort,
    /// Where to begin.
    pub start: Start,
    /// How many, 1 to 100.
    pub limit: u16,
    /// The time, for follow-ups.
    pub now: Timestamp,
}

/// A page of tickets in the order of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The tickets.
    pub tickets: Vec<Ticket>,
    /// Where the list goes on; none at its end.
    pub next: Option<Position>,
    /// Where it goes back; none at its beginning.
    pub previous: Option<Position>,
}

/// How many tickets match: all of them, or at least so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Counted.
    pub count: u64,
    /// Everything was counted.
    pub is_exact: bool,
}

/// A search finds more tickets than are sorted for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {FEW_FOUND} tickets match")]
pub struct TooMany;

impl ListQuery {
    /// How many rows the page leaves out at its beginning.
    const fn skip(&self) -> usize {
        match &self.start {
            Start::First { skip } | Start::After(Position { skip, .. }) => *skip,
            Start::Before(_) => 0,
        }
    }

    /// How many rows a page must have seen to know that it is full and whether
    /// there is more.
    fn wanted(&self) -> usize {
        self.skip() + usize::from(self.limit) + 1
    }

    /// Whether the page is read towards greater places.
    const fn is_ascending(&self) -> bool {
        matches!(self.start, Start::Before(_)) == self.sort.descending
    }

    /// The places, both included, between which the rows of the page are.
    fn range(&self) -> (String, String) {
        let (mut low, mut high) = self.bounds();
        if let Start::After(Position { place, .. }) | Start::Before(Position { place, .. }) = &self.start {
            if self.is_ascending() {
                low = low.max(keys::after(place));
            } else {
                high = high.min(keys::before(place));
            }
        }
        (low, high)
    }

    /// The places between which a period that is filtered by is, in this order.
    fn bounds(&self) -> (String, String) {
        let (period, margin) = match self.sort.by {
            SortBy::LastActivity => (self.filter.last_activity, Duration::ZERO),
            SortBy::Updated => (self.filter.updated, Duration::ZERO),
            SortBy::Created => (self.filter.created, MAKING),
            SortBy::Priority | SortBy::Status | SortBy::Number => (Period::default(), Duration::ZERO),
        };
        let from = period.from.map(|from| keys::time_place(from.minus(margin)));
        let until = period.until.map(|until| keys::before(&keys::time_place(until.plus(margin))));
        (from.unwrap_or_else(|| ENDS.0.to_owned()), until.unwrap_or_else(|| ENDS.1.to_owned()))
    }
}

impl Store {
    /// One page of tickets.
    ///
    /// # Errors
    /// When the table fails; the inner error for a search that finds too much to be
    /// sorted by anything but the number.
    pub async fn list(&self, tenant: &Tenant, query: &ListQuery) -> Result<Result<ListPage, TooMany>, StoreError> {
        Ok(Ok(match plan(query) {
            Plan::Nothing => page::cut(query, Vec::new()),
            Plan::Search(search) => return self.searched(tenant, query, search).await,
            Plan::Walk(walk) => self.walk(tenant, query, &walk).await?,
            Plan::Days(days, walk) => match self.walk_days(tenant, query, &days).await? {
                Some(page) => page,
                None => self.walk(tenant, query, &walk).await?,
            },
            Plan::Few(sources, most, walk) => self.few_or_walk(tenant, query, (&sources, most), &walk).await?,
        }))
    }
}
