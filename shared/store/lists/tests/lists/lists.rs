//! Lists, held against sorting and filtering everything at hand.

use lambdesk_domain::{
    access::VisibilityScope,
    custom_field::FieldValue::{Choices, Text},
    id::TicketId,
    status::{Awaiting, ChannelType, Priority, Source, Status},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_lists::{CustomFilter, Filter, ListPosition, ListQuery, ListStart, OneOf, Period, Sort, SortBy};
use lambdesk_table::{Tenant, keys::State};
use lambdesk_testkit::{TestTable, check, renamed, sample, workspace};
use proptest::{collection, option, prelude::*, sample::select, test_runner::TestCaseResult};
use std::{cmp::Ordering, collections::BTreeSet};

fn states() -> impl Strategy<Value = Vec<State>> {
    let state = prop_oneof![
        6 => testing::status().prop_map(State::Live),
        1 => select(&[State::Unprocessed, State::Archived, State::Trashed][..]),
    ];
    let open = [Status::Open, Status::InProgress, Status::Waiting, Status::OnHold].map(State::Live).to_vec();
    prop_oneof![2 => Just(open), 3 => collection::vec(state, 1..8)]
}

fn custom_filter() -> impl Strategy<Value = CustomFilter> {
    let value = prop_oneof![testing::custom_value(), Just(Text("blue".to_owned()))];
    (testing::field_key(), collection::vec(value, 1..3), any::<bool>()).prop_map(|(key, values, is_member)| {
        let is_member = is_member && values.iter().all(|value| matches!(value, Text(_)));
        CustomFilter { key, values: one_of(values), is_member }
    })
}

fn period() -> impl Strategy<Value = Period> {
    let time = || option::weighted(0.4, prop_oneof![testing::time(), (1..40_u64).prop_map(Timestamp::from_millis)]);
    (time(), time()).prop_map(|(from, until)| Period { from, until })
}

fn one_of<T: PartialEq>(values: Vec<T>) -> OneOf<T> {
    OneOf::new(values).expect("one at least")
}

/// A filter by some values, so often.
fn values<T: std::fmt::Debug + PartialEq + 'static>(
    weight: f64,
    value: impl Strategy<Value = T> + 'static,
    is: fn(OneOf<T>) -> Filter,
) -> BoxedStrategy<Option<Filter>> {
    option::weighted(weight, collection::vec(value, 1..4).prop_map(move |values| is(one_of(values)))).boxed()
}

/// Any other filter, so often.
fn filter<T: std::fmt::Debug + 'static>(
    weight: f64,
    value: impl Strategy<Value = T> + 'static,
    is: fn(T) -> Filter,
) -> BoxedStrategy<Option<Filter>> {
    option::weighted(weight, value.prop_map(is)).boxed()
}

/// Filters by several things, in any order.
fn filters() -> impl Strategy<Value = Vec<Filter>> {
    const FEW: f64 = 1.0 / 6.0;
    let each = vec![
        values(FEW, select(Source::ALL), Filter::Source),
        values(FEW, select(Priority::ALL), Filter::Priority),
        values(FEW, select(ChannelType::ALL), Filter::ChannelType),
        values(FEW, testing::status(), Filter::Status),
        values(FEW, select(Awaiting::ALL), Filter::Awaiting),
        values(FEW, testing::category(), Filter::Category),
        values(FEW, testing::channel().prop_map(|channel| channel.id), Filter::Channel),
        values(1.0 / 3.0, option::of(testing::user()), Filter::Assignee),
        values(FEW, option::weighted(0.8, testing::team()), Filter::Team),
        values(FEW, testing::tag(), Filter::Tag),
        values(FEW, testing::contact().prop_map(|contact| contact.id), Filter::Contact),
        values(FEW, testing::account_id(), Filter::Account),
        values(FEW, testing::uid(), Filter::Uid),
        filter(0.1, custom_filter(), Filter::Custom),
        filter(0.1, custom_filter(), Filter::Custom),
        filter(0.1, any::<bool>(), Filter::ReadByCustomer),
        filter(0.1, any::<bool>(), Filter::ReadByOrganization),
        filter(FEW, period(), Filter::Created),
        filter(FEW, period(), Filter::Updated),
        filter(FEW, period(), Filter::LastActivity),
    ];
    each.prop_map(|filters| filters.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle()
}

/// A filter by one thing only: by which rows are found.
fn single() -> impl Strategy<Value = Vec<Filter>> {
    let some = || 1..3_usize;
    prop_oneof![
        collection::vec(testing::tag(), some()).prop_map(|tags| Filter::Tag(one_of(tags))),
        collection::vec(testing::team().prop_map(Some), some()).prop_map(|teams| Filter::Team(one_of(teams))),
        collection::vec(testing::category(), some()).prop_map(|categories| Filter::Category(one_of(categories))),
        collection::vec(testing::account_id(), some()).prop_map(|accounts| Filter::Account(one_of(accounts))),
        testing::contact().prop_map(|contact| Filter::Contact(contact.id.into())),
        custom_filter().prop_map(Filter::Custom),
        select(Priority::ALL).prop_map(|priority| Filter::Priority(priority.into())),
    ]
    .prop_map(|filter| vec![filter])
}

fn sort() -> impl Strategy<Value = Sort> {
    let by = select(Sort::NAMES.map(|(_, by)| by).to_vec());
    prop_oneof![1 => Just(Sort::default()), 5 => (by, any::<bool>()).prop_map(|(by, descending)| Sort { by, descending })]
}

pub fn query() -> BoxedStrategy<ListQuery> {
    let visibility = (testing::actor(), testing::rules()).prop_map(|(actor, rules)| actor.visibility(rules));
    let visibility = prop_oneof![2 => Just(VisibilityScope::All), 1 => visibility];
    let filters = prop_oneof![1 => Just(Vec::new()), 2 => filters(), 2 => single()];
    let start = prop_oneof![3 => Just(0), 1 => 0..30_usize].prop_map(|skip| ListStart::First { skip });
    (states(), filters, any::<bool>(), visibility, sort(), start, 1..=12_u16, testing::time())
        .prop_map(|(states, filters, hide_snoozed, visibility, sort, start, limit, now)| ListQuery {
            states,
            filters,
            search: None,
            hide_snoozed,
            visibility,
            sort,
            start,
            limit,
            now,
        })
        .boxed()
}

/// Tickets of which many share their last activity, each with an id of its creation.
pub fn tickets(at_most: usize) -> impl Strategy<Value = Vec<Ticket>> {
    let time = || prop_oneof![(1..40_u64).prop_map(Timestamp::from_millis), testing::time()];
    collection::vec((testing::ticket(), [time(), time()], any::<u64>()), 0..at_most).prop_map(|tickets| {
        let named = tickets.into_iter().map(|(ticket, [last_activity_at, updated_at], random)| Ticket {
            id: id_of(ticket.created_at, random),
            last_activity_at,
            updated_at,
            ..ticket
        });
        let mut seen = BTreeSet::new();
        named.filter(|ticket| seen.insert(ticket.id) && seen.len() < 1_000).collect()
    })
}

fn id_of(created_at: Timestamp, random: u64) -> TicketId {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.to_be_bytes());
    TicketId::new(uuid::Builder::from_unix_timestamp_millis(created_at.millis(), &bytes).into_uuid())
}

fn is_any<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    value.is_some_and(|value| wanted.contains(value))
}

fn matches_custom(ticket: &Ticket, filter: &CustomFilter) -> bool {
    filter.values.iter().any(|wanted| match (ticket.custom.get(&filter.key), wanted) {
        (Some(Choices(values)), Text(member)) if filter.is_member => values.contains(member),
        (Some(value), wanted) => !filter.is_member && value == wanted,
        (None, _) => false,
    })
}

fn is_within(period: Period, at: Timestamp) -> bool {
    (period.from.unwrap_or(Timestamp::EPOCH)..).contains(&at) && period.until.is_none_or(|until| until > at)
}

/// What a filter means, said once more: the crate's own word is not taken for it.
fn meets(ticket: &Ticket, filter: &Filter) -> bool {
    let channel = ticket.channel.as_ref();
    match filter {
        Filter::Status(wanted) => is_any(wanted, Some(&ticket.status)),
        Filter::Source(wanted) => is_any(wanted, Some(&ticket.source)),
        Filter::Priority(wanted) => is_any(wanted, Some(&ticket.priority)),
        Filter::Category(wanted) => is_any(wanted, ticket.category.as_ref()),
        Filter::Channel(wanted) => is_any(wanted, channel.map(|channel| &channel.id)),
        Filter::ChannelType(wanted) => is_any(wanted, channel.map(|channel| &channel.kind)),
        Filter::Assignee(wanted) => is_any(wanted, Some(&ticket.assignee)),
        Filter::Team(wanted) => is_any(wanted, Some(&ticket.team)),
        Filter::Tag(wanted) => wanted.iter().any(|tag| ticket.tags.contains(tag)),
        Filter::Contact(wanted) => is_any(wanted, ticket.contact.as_ref().map(|contact| &contact.id)),
        Filter::Account(wanted) => is_any(wanted, ticket.account.as_ref()),
        Filter::Uid(wanted) => is_any(wanted, ticket.uid.as_ref()),
        Filter::Custom(custom) => matches_custom(ticket, custom),
        Filter::Awaiting(wanted) => is_any(wanted, Some(&ticket.awaiting)),
        Filter::ReadByCustomer(flag) => ticket.is_read_by_customer == *flag,
        Filter::ReadByOrganization(flag) => ticket.is_read_by_organization == *flag,
        Filter::Created(period) => is_within(*period, ticket.created_at),
        Filter::Updated(period) => is_within(*period, ticket.updated_at),
        Filter::LastActivity(period) => is_within(*period, ticket.last_activity_at),
    }
}

pub fn matches(ticket: &Ticket, query: &ListQuery) -> bool {
    query.states.contains(&State::of(ticket.lifecycle, ticket.status))
        && query.visibility.covers(ticket.assignee, ticket.channel.as_ref().map(|channel| channel.id))
        && !(query.hide_snoozed && ticket.is_snoozed(query.now))
        && query.filters.iter().all(|filter| meets(ticket, filter))
}

fn compare(a: &Ticket, b: &Ticket, by: SortBy) -> Ordering {
    let state = |ticket: &Ticket| State::of(ticket.lifecycle, ticket.status);
    match by {
        SortBy::LastActivity => (a.last_activity_at, a.id).cmp(&(b.last_activity_at, b.id)),
        SortBy::Created => (a.created_at, a.id).cmp(&(b.created_at, b.id)),
        SortBy::Updated => (a.updated_at, a.id).cmp(&(b.updated_at, b.id)),
        SortBy::Priority => (a.priority, a.created_at, a.id).cmp(&(b.priority, b.created_at, b.id)),
        SortBy::Status => {
            (state(a), a.status, a.last_activity_at, a.id).cmp(&(state(b), b.status, b.last_activity_at, b.id))
        }
        SortBy::Number => (a.number, a.id).cmp(&(b.number, b.id)),
    }
}

pub fn expected(tickets: &[Ticket], query: &ListQuery) -> Vec<TicketId> {
    let mut found: Vec<_> = tickets.iter().filter(|ticket| matches(ticket, query)).collect();
    found.sort_by(|a, b| compare(a, b, query.sort.by));
    if query.sort.descending {
        found.reverse();
    }
    found.iter().map(|ticket| ticket.id).collect()
}

pub fn ids(tickets: &[Ticket]) -> Vec<TicketId> {
    tickets.iter().map(|ticket| ticket.id).collect()
}

/// Walks to the end and back, and holds what was seen against the model.
async fn walk(table: &TestTable, tenant: &Tenant, query: &ListQuery, expected: &[TicketId]) -> TestCaseResult {
    let list =
        async |start| table.store.lists.list(tenant, &ListQuery { start, ..query.clone() }).await.expect("it is read");
    let skip = if let ListStart::First { skip } = query.start { skip } else { 0 };
    let mut page = list(query.start.clone()).await;
    let mut seen = ids(&page.tickets);
    prop_assert!(skip > 0 || page.previous.is_none(), "nothing is before the first");
    while let Some(next) = page.next.clone() {
        page = list(ListStart::After(next)).await;
        prop_assert!(page.tickets.len() <= usize::from(query.limit));
        seen.extend(ids(&page.tickets));
        prop_assert!(seen.len() <= expected.len(), "more than there is");
    }
    prop_assert_eq!(&seen[..], expected.get(skip..).unwrap_or_default());
    let mut back = ids(&page.tickets);
    while let Some(previous) = page.previous.clone() {
        page = list(ListStart::Before(previous)).await;
        back.splice(..0, ids(&page.tickets));
        prop_assert!(back.len() <= expected.len(), "more than there is");
    }
    let is_whole = skip == 0 || skip < expected.len();
    prop_assert!(!is_whole || back == expected, "the way back: {back:?} instead of {expected:?}");
    Ok(())
}

#[test]
fn every_page_of_every_list_is_what_sorting_everything_gives() {
    let number = std::cell::Cell::new(0);
    check(24, &(tickets(50), collection::vec(query(), 6)), async |table, (tickets, queries)| {
        number.set(number.get() + 1);
        let own = workspace(number.get());
        let tickets: Vec<_> = tickets.into_iter().map(|ticket| Ticket { workspace_id: own, ..ticket }).collect();
        table.fill(&tickets).await;
        let tenant = Tenant::new(own);
        for ticket in &tickets {
            // As another version would have left them: rows may be too many.
            let long_ago = Timestamp::from_millis(7);
            let before =
                Ticket { priority: Priority::Low, updated_at: long_ago, last_activity_at: long_ago, ..ticket.clone() };
            table.store.lists.place_rows(None, &before).await.expect("they are written");
            table.store.lists.place_rows(None, ticket).await.expect("they are written");
        }
        // Half of them are asked at the very millisecond at which a follow-up comes due.
        let mut dues = tickets.iter().filter_map(|ticket| ticket.follow_up_at).map(Some).chain(std::iter::repeat(None));
        for (index, query) in queries.into_iter().enumerate() {
            let now = if index % 2 == 0 { dues.next().flatten() } else { None };
            let query = ListQuery { now: now.unwrap_or(query.now), ..query };
            let expected = expected(&tickets, &query);
            walk(table, &tenant, &query, &expected).await?;
            let total = table.store.lists.count(&tenant, &query).await.expect("it is counted");
            prop_assert_eq!((total.count, total.is_exact), (expected.len() as u64, true));
        }
        Ok(())
    });
}

fn open_ticket(id: u64) -> Ticket {
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), u128::from(id));
    Ticket {
        lifecycle: lambdesk_domain::status::Lifecycle::Live,
        status: Status::Open,
        last_activity_at: Timestamp::from_millis(1_000 + id),
        ..ticket
    }
}

fn open_query(start: ListStart) -> ListQuery {
    ListQuery {
        states: vec![State::Live(Status::Open)],
        filters: Vec::new(),
        search: None,
        hide_snoozed: false,
        visibility: VisibilityScope::All,
        sort: Sort::default(),
        start,
        limit: 5,
        now: Timestamp::EPOCH,
    }
}

#[tokio::test]
async fn an_empty_page_leads_back_to_where_it_came_from() {
    let table = TestTable::new().await;
    let tickets: Vec<_> = (1..=3).map(open_ticket).collect();
    table.fill(&tickets).await;
    let tenant = Tenant::new(workspace(1));
    let list = async |start| table.store.lists.list(&tenant, &open_query(start)).await.expect("it is read");
    let beyond = list(ListStart::After(ListPosition::of(&tickets[0], SortBy::LastActivity))).await;
    assert_eq!((beyond.tickets.len(), &beyond.next), (0, &None));
    let back = list(ListStart::Before(beyond.previous.expect("a way back"))).await;
    assert_eq!(ids(&back.tickets), [tickets[2].id, tickets[1].id, tickets[0].id]);
    let above = list(ListStart::Before(ListPosition::of(&tickets[2], SortBy::LastActivity))).await;
    assert_eq!((above.tickets.len(), &above.previous), (0, &None));
    let back = list(ListStart::After(above.next.expect("a way back"))).await;
    assert_eq!(ids(&back.tickets), [tickets[2].id, tickets[1].id, tickets[0].id]);
}

#[tokio::test]
async fn another_tenants_tickets_are_in_no_list() {
    let table = TestTable::new().await;
    table.fill(&[open_ticket(1)]).await;
    let page = table.store.lists.list(&Tenant::new(workspace(2)), &open_query(ListStart::First { skip: 0 })).await;
    assert_eq!(page.expect("it is read").tickets, []);
}
