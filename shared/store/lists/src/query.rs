//! The query of a list and its page. Pure: filter, order and position in; the range of
//! places that the page lies in out.

use crate::{
    filter::{ListFilter, Period},
    position::{ENDS, ListPosition, ListStart},
    sort::{Sort, SortBy},
};
use lambdesk_domain::{access::Reach, ticket::Ticket, time::Timestamp};
use lambdesk_store_search::Search;
use lambdesk_table::keys::{self, State};
use std::time::Duration;

/// How deep page numbers reach, in tickets; cursors reach everything.
pub const DEEPEST: usize = 1_000;
/// How far a ticket's id may have been made from its `created_at`: one request at most.
const MAKING: Duration = Duration::from_mins(1);

/// The query of a list.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// Where tickets are looked for.
    pub states: Vec<State>,
    /// What they must be like.
    pub filter: ListFilter,
    /// The words that they must have.
    pub search: Option<Search>,
    /// Leave out snoozed tickets: those whose follow-up is still to come.
    pub hide_snoozed: bool,
    /// Leave out tickets that the caller may not see.
    pub reach: Reach,
    /// In which order.
    pub sort: Sort,
    /// Where to begin.
    pub start: ListStart,
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
    pub next: Option<ListPosition>,
    /// Where it goes back; none at its beginning.
    pub previous: Option<ListPosition>,
}

/// How many tickets match: all of them, or at least so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Counted.
    pub count: u64,
    /// Everything was counted.
    pub is_exact: bool,
}

impl ListQuery {
    /// Whether a ticket belongs in the list: what the filter expression asks of the
    /// table, and the state.
    pub(crate) fn matches(&self, ticket: &Ticket) -> bool {
        let channel = ticket.channel.as_ref();
        self.states.contains(&State::of(ticket.shelf, ticket.status))
            && self.reach.covers(ticket.assignee, channel.map(|channel| channel.id))
            && !(self.hide_snoozed && ticket.is_put_off(self.now))
            && self.filter.matches(ticket)
    }

    /// How many rows the page leaves out at its beginning.
    pub(crate) const fn skip(&self) -> usize {
        match &self.start {
            ListStart::First { skip } | ListStart::After(ListPosition { skip, .. }) => *skip,
            ListStart::Before(_) => 0,
        }
    }

    /// How many rows a page must have seen to know that it is full and whether
    /// there is more.
    pub(crate) fn wanted(&self) -> usize {
        self.skip() + usize::from(self.limit) + 1
    }

    /// Whether the page is read towards greater places.
    pub(crate) const fn is_ascending(&self) -> bool {
        matches!(self.start, ListStart::Before(_)) == self.sort.descending
    }

    /// The places, both included, between which the rows of the page are.
    pub(crate) fn range(&self) -> (String, String) {
        let (mut low, mut high) = self.bounds();
        if let ListStart::After(ListPosition { place, .. }) | ListStart::Before(ListPosition { place, .. }) =
            &self.start
        {
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
