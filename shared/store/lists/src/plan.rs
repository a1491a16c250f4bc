//! The planner: from a query to the rows that its page is read from. Pure.
//!
//! | asked for | read | of 25 rows: round trips, units |
//! |---|---|---|
//! | by last activity | the list index, one query per state, merged | 1 at once, 2 to 3 per full state |
//! | by status | the list index, the first state, then the others together | 1 or 2, 3 per state that is needed |
//! | active ones of assignees or of nobody | the assignee index, whole up to [`ASSIGNED_LIMIT`], sorted here; by creation: walked | 1, 3 by creation, else 0.1 per ticket |
//! | of contacts | their rows; up to [`STRONG_LIMIT`] tickets sorted here; by creation: walked | 2, 14 by creation, else 0.5 per ticket |
//! | of accounts, uids, teams, categories, with tags, custom values, by creation | their rows | 2, 14 |
//! | the same by last activity | their day rows, whole days, sorted here | 2 to 3, 15 and 0.5 per further ticket of the last day |
//! | the same in other orders | up to [`STRONG_LIMIT`] or [`WEAK_LIMIT`] tickets sorted here | 2, 0.5 per ticket |
//! | more of them, up to 1,000 | their keys held against those of the order, before ticket items are read | 3 to 5, 30 to 50 |
//! | by creation | the order index and order rows, a range per priority and group | 2, 13 for the ticket items and 0.5 per range |
//! | by priority | the same, in one range per group | 2, 14 |
//! | by last change | the updated rows, one query per group, left out by their columns | 2, 13.5; of 1 %: 3, 40 |
//! | by number | the number rows, filtered by group | 2, 13.5 |
//! | words | the search index, by number; in other orders up to [`SORTED_HITS`](crate::error::SORTED_HITS) hits sorted here | 1 to 3 of the search, 2 more, 0.5 to 1 per ticket item |
//! | of channels, assignees whatever the status, by creation | their rows | 2, 14 |
//! | the same, sources, channel types, priorities, whose turn it is, what is in reach, by last activity | some ticket items of the list index, then the activity rows, left out by their columns | 1 to 4; of 1 %: 45 |
//! | any other filter | the rows of the order, left out here or by the table | up to 50 units, then a short page |
//!
//! Sources are read as whole ticket items where an index holds them, and else as keys,
//! whose ticket items are read in batches. A page that has spent its budget comes back short,
//! with the place where it stopped: never a scan, never an unbounded loop.

use crate::{columns, filter::ListFilter, query::ListQuery, sort::SortBy, source::RowSource};
use lambdesk_domain::{
    access::Reach,
    custom_field::FieldValue,
    id::UserId,
    status::{Priority, Status},
};
use lambdesk_store_search::Search;
use lambdesk_table::keys::{IndexedValue, State, StateGroup};
use std::collections::BTreeSet;

/// The most active tickets of an assignee that are read whole and sorted here.
pub const ASSIGNED_LIMIT: u16 = 300;
/// The most tickets of a contact, account or uid that are.
pub const STRONG_LIMIT: u16 = 200;
/// The most tickets with a tag, a custom value, of a team or category: beyond, the
/// rows of the order yield more of them for the same units.
pub const WEAK_LIMIT: u16 = 96;
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

/// Sources that probably have few rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Selective {
    /// All of them are read.
    pub sources: Vec<RowSource>,
    /// The most rows of all together that are sorted here.
    pub limit: u16,
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

/// The plan of a query.
pub fn plan(query: &ListQuery) -> Plan<'_> {
    if query.states.is_empty() {
        return Plan::Nothing;
    }
    if let Some(search) = &query.search {
        return Plan::Search(search);
    }
    match selective(query) {
        Some(choice) if query.sort.by == SortBy::Created => Plan::Ordered(choice.walk(query)),
        Some(choice) if query.sort.by == SortBy::LastActivity && choice.is_indexed() => {
            Plan::Days(choice.by_day().walk(query), in_order(query))
        }
        Some(Choice { selective, .. }) => Plan::Selective(selective, in_order(query)),
        None => Plan::Ordered(in_order(query)),
    }
}

/// Selective sources, all by creation, of a part of the filter.
struct Choice {
    selective: Selective,
    /// The filter without that part.
    rest: ListFilter,
}

impl Choice {
    fn is_indexed(&self) -> bool {
        self.selective.sources.iter().all(|source| matches!(source, RowSource::Indexed(_)))
    }

    fn by_day(self) -> Self {
        let by_day = |source| match source {
            RowSource::Indexed(value) => RowSource::IndexedByDay(value),
            other => other,
        };
        let sources = self.selective.sources.into_iter().map(by_day).collect();
        Self { selective: Selective { sources, ..self.selective }, ..self }
    }

    fn walk(self, query: &ListQuery) -> OrderedScan {
        let is_plain = is_plain(query, &self.rest, true);
        OrderedScan { sources: self.selective.sources, is_plain, then: Vec::new() }
    }
}

/// The first of the filters, from those that leave least, by which rows are found.
fn selective(query: &ListQuery) -> Option<Choice> {
    let filter = &query.filter;
    let rest = || filter.clone();
    let contacts = filter.contacts.iter().copied().map(RowSource::Contact).collect();
    let accounts = filter.accounts.iter().copied().map(IndexedValue::Account);
    let uids = filter.uids.iter().cloned().map(IndexedValue::Uid);
    choice(contacts, STRONG_LIMIT, ListFilter { contacts: vec![], ..rest() })
        .or_else(|| indexed(accounts, STRONG_LIMIT, ListFilter { accounts: vec![], ..rest() }))
        .or_else(|| indexed(uids, STRONG_LIMIT, ListFilter { uids: vec![], ..rest() }))
        .or_else(|| choice(assigned(query), ASSIGNED_LIMIT, ListFilter { assignees: vec![], ..rest() }))
        .or_else(|| weak(filter))
        .or_else(|| by_column(query))
}

/// The same of those that may leave many.
fn weak(filter: &ListFilter) -> Option<Choice> {
    let rest = || filter.clone();
    let tags = filter.tags.iter().copied().map(IndexedValue::Tag);
    let teams: Option<Vec<_>> = filter.teams.iter().map(|team| team.map(IndexedValue::Team)).collect();
    let categories = filter.categories.iter().copied().map(IndexedValue::Category);
    custom(filter)
        .or_else(|| indexed(tags, WEAK_LIMIT, ListFilter { tags: vec![], ..rest() }))
        .or_else(|| indexed(teams?, WEAK_LIMIT, ListFilter { teams: vec![], ..rest() }))
        .or_else(|| indexed(categories, WEAK_LIMIT, ListFilter { categories: vec![], ..rest() }))
}

/// Index entries of values that rows have as columns, in the orders whose rows have no
/// columns.
fn by_column(query: &ListQuery) -> Option<Choice> {
    if matches!(query.sort.by, SortBy::LastActivity | SortBy::Updated) {
        return None;
    }
    let filter = &query.filter;
    let rest = || filter.clone();
    let assignees = match query.reach {
        Reach::Own(user) if filter.assignees.is_empty() => Some(vec![IndexedValue::Assignee(user)]),
        _ => filter.assignees.iter().map(|user| user.map(IndexedValue::Assignee)).collect(),
    };
    let channels: Vec<_> = match query.reach {
        Reach::Channel(channel) if filter.channels.is_empty() => vec![channel],
        _ => filter.channels.clone(),
    };
    let channels = channels.into_iter().map(IndexedValue::Channel);
    indexed(assignees.unwrap_or_default(), WEAK_LIMIT, ListFilter { assignees: vec![], ..rest() })
        .or_else(|| indexed(channels, WEAK_LIMIT, ListFilter { channels: vec![], ..rest() }))
}

/// By the first custom field. Several choices as a whole have no index entry.
fn custom(filter: &ListFilter) -> Option<Choice> {
    let (first, others) = filter.custom.split_first()?;
    if first.values.iter().any(|value| matches!(value, FieldValue::Choices(_))) {
        return None;
    }
    let values = first.values.iter().map(|value| IndexedValue::Custom(first.key.clone(), value.clone()));
    indexed(values, WEAK_LIMIT, ListFilter { custom: others.to_vec(), ..filter.clone() })
}

fn indexed(values: impl IntoIterator<Item = IndexedValue>, limit: u16, rest: ListFilter) -> Option<Choice> {
    choice(values.into_iter().map(RowSource::Indexed).collect(), limit, rest)
}

fn choice(sources: Vec<RowSource>, limit: u16, rest: ListFilter) -> Option<Choice> {
    (1..=MOST_VALUES).contains(&sources.len()).then_some(Choice { selective: Selective { sources, limit }, rest })
}

/// The partitions of the assignee index, when they hold all that is asked for.
fn assigned(query: &ListQuery) -> Vec<RowSource> {
    let is_active = query.states.iter().all(|state| StateGroup::of(*state) == StateGroup::Active);
    let assignees: BTreeSet<Option<UserId>> = match query.reach {
        Reach::Own(user) if query.filter.assignees.is_empty() => [Some(user)].into(),
        _ => query.filter.assignees.iter().copied().collect(),
    };
    if is_active { assignees.into_iter().map(RowSource::Assigned).collect() } else { Vec::new() }
}

/// All rows of the states in the order of the list.
fn in_order(query: &ListQuery) -> OrderedScan {
    let states: BTreeSet<State> = query.states.iter().copied().collect();
    let groups: BTreeSet<StateGroup> = states.iter().copied().map(StateGroup::of).collect();
    let walk = |sources, rest: &ListFilter, is_coarse| {
        let is_plain = is_plain(query, rest, is_coarse);
        OrderedScan { sources, is_plain, then: Vec::new() }
    };
    let priorities: BTreeSet<Priority> = match &query.filter.priorities {
        all if all.is_empty() => Priority::ALL.iter().copied().collect(),
        some => some.iter().copied().collect(),
    };
    let filter = &query.filter;
    let any_priority = ListFilter { priorities: vec![], ..filter.clone() };
    let by_priority = || {
        let of =
            |group: &StateGroup| priorities.iter().map(|one| RowSource::Order(*group, Some(*one))).collect::<Vec<_>>();
        groups.iter().flat_map(of).collect()
    };
    match query.sort.by {
        SortBy::LastActivity if columns::are_wanted(query) => OrderedScan {
            then: groups.into_iter().map(RowSource::Active).collect(),
            ..walk(states.into_iter().map(RowSource::State).collect(), filter, false)
        },
        SortBy::LastActivity | SortBy::Status => {
            walk(states.into_iter().map(RowSource::State).collect(), filter, false)
        }
        SortBy::Priority if filter.priorities.is_empty() => {
            walk(groups.into_iter().map(|group| RowSource::Order(group, None)).collect(), filter, true)
        }
        SortBy::Created | SortBy::Priority => walk(by_priority(), &any_priority, true),
        SortBy::Updated => OrderedScan {
            is_plain: columns::cover(query),
            ..walk(groups.into_iter().map(RowSource::Updated).collect(), filter, true)
        },
        SortBy::Number => walk(vec![RowSource::Numbers(groups.into_iter().collect())], filter, true),
    }
}

/// Whether few rows are left out: nothing of the filter is left to apply, all is
/// in reach, and where rows are kept by group, the states are whole groups.
fn is_plain(query: &ListQuery, rest: &ListFilter, is_coarse: bool) -> bool {
    let whole = |state: &State| match StateGroup::of(*state) {
        group @ (StateGroup::Active | StateGroup::Done) => {
            let live = Status::ALL.iter().copied().map(State::Live);
            live.filter(|state| StateGroup::of(*state) == group).all(|state| query.states.contains(&state))
        }
        _ => true,
    };
    rest.is_empty() && query.reach == Reach::All && (!is_coarse || query.states.iter().all(whole))
}

#[cfg(test)]
mod tests;
