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
//! | by last change | the updated rows, one query per group | 2, 13.5 |
//! | by number | the number rows, filtered by group | 2, 13.5 |
//! | words | the search index, by number; in other orders up to [`FEW_FOUND`] matches sorted here | 1 to 3 of the search, 2 more, 0.5 to 1 per head |
//! | any other filter | the rows of the order, left out here or by the table | up to 50 units, then a short page |
//!
//! What is read are whole heads where an index holds them, and else keys, whose
//! heads are read in batches. A page that has spent its budget comes back short,
//! with the place where it stopped: never a scan, never an unbounded loop.

use super::{ListFilter, ListQuery, SortBy};
use crate::{
    keys::{Group, Posting, State},
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
        Walk { sources: self.sources, is_plain }
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
    let walk = |sources, rest: &ListFilter, is_coarse| Walk { sources, is_plain: is_plain(query, rest, is_coarse) };
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
        SortBy::LastActivity | SortBy::Status => walk(states.into_iter().map(Source::State).collect(), filter, false),
        SortBy::Priority if filter.priorities.is_empty() => {
            walk(groups.into_iter().map(|group| Source::Order(group, None)).collect(), filter, true)
        }
        SortBy::Created | SortBy::Priority => walk(by_priority(), &any_priority, true),
        SortBy::Updated => walk(groups.into_iter().map(Source::Updated).collect(), filter, true),
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
mod tests {
    use super::*;
    use crate::list::{Sort, Start};
    use lambdesk_domain::{
        id::{AccountId, CategoryId, TagId},
        status::Status,
        time::Timestamp,
    };
    use uuid::Uuid;

    fn query(states: &[State], by: SortBy, filter: ListFilter) -> ListQuery {
        ListQuery {
            states: states.to_vec(),
            filter,
            search: None,
            hide_put_off: true,
            reach: Reach::All,
            sort: Sort { by, descending: true },
            start: Start::First { skip: 0 },
            limit: 25,
            now: Timestamp::EPOCH,
        }
    }

    const ACTIVE: [State; 4] = [
        State::Live(Status::Open),
        State::Live(Status::InProgress),
        State::Live(Status::Waiting),
        State::Live(Status::OnHold),
    ];
    const OPEN: [State; 1] = [State::Live(Status::Open)];

    fn sources(plan: Plan<'_>) -> (Vec<Source>, bool) {
        match plan {
            Plan::Walk(walk) => (walk.sources, walk.is_plain),
            other => panic!("no walk: {other:?}"),
        }
    }

    #[test]
    fn an_order_without_filter_is_read_from_its_own_rows() {
        let none = ListFilter::default;
        let read = |states: &[State], by| sources(plan(&query(states, by, none())));
        assert_eq!(read(&OPEN, SortBy::LastActivity), (vec![Source::State(OPEN[0])], true));
        assert_eq!(read(&ACTIVE, SortBy::Priority), (vec![Source::Order(Group::Active, None)], true));
        assert_eq!(read(&OPEN, SortBy::Priority), (vec![Source::Order(Group::Active, None)], false));
        assert_eq!(read(&[State::Trashed], SortBy::Updated), (vec![Source::Updated(Group::Trashed)], true));
        assert_eq!(read(&ACTIVE, SortBy::Created).0.len(), 4, "a range per priority");
        let all = [&ACTIVE[..], &[State::Archived]].concat();
        assert_eq!(read(&all, SortBy::Number).0, [Source::Numbers(vec![Group::Active, Group::Archived])]);
        assert_eq!(plan(&query(&[], SortBy::Number, none())), Plan::Nothing);
    }

    #[test]
    fn a_priority_is_a_range_and_no_filter() {
        let urgent = ListFilter { priorities: vec![Priority::Urgent], ..ListFilter::default() };
        let expected = (vec![Source::Order(Group::Active, Some(Priority::Urgent))], true);
        assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Created, urgent.clone()))), expected);
        assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Priority, urgent.clone()))), expected);
        assert!(!sources(plan(&query(&ACTIVE, SortBy::Updated, urgent))).1);
    }

    #[test]
    fn what_leaves_least_is_read_first() {
        let id = Uuid::nil();
        let (account, tag) = (AccountId::new(id), TagId::new(id));
        let mut filter = ListFilter {
            categories: vec![CategoryId::new(id)],
            tags: vec![tag],
            assignees: vec![None],
            accounts: vec![account],
            ..ListFilter::default()
        };
        let first = |filter: &ListFilter, states: &[State]| match plan(&query(states, SortBy::Updated, filter.clone()))
        {
            Plan::Few(sources, ..) => sources,
            other => panic!("{other:?}"),
        };
        assert_eq!(first(&filter, &ACTIVE), [Source::Posted(Posting::Account(account))]);
        filter.accounts.clear();
        assert_eq!(first(&filter, &ACTIVE), [Source::Assigned(None)]);
        let all = [&ACTIVE[..], &[State::Live(Status::Closed)]].concat();
        assert_eq!(
            first(&filter, &all),
            [Source::Posted(Posting::Tag(tag))],
            "closed ones are in no assignee's partition"
        );
        filter.tags.clear();
        assert_eq!(first(&filter, &all), [Source::Posted(Posting::Category(CategoryId::new(id)))]);
    }

    #[test]
    fn by_creation_selective_rows_are_walked_however_many_they_are() {
        let tags = vec![TagId::new(Uuid::nil()), TagId::new(Uuid::max())];
        let filter = ListFilter { tags: tags.clone(), ..ListFilter::default() };
        let expected: Vec<_> = tags.into_iter().map(Posting::Tag).map(Source::Posted).collect();
        assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Created, filter))), (expected, true));
    }

    #[test]
    fn by_last_activity_selective_rows_are_read_day_by_day() {
        let filter = ListFilter { tags: vec![TagId::new(Uuid::nil())], ..ListFilter::default() };
        let Plan::Days(days, walk) = plan(&query(&OPEN, SortBy::LastActivity, filter)) else { panic!("no days") };
        assert_eq!(days.sources, [Source::PostedByDay(Posting::Tag(TagId::new(Uuid::nil())))]);
        assert_eq!((walk.sources, walk.is_plain), (vec![Source::State(OPEN[0])], false));
    }

    #[test]
    fn no_team_and_a_great_many_values_are_left_out_of_the_rows_of_the_order() {
        let nobody = ListFilter { teams: vec![None], ..ListFilter::default() };
        let many =
            ListFilter { tags: (0..21).map(|one| TagId::new(Uuid::from_u128(one))).collect(), ..ListFilter::default() };
        for filter in [nobody, many] {
            let (sources, is_plain) = sources(plan(&query(&OPEN, SortBy::LastActivity, filter)));
            assert_eq!((sources, is_plain), (vec![Source::State(OPEN[0])], false));
        }
    }
}
