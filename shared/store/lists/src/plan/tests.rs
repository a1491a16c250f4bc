use super::*;
use crate::{filter::OneOf, position::ListStart, sort::Sort};
use lambdesk_domain::status::Status;
use lambdesk_domain::{
    id::{AccountId, CategoryId, TagId, UserId},
    time::Timestamp,
};
use lambdesk_table::keys::IndexedValue;
use uuid::Uuid;

fn query(states: &[State], by: SortBy, filters: impl IntoIterator<Item = Filter>) -> ListQuery {
    ListQuery {
        states: states.to_vec(),
        filters: filters.into_iter().collect(),
        search: None,
        hide_snoozed: true,
        visibility: VisibilityScope::All,
        sort: Sort { by, descending: true },
        start: ListStart::First { skip: 0 },
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

fn sources(plan: Plan<'_>) -> (Vec<RowSource>, bool) {
    match plan {
        Plan::Ordered(walk) => (walk.sources, walk.is_plain),
        other => panic!("no walk: {other:?}"),
    }
}

#[test]
fn an_order_without_filter_is_read_from_its_own_rows() {
    let read = |states: &[State], by| sources(plan(&query(states, by, [])));
    assert_eq!(read(&OPEN, SortBy::LastActivity), (vec![RowSource::State(OPEN[0])], true));
    assert_eq!(read(&ACTIVE, SortBy::Priority), (vec![RowSource::Order(StateGroup::Active, None)], true));
    assert_eq!(read(&OPEN, SortBy::Priority), (vec![RowSource::Order(StateGroup::Active, None)], false));
    assert_eq!(read(&[State::Trashed], SortBy::Updated), (vec![RowSource::Updated(StateGroup::Trashed)], true));
    assert_eq!(read(&ACTIVE, SortBy::Created).0.len(), 4, "a range per priority");
    let all = [&ACTIVE[..], &[State::Archived]].concat();
    assert_eq!(read(&all, SortBy::Number).0, [RowSource::Numbers(vec![StateGroup::Active, StateGroup::Archived])]);
    assert_eq!(plan(&query(&[], SortBy::Number, [])), Plan::Nothing);
}

#[test]
fn a_priority_is_a_range_and_no_filter() {
    let urgent = || Filter::Priority(Priority::Urgent.into());
    let expected = (vec![RowSource::Order(StateGroup::Active, Some(Priority::Urgent))], true);
    assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Created, [urgent()]))), expected);
    assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Priority, [urgent()]))), expected);
}

#[test]
fn the_table_leaves_out_rows_by_their_columns_before_ticket_items_are_read() {
    let urgent = || Filter::Priority(Priority::Urgent.into());
    let Plan::Ordered(walk) = plan(&query(&ACTIVE, SortBy::LastActivity, [urgent()])) else { panic!("no walk") };
    assert_eq!(walk.then, [RowSource::Active(StateGroup::Active)]);
    let updated = (vec![RowSource::Updated(StateGroup::Active)], true);
    assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Updated, [urgent()]))), updated);
    let unread = || Filter::ReadByOrganization(false);
    assert!(!sources(plan(&query(&ACTIVE, SortBy::Updated, [urgent(), unread()]))).1, "ticket items decide");
    let Plan::Ordered(walk) = plan(&query(&ACTIVE, SortBy::LastActivity, [unread()])) else { panic!("no walk") };
    assert_eq!(walk.then, []);
}

#[test]
fn somebodys_tickets_of_all_statuses_have_index_entries_where_rows_have_no_columns() {
    let user = UserId::new(Uuid::nil());
    let all = [&ACTIVE[..], &[State::Live(Status::Closed)]].concat();
    let of = |by, assignees: Vec<_>, visibility| {
        let filter = OneOf::new(assignees).map(Filter::Assignee);
        sources(plan(&ListQuery { visibility, ..query(&all, by, filter) })).0
    };
    let indexed = [RowSource::Indexed(IndexedValue::Assignee(user))];
    assert_eq!(of(SortBy::Created, vec![Some(user)], VisibilityScope::All), indexed);
    assert_eq!(of(SortBy::Created, vec![], VisibilityScope::Own(user)), indexed);
    assert_ne!(of(SortBy::Created, vec![Some(user), None], VisibilityScope::All), indexed, "nobody's have none");
}

#[test]
fn what_leaves_least_is_read_first() {
    let id = Uuid::nil();
    let (account, tag) = (AccountId::new(id), TagId::new(id));
    let category = Filter::Category(CategoryId::new(id).into());
    let (tags, nobody) = (Filter::Tag(tag.into()), Filter::Assignee(None.into()));
    let mut filters = vec![category.clone(), tags, nobody.clone(), Filter::Account(account.into())];
    let first = |filters: &[Filter], states: &[State]| match plan(&query(states, SortBy::Updated, filters.to_vec())) {
        Plan::Selective(selective, _) => selective.sources,
        other => panic!("{other:?}"),
    };
    assert_eq!(first(&filters, &ACTIVE), [RowSource::Indexed(IndexedValue::Account(account))]);
    filters.pop();
    assert_eq!(first(&filters, &ACTIVE), [RowSource::Assigned(None)]);
    let all = [&ACTIVE[..], &[State::Live(Status::Closed)]].concat();
    assert_eq!(
        first(&filters, &all),
        [RowSource::Indexed(IndexedValue::Tag(tag))],
        "closed ones are in no assignee's partition"
    );
    assert_eq!(first(&[category, nobody], &all), [RowSource::Indexed(IndexedValue::Category(CategoryId::new(id)))]);
}

#[test]
fn what_a_restricted_caller_sees_selects_as_a_filter_does() {
    let user = UserId::new(Uuid::nil());
    let of = |visibility, filters: &[Filter]| match plan(&ListQuery {
        visibility,
        ..query(&ACTIVE, SortBy::Priority, filters.to_vec())
    }) {
        Plan::Selective(selective, _) => selective.sources,
        Plan::Ordered(walk) => walk.sources,
        other => panic!("{other:?}"),
    };
    assert_eq!(of(VisibilityScope::Own(user), &[]), [RowSource::Assigned(Some(user))]);
    let other = UserId::new(Uuid::max());
    let of_other = Filter::Assignee(Some(other).into());
    assert_eq!(
        of(VisibilityScope::Own(user), &[of_other]),
        [RowSource::Assigned(Some(other))],
        "the filter says whose"
    );
    assert_eq!(
        of(VisibilityScope::OwnAndUnassigned(user), &[]),
        [RowSource::Order(StateGroup::Active, None)],
        "may be many"
    );
}

#[test]
fn by_creation_selective_rows_are_walked_however_many_they_are() {
    let tags = vec![TagId::new(Uuid::nil()), TagId::new(Uuid::max())];
    let filter = OneOf::new(tags.clone()).map(Filter::Tag);
    let expected: Vec<_> = tags.into_iter().map(IndexedValue::Tag).map(RowSource::Indexed).collect();
    assert_eq!(sources(plan(&query(&ACTIVE, SortBy::Created, filter))), (expected, true));
}

#[test]
fn by_last_activity_selective_rows_are_read_day_by_day() {
    let filter = Filter::Tag(TagId::new(Uuid::nil()).into());
    let Plan::Days(days, walk) = plan(&query(&OPEN, SortBy::LastActivity, [filter])) else { panic!("no days") };
    assert_eq!(days.sources, [RowSource::IndexedByDay(IndexedValue::Tag(TagId::new(Uuid::nil())))]);
    assert_eq!((walk.sources, walk.is_plain), (vec![RowSource::State(OPEN[0])], false));
}

#[test]
fn no_team_and_a_great_many_values_are_left_out_of_the_rows_of_the_order() {
    let nobody = OneOf::new([None]).map(Filter::Team);
    let many = OneOf::new((0..21).map(|one| TagId::new(Uuid::from_u128(one)))).map(Filter::Tag);
    for filter in [nobody, many] {
        let (sources, is_plain) = sources(plan(&query(&OPEN, SortBy::LastActivity, filter)));
        assert_eq!((sources, is_plain), (vec![RowSource::State(OPEN[0])], false));
    }
}
