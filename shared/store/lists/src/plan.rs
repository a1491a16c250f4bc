//! Which rows a list is read from. Pure: a query in, a plan out.
//!
//! | asked for | read | of 25 rows: round trips, units |
//! |---|---|---|
//! | by last activity | the list index, one query per state, merged | 1 at once, 2 to 3 per full state |
//! | by status | the list index, the first state, then the others together | 1 or 2, 3 per state that is needed |
//! | active ones of assignees or of nobody | the assignee index, whole up to [`FEW_ASSIGNED`], sorted here; by creation: walked | 1, 3 by creation, else 0.1 per ticket |
//! | of contacts | their rows; up to [`FEW_STRONG`] tickets sorted here; by creation: walked | 2, 14 by creation, else 0.5 per ticket |
//! | of accounts, uids, teams, categories, with tags, custom values, by creation | their rows | 2, 14 |
//! | the same by last activity | their day rows, whole days, sorted here | 2 to 3, 15 and 0.5 per further ticket of the last day |
//! | the same in other orders | up to [`FEW_STRONG`] or [`FEW_WEAK`] tickets sorted here | 2, 0.5 per ticket |
//! | more of them, up to 1,000 | their keys held against those of the order, before heads are read | 3 to 5, 30 to 50 |
//! | by creation | the order index and order rows, a range per priority and group | 2, 13 for the heads and 0.5 per range |
//! | by priority | the same, in one range per group | 2, 14 |
//! | by last change | the updated rows, one query per group, left out by their marks | 2, 13.5; of 1 %: 3, 40 |
//! | by number | the number rows, filtered by group | 2, 13.5 |
//! | words | the search index, by number; in other orders up to [`FEW_FOUND`] matches sorted here | 1 to 3 of the search, 2 more, 0.5 to 1 per head |
//! | of channels, assignees whatever the status, by creation | their rows | 2, 14 |
//! | the same, sources, channel types, priorities, whose turn it is, what is in reach, by last activity | some heads of the list index, then the activity rows, left out by their marks | 1 to 4; of 1 %: 45 |
//! | any other filter | the rows of the order, left out here or by the table | up to 50 units, then a short page |
//!
//! What is read are whole heads where an index holds them, and else keys, whose
//! heads are read in batches. A page that has spent its budget comes back short,
//! with the place where it stopped: never a scan, never an unbounded loop.

use super::{ListFilter, ListQuery, SortBy};
use crate::{
    keys::{Group, Posting, State},
    marks,
    search::Search,
};
use lambdesk_domain::{
    access::Reach,
    custom_field::FieldValue,
    id::{ContactId, UserId},
    status::Priority,
};
use std::collections::BTreeSet;

/// The most active tickets of an assignee that are read whole and sorted here.
pub const FEW_ASSIGNED: u16 = 300;
/// The most tickets of a contact, account or uid that are.
pub const FEW_STRONG: u16 = 200;
/// The most tickets with a tag, a custom value, of a team or category: beyond, the
/// rows of the order yield more of them for the same units.
pub const FEW_WEAK: u16 = 96;
/// The most matches of a search that are.
pub const FEW_FOUND: u16 = 200;
/// The most rows of postings or assignees that are read for one page. Beyond so
/// many values the filter is applied to the rows of the order.
const MOST_VALUES: usize = 20;

/// Where candidates come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The list index: a state by last activity. Whole heads.
    State(State),
    /// The assignee index: somebody's active tickets by creation. Whole heads.
    Assigned(Option<UserId>),
    /// The order index or rows: a group by priority, or one priority of it by creation.
    Order(Group, Option<Priority>),
    /// The updated rows of a group.
    Updated(Group),
    /// The activity rows of a group.
    Active(Group),
    /// The number rows of these groups.
    Numbers(Vec<Group>),
    /// The lookup index: a contact's tickets by creation.
    Contact(ContactId),
    /// The tickets that have something, by creation.
    Posted(Posting),
    /// The same by the day of their last activity.
    PostedByDay(Posting),
}

/// How a page is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan<'a> {
    /// Nothing can match.
    Nothing,
    /// What says some words.
    Search(&'a Search),
    /// These whole, when they have at most so many rows, and sorted here; else the walk.
    Few(Vec<Source>, u16, Walk),
    /// By last activity, day by day; else, when a day has too many, the walk.
    Days(Walk, Walk),
    /// In the order of the list, as far as needed.
    Walk(Walk),
}

/// Rows in the order of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// What is merged.
    pub sources: Vec<Source>,
    /// Most rows are expected to belong in the list.
    pub is_plain: bool,
    /// Where a page goes on that is not full after some heads: rows by whose marks the
    /// table leaves out most of what does not belong in the list, at a ninth of the units.
    pub then: Vec<Source>,
}

/// The plan of a query.
pub fn plan(query: &ListQuery) -> Plan<'_> {
    if query.states.is_empty() {
        return Plan::Nothing;
    }
    if let Some(search) = &query.search {
        return Plan::Search(search);
    }
    let few = selective(query);
    match few {
        Some(few) if query.sort.by == SortBy::Created => Plan::Walk(few.walk(query)),
        Some(few) if query.sort.by == SortBy::LastActivity && few.is_posted() => {
            Plan::Days(few.by_day().walk(query), in_order(query))
        }
        Some(Few { sources, most, .. }) => Plan::Few(sources, most, in_order(query)),
        None => Plan::Walk(in_order(query)),
    }
}

/// Rows that are probably few, all by creation.
struct Few {
    sources: Vec<Source>,
    most: u16,
    /// The filter without what the sources see to.
    rest: ListFilter,
}

impl Few {
    fn is_posted(&self) -> bool {
        self.sources.iter().all(|source| matches!(source, Source::Posted(_)))
    }

    fn by_day(self) -> Self {
        let by_day = |source| match source {
            Source::Posted(posting) => Source::PostedByDay(posting),
            other => other,
        };
        Self { sources: self.sources.into_iter().map(by_day).collect(), ..self }
    }

    fn walk(self, query: &ListQuery) -> Walk {
        let is_plain = is_plain(query, &self.rest, true);
        Walk { sources: self.sources, is_plain, then: Vec::new() }
    }
}

/// The first of the filters, from those that leave least, by which rows are found.
fn selective(query: &ListQuery) -> Option<Few> {
    let filter = &query.filter;
    let rest = || filter.clone();
    let contacts = filter.contacts.iter().copied().map(Source::Contact).collect();
    let accounts = filter.accounts.iter().copied().map(Posting::Account);
    let uids = filter.uids.iter().cloned().map(Posting::Uid);
    few(contacts, FEW_STRONG, ListFilter { contacts: vec![], ..rest() })
        .or_else(|| posted(accounts, FEW_STRONG, ListFilter { accounts: vec![], ..rest() }))
        .or_else(|| posted(uids, FEW_STRONG, ListFilter { uids: vec![], ..rest() }))
        .or_else(|| few(assigned(query), FEW_ASSIGNED, ListFilter { assignees: vec![], ..rest() }))
        .or_else(|| weak(filter))
        .or_else(|| marked(query))
}

/// The same of those that may leave many.
fn weak(filter: &ListFilter) -> Option<Few> {
    let rest = || filter.clone();
    let tags = filter.tags.iter().copied().map(Posting::Tag);
    let teams: Option<Vec<_>> = filter.teams.iter().map(|team| team.map(Posting::Team)).collect();
    let categories = filter.categories.iter().copied().map(Posting::Category);
    custom(filter)
        .or_else(|| posted(tags, FEW_WEAK, ListFilter { tags: vec![], ..rest() }))
        .or_else(|| posted(teams?, FEW_WEAK, ListFilter { teams: vec![], ..rest() }))
        .or_else(|| posted(categories, FEW_WEAK, ListFilter { categories: vec![], ..rest() }))
}

/// Postings of what rows are marked with, in the orders whose rows have no marks.
fn marked(query: &ListQuery) -> Option<Few> {
    if matches!(query.sort.by, SortBy::LastActivity | SortBy::Updated) {
        return None;
    }
    let filter = &query.filter;
    let rest = || filter.clone();
    let assignees = match query.reach {
        Reach::Own(user) if filter.assignees.is_empty() => Some(vec![Posting::Assignee(user)]),
        _ => filter.assignees.iter().map(|user| user.map(Posting::Assignee)).collect(),
    };
    let channels: Vec<_> = match query.reach {
        Reach::Channel(channel) if filter.channels.is_empty() => vec![channel],
        _ => filter.channels.clone(),
    };
    let channels = channels.into_iter().map(Posting::Channel);
    posted(assignees.unwrap_or_default(), FEW_WEAK, ListFilter { assignees: vec![], ..rest() })
        .or_else(|| posted(channels, FEW_WEAK, ListFilter { channels: vec![], ..rest() }))
}

/// By the first custom field. Several choices as a whole are no posting.
fn custom(filter: &ListFilter) -> Option<Few> {
    let (first, others) = filter.custom.split_first()?;
    if first.values.iter().any(|value| matches!(value, FieldValue::Choices(_))) {
        return None;
    }
    let values = first.values.iter().map(|value| Posting::Custom(first.key.clone(), value.clone()));
    posted(values, FEW_WEAK, ListFilter { custom: others.to_vec(), ..filter.clone() })
}

fn posted(postings: impl IntoIterator<Item = Posting>, most: u16, rest: ListFilter) -> Option<Few> {
    few(postings.into_iter().map(Source::Posted).collect(), most, rest)
}

fn few(sources: Vec<Source>, most: u16, rest: ListFilter) -> Option<Few> {
    (1..=MOST_VALUES).contains(&sources.len()).then_some(Few { sources, most, rest })
}

/// The partitions of the assignee index, when they hold all that is asked for.
fn assigned(query: &ListQuery) -> Vec<Source> {
    let is_active = query.states.iter().all(|state| Group::of(*state) == Group::Active);
    let assignees: BTreeSet<Option<UserId>> = match query.reach {
        Reach::Own(user) if query.filter.assignees.is_empty() => [Some(user)].into(),
        _ => query.filter.assignees.iter().copied().collect(),
    };
    if is_active { assignees.into_iter().map(Source::Assigned).collect() } else { Vec::new() }
}

/// All rows of the states in the order of the list.
fn in_order(query: &ListQuery) -> Walk {
    let states: BTreeSet<State> = query.states.iter().copied().collect();
    let groups: BTreeSet<Group> = states.iter().copied().map(Group::of).collect();
    let walk = |sources, rest: &ListFilter, is_coarse| {
        let is_plain = is_plain(query, rest, is_coarse);
        Walk { sources, is_plain, then: Vec::new() }
    };
    let priorities: BTreeSet<Priority> = match &query.filter.priorities {
        all if all.is_empty() => Priority::ALL.iter().copied().collect(),
        some => some.iter().copied().collect(),
    };
    let filter = &query.filter;
    let any_priority = ListFilter { priorities: vec![], ..filter.clone() };
    let by_priority = || {
        let of = |group: &Group| priorities.iter().map(|one| Source::Order(*group, Some(*one))).collect::<Vec<_>>();
        groups.iter().flat_map(of).collect()
    };
    match query.sort.by {
        SortBy::LastActivity if marks::are_asked_for(query) => Walk {
            then: groups.into_iter().map(Source::Active).collect(),
            ..walk(states.into_iter().map(Source::State).collect(), filter, false)
        },
        SortBy::LastActivity | SortBy::Status => walk(states.into_iter().map(Source::State).collect(), filter, false),
        SortBy::Priority if filter.priorities.is_empty() => {
            walk(groups.into_iter().map(|group| Source::Order(group, None)).collect(), filter, true)
        }
        SortBy::Created | SortBy::Priority => walk(by_priority(), &any_priority, true),
        SortBy::Updated => Walk {
            is_plain: marks::cover(query),
            ..walk(groups.into_iter().map(Source::Updated).collect(), filter, true)
        },
        SortBy::Number => walk(vec![Source::Numbers(groups.into_iter().collect())], filter, true),
    }
}

/// Whether few rows are left out: nothing of the filter is left to apply, all is
/// in reach, and where rows are kept by group, the states are whole groups.
fn is_plain(query: &ListQuery, rest: &ListFilter, is_coarse: bool) -> bool {
    let whole = |state: &State| match Group::of(*state) {
        group @ (Group::Active | Group::Done) => {
            let live = lambdesk_domain::status::Status::ALL.iter().copied().map(State::Live);
            live.filter(|state| Group::of(*state) == group).all(|state| query.states.contains(&state))
        }
        _ => true,
    };
    rest.is_empty() && query.reach == Reach::All && (!is_coarse || query.states.iter().all(whole))
}

#[cfg(test)]
mod tests;
