//! The query of a list and its page. Pure: filters, order and position in; out comes what
//! the query asks of a ticket, of ticket items, of projected columns, and the range of
//! places that the page lies in.

use crate::{
    columns::{self, ColumnFilter},
    expression::{any, not_after},
    filter::Filter,
    position::{ENDS, ListPosition, ListStart, PartPosition},
    sort::{Sort, SortBy},
};
use lambdesk_domain::{access::VisibilityScope, status::Status, ticket::Ticket, time::Timestamp};
use lambdesk_store_search::Search;
use lambdesk_store_tickets::item::filterable as attr;
use lambdesk_table::{
    Expression,
    item::text,
    keys::{self, Index, State, StateGroup},
};
use std::time::Duration;

/// How far a ticket's id may have been made from its `created_at`: one request at most.
const MAKING: Duration = Duration::from_mins(1);

/// The query of a list.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// Where tickets are looked for.
    pub states: Vec<State>,
    /// What they must be like, in all these respects.
    pub filters: Vec<Filter>,
    /// The words that they must have.
    pub search: Option<Search>,
    /// Leave out snoozed tickets: those whose follow-up is still to come.
    pub hide_snoozed: bool,
    /// Leave out tickets that the caller may not see.
    pub visibility: VisibilityScope,
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
    /// The part of a search's hits that it is of, where there are several.
    pub(crate) part: Option<PartPosition>,
}

impl ListPage {
    /// What this page of a query still lacks, as a query that goes on where it stopped; none
    /// when it is full or the list is at its end.
    pub(crate) fn rest(&self, query: &ListQuery) -> Option<ListQuery> {
        let limit = query.limit.saturating_sub(u16::try_from(self.tickets.len()).unwrap_or(query.limit));
        let is_back = matches!(query.start, ListStart::Before(_));
        let stopped = if is_back { &self.previous } else { &self.next };
        let position = stopped.clone().filter(|_| limit > 0)?;
        let start = if is_back { ListStart::Before(position) } else { ListStart::After(position) };
        Some(ListQuery { start, limit, ..query.clone() })
    }

    /// The tickets of the page, each with the position right beyond it in this order.
    pub fn into_rows(self, by: SortBy) -> impl Iterator<Item = (ListPosition, Ticket)> {
        let part = self.part;
        self.tickets.into_iter().map(move |ticket| {
            let place = by.place(&ticket);
            let place = if let Some(part) = part { part.place(&place) } else { place };
            (ListPosition::at(place), ticket)
        })
    }
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
    /// Whether a ticket belongs in the list.
    pub(crate) fn matches(&self, ticket: &Ticket) -> bool {
        let channel = ticket.channel.as_ref();
        self.states.contains(&State::of(ticket.lifecycle, ticket.status))
            && self.visibility.covers(ticket.assignee, channel.map(|channel| channel.id))
            && !(self.hide_snoozed && ticket.is_snoozed(self.now))
            && self.filters.iter().all(|filter| filter.matches(ticket))
    }

    /// The same as a filter expression for the ticket items of an index; none when nothing is
    /// left out. Whether it is all: what would make it longer than `DynamoDB` takes is left out,
    /// the largest conditions first. The partition of the list index says which state they are
    /// of, that of the assignee index doesn't.
    pub(crate) fn expression(&self, index: Index, into: &mut Expression) -> (Option<String>, bool) {
        let visibility = Filter::of_reach(self.visibility);
        let (filters, is_all) = fitting(self.filters.iter().chain(&visibility));
        let mut parts: Vec<_> = filters.into_iter().map(|filter| filter.expression(into)).collect();
        if self.hide_snoozed {
            parts.push(not_after(attr::FOLLOW_UP, self.now, into));
        }
        if index == Index::Assignee {
            let live = self.states.iter().filter_map(|state| match state {
                State::Live(status) => Some(text(status.as_str())),
                _ => None,
            });
            parts.push(any(&into.name(attr::STATUS), live, into));
        }
        ((!parts.is_empty()).then(|| parts.join(" AND ")), is_all)
    }

    /// The same as conditions on the projected columns of rows of a group: a superset.
    pub(crate) fn columns(&self, group: StateGroup) -> Vec<ColumnFilter> {
        let visibility = Filter::of_reach(self.visibility);
        let columns = self.filters.iter().chain(&visibility).filter_map(Filter::column);
        self.states_among(group).into_iter().chain(columns).collect()
    }

    /// Of a group that holds several states, those that are asked for.
    fn states_among(&self, group: StateGroup) -> Option<ColumnFilter> {
        let held = Status::ALL.iter().copied().filter(|status| StateGroup::of(State::Live(*status)) == group);
        let (asked, others): (Vec<_>, Vec<_>) = held.partition(|status| self.states.contains(&State::Live(*status)));
        (!asked.is_empty() && !others.is_empty()).then(|| columns::statuses(&asked))
    }

    /// Whether columns leave anything out beyond states.
    pub(crate) fn has_columns(&self) -> bool {
        self.visibility != VisibilityScope::All || self.filters.iter().any(|filter| filter.column().is_some())
    }

    /// Whether columns apply all filters.
    pub(crate) fn is_covered_by_columns(&self) -> bool {
        self.filters.iter().all(|filter| filter.column().is_some())
    }

    /// Whether number rows alone say which tickets belong in the list.
    pub(crate) fn is_decided_by_number_rows(&self) -> bool {
        self.filters.is_empty() && self.visibility == VisibilityScope::All && self.has_whole_groups()
    }

    /// Whether its states are whole groups.
    pub(crate) fn has_whole_groups(&self) -> bool {
        let whole = |state: &State| match StateGroup::of(*state) {
            group @ (StateGroup::Active | StateGroup::Done) => {
                let live = Status::ALL.iter().copied().map(State::Live);
                live.filter(|state| StateGroup::of(*state) == group).all(|state| self.states.contains(&state))
            }
            _ => true,
        };
        self.states.iter().all(whole)
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

    /// The places between which the periods that are filtered by are, in this order.
    fn bounds(&self) -> (String, String) {
        let margin = if self.sort.by == SortBy::Created { MAKING } else { Duration::ZERO };
        let periods = || self.filters.iter().filter_map(|filter| filter.period(self.sort.by));
        let from = periods().filter_map(|period| period.from).max();
        let until = periods().filter_map(|period| period.until).min();
        let from = from.map(|from| keys::time_place(from.minus(margin)));
        let until = until.map(|until| keys::before(&keys::time_place(until.plus(margin))));
        (from.unwrap_or_else(|| ENDS.0.to_owned()), until.unwrap_or_else(|| ENDS.1.to_owned()))
    }
}

/// Operators and bytes of a filter expression: `DynamoDB` takes 300 and 4,096, of which some
/// are for the conditions that every list has.
const MOST_OPERATORS: usize = 280;
const MOST_BYTES: usize = 3_800;

/// The filters whose conditions fit into one expression, the smallest first; whether they are
/// all.
fn fitting<'a>(filters: impl Iterator<Item = &'a Filter>) -> (Vec<&'a Filter>, bool) {
    let mut sized: Vec<_> = filters
        .map(|filter| {
            let condition = filter.expression(&mut Expression::default());
            // Names and values have longer placeholders beside others.
            (operators(&condition), condition.len() + 2 * condition.matches([':', '#']).count() + 5, filter)
        })
        .collect();
    sized.sort_by_key(|(operators, bytes, _)| (*operators, *bytes));
    let (mut operators, mut bytes) = (0, 0);
    let all = sized.len();
    let fitting: Vec<_> = sized
        .into_iter()
        .take_while(|(more_operators, more_bytes, _)| {
            operators += more_operators + 1;
            bytes += more_bytes;
            operators <= MOST_OPERATORS && bytes <= MOST_BYTES
        })
        .map(|(_, _, filter)| filter)
        .collect();
    let is_all = fitting.len() == all;
    (fitting, is_all)
}

/// Operators and functions of a condition; never fewer than there are.
fn operators(condition: &str) -> usize {
    let words = [" OR ", " AND ", " IN ", "NOT ", "contains(", "attribute_", "=", "<", ">"];
    words.iter().map(|word| condition.matches(word).count()).sum()
}
