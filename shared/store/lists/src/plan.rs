//! The planner: from a query to the rows that its page is read from. Pure.
//!
//! | asked for | read | of 25 rows: round trips, units |
//! |---|---|---|
//! | by last activity | the list index, one query per state, merged | 1 at once, 2 to 3 per full state |
//! | by status | the list index, the first state, then the others together; of archived and trashed ones each status by itself | 1 or 2, 3 per state that is needed |
//! | active ones of assignees or of nobody | the assignee index, whole up to [a limit](crate::selective::Selectivity::limit), sorted here; by creation: walked | 1, 3 by creation, else 0.1 per ticket |
//! | of contacts | their rows; up to the limit sorted here; by creation: walked | 2, 14 by creation, else 0.5 per ticket |
//! | of accounts, uids, teams, categories, with tags, custom values, by creation | their rows | 2, 14 |
//! | the same by last activity | their day rows, whole days, sorted here | 2 to 3, 15 and 0.5 per further ticket of the last day |
//! | the same in other orders | up to the limit sorted here | 2, 0.5 per ticket |
//! | more of them, up to 1,000 | their keys held against those of the order, before ticket items are read | 3 to 5, 30 to 50 |
//! | by creation | the order index and order rows, a range per priority and group | 2, 13 for the ticket items and 0.5 per range |
//! | by priority | the same, in one range per group | 2, 14 |
//! | by last change | the updated rows, one query per group, left out by their columns | 2, 13.5; of 1 %: 3, 40 |
//! | by number | the number rows, filtered by group | 2, 13.5 |
//! | words | the search index, by number; in other orders as many hits as are looked up for 25 units, sorted here or held against the keys of the order | 1 to 3 of the search, 2 or more, 0.5 to 1 per ticket item |
//! | of channels, assignees whatever the status, by creation | their rows | 2, 14 |
//! | the same, sources, channel types, priorities, whose turn it is, what is visible, by last activity | some ticket items of the list index, then the activity rows, left out by their columns | 1 to 4; of 1 %: 45 |
//! | any other filter | the rows of the order, left out here or by the table | up to 50 units, then a short page |
//!
//! Sources are read as whole ticket items where an index holds them, and else as keys,
//! whose ticket items are read in batches. A page that has spent its budget comes back short,
//! with the place where it stopped: never a scan, never an unbounded loop.

use crate::{filter::Filter, query::ListQuery, selective::Selective, sort::SortBy, source::RowSource};
use lambdesk_domain::{
    access::VisibilityScope,
    status::{Priority, Status},
};
use lambdesk_store_search::Search;
use lambdesk_table::keys::{State, StateGroup};
use std::collections::BTreeSet;

/// The most index entries or assignees that are read for one page. Beyond so
/// many values the filter is applied to the rows of the order.
const MOST_VALUES: usize = 20;

/// How a page is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan<'a> {
    /// Nothing can match.
    Nothing,
    /// The hits of a search.
    Search(&'a Search),
    /// Selective sources, sorted here; else, when they have too many rows, the walk.
    Selective(Selective, OrderedScan),
    /// By last activity, day by day; else, when a day has too many, the walk.
    Days(OrderedScan, OrderedScan),
    /// In the order of the list, as far as needed.
    Ordered(OrderedScan),
}

/// Rows in the order of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedScan {
    /// What is merged.
    pub sources: Vec<RowSource>,
    /// Most rows are expected to belong in the list.
    pub is_plain: bool,
    /// Where a page goes on that is not full after some ticket items: rows by whose columns
    /// the table leaves out most of what does not belong in the list, at a ninth of the
    /// units.
    pub then: Vec<RowSource>,
}

impl OrderedScan {
    /// Where a page goes on, as a walk of its own.
    pub fn filtered(&self, query: &ListQuery) -> Self {
        Self { sources: self.then.clone(), is_plain: query.is_covered_by_columns(), then: Vec::new() }
    }
}

/// The plan of a query.
pub fn plan(query: &ListQuery) -> Plan<'_> {
    if query.states.is_empty() {
        return Plan::Nothing;
    }
    if let Some(search) = &query.search {
        return Plan::Search(search);
    }
    match selective(query) {
        Some(selective) if query.sort.by == SortBy::Created => Plan::Ordered(walk(query, selective.sources)),
        Some(selective) if query.sort.by == SortBy::LastActivity && is_indexed(&selective) => {
            Plan::Days(walk(query, by_day(selective)), in_order(query))
        }
        Some(selective) => Plan::Selective(selective, in_order(query)),
        None => Plan::Ordered(in_order(query)),
    }
}

/// The rows that select the fewest tickets, by one filter, or by what the caller may see.
fn selective(query: &ListQuery) -> Option<Selective> {
    let own = match query.visibility {
        // Nobody's tickets may be very many.
        VisibilityScope::OwnAndUnassigned(_) => None,
        visibility => Filter::of_reach(visibility),
    };
    let only_active = query.states.iter().all(|state| StateGroup::of(*state) == StateGroup::Active);
    let filters = query.filters.iter().chain(&own);
    let choices = filters.filter_map(|filter| filter.selective(query.sort.by, only_active));
    choices.filter(|choice| choice.sources.len() <= MOST_VALUES).min_by_key(|choice| choice.selectivity)
}

fn is_indexed(selective: &Selective) -> bool {
    selective.sources.iter().all(|source| matches!(source, RowSource::Indexed(_)))
}

fn by_day(selective: Selective) -> Vec<RowSource> {
    let by_day = |source| match source {
        RowSource::Indexed(value) => RowSource::IndexedByDay(value),
        other => other,
    };
    selective.sources.into_iter().map(by_day).collect()
}

/// Selective rows in the order that they have.
fn walk(query: &ListQuery, sources: Vec<RowSource>) -> OrderedScan {
    let is_plain = query.filters.len() <= 1 && is_plain(query, true);
    OrderedScan { sources, is_plain, then: Vec::new() }
}

/// All rows of the states in the order of the list.
pub fn in_order(query: &ListQuery) -> OrderedScan {
    let states: BTreeSet<State> = query.states.iter().copied().collect();
    let groups: BTreeSet<StateGroup> = states.iter().copied().map(StateGroup::of).collect();
    let is_filtered = !query.filters.is_empty();
    let by_state = |then| OrderedScan {
        sources: states.iter().copied().map(RowSource::State).collect(),
        is_plain: !is_filtered && is_plain(query, false),
        then,
    };
    let by_group = |sources, is_plain| OrderedScan { sources, is_plain, then: Vec::new() };
    match query.sort.by {
        SortBy::LastActivity if query.has_columns() => by_state(groups.into_iter().map(RowSource::Active).collect()),
        SortBy::LastActivity => by_state(Vec::new()),
        SortBy::Status => by_status(query, &states),
        SortBy::Created => by_priority(query, &groups),
        SortBy::Priority if query.filters.iter().any(is_priority) => by_priority(query, &groups),
        SortBy::Priority => by_group(
            groups.into_iter().map(|group| RowSource::Order(group, None)).collect(),
            !is_filtered && is_plain(query, true),
        ),
        SortBy::Updated => {
            by_group(groups.into_iter().map(RowSource::Updated).collect(), query.is_covered_by_columns())
        }
        SortBy::Number => {
            by_group(vec![RowSource::Numbers(groups.into_iter().collect())], !is_filtered && is_plain(query, true))
        }
    }
}

/// The rows of the order that tickets are held against: those by last activity whether or
/// not the query names columns, as they are a ninth of a ticket item.
pub fn order_of(query: &ListQuery) -> OrderedScan {
    if query.sort.by != SortBy::LastActivity {
        return in_order(query);
    }
    let groups: BTreeSet<_> = query.states.iter().copied().map(StateGroup::of).collect();
    OrderedScan { sources: groups.into_iter().map(RowSource::Active).collect(), is_plain: true, then: Vec::new() }
}

/// The rows of states; of one that holds several statuses, those of each of these.
fn by_status(query: &ListQuery, states: &BTreeSet<State>) -> OrderedScan {
    let is_asked = |status: &&Status| {
        query.filters.iter().all(|filter| match filter {
            Filter::Status(statuses) => statuses.contains(status),
            _ => true,
        })
    };
    let of = |state: &State| match state {
        State::Live(_) => vec![RowSource::State(*state)],
        kept => Status::ALL.iter().filter(is_asked).map(|status| RowSource::StateOf(*kept, *status)).collect(),
    };
    let is_live = states.iter().all(|state| matches!(state, State::Live(_)));
    let is_plain = is_live && query.filters.is_empty() && is_plain(query, false);
    OrderedScan { sources: states.iter().flat_map(of).collect(), is_plain, then: Vec::new() }
}

/// The rows of groups that have one of the priorities that are asked for, a range each.
fn by_priority(query: &ListQuery, groups: &BTreeSet<StateGroup>) -> OrderedScan {
    let is_asked = |priority: &Priority| {
        query.filters.iter().all(|filter| match filter {
            Filter::Priority(priorities) => priorities.contains(priority),
            _ => true,
        })
    };
    let priorities: BTreeSet<_> = Priority::ALL.iter().copied().filter(is_asked).collect();
    let of = |group: &StateGroup| priorities.iter().map(|one| RowSource::Order(*group, Some(*one))).collect::<Vec<_>>();
    let is_plain = query.filters.iter().all(is_priority) && is_plain(query, true);
    OrderedScan { sources: groups.iter().flat_map(of).collect(), is_plain, then: Vec::new() }
}

const fn is_priority(filter: &Filter) -> bool {
    matches!(filter, Filter::Priority(_))
}

/// Whether few rows are left out by anything but filters: all is visible, and where rows
/// are kept by group, the states are whole groups.
fn is_plain(query: &ListQuery, is_by_group: bool) -> bool {
    query.visibility == VisibilityScope::All && (!is_by_group || query.has_whole_groups())
}

#[cfg(test)]
mod tests;
