//! Lists, held against sorting and filtering everything at hand.

use crate::support::{Table, check, renamed, workspace};
use lambdesk_domain::{
    access::Reach,
    custom_field::FieldValue::{Choices, Text},
    id::TicketId,
    status::{Awaiting, ChannelType, Priority, Source, Status},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_lists::{CustomFilter, ListFilter, ListPosition, ListQuery, ListStart, Period, Sort, SortBy};
use lambdesk_table::keys::{State, Tenant};
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

fn few<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![5 => Just(Vec::new()), 1 => collection::vec(value, 1..4)]
}

fn custom_filter() -> impl Strategy<Value = CustomFilter> {
    let text = lambdesk_domain::custom_field::FieldValue::Text("blue".to_owned());
    let value = prop_oneof![testing::custom_value(), Just(text)];
    (testing::field_key(), collection::vec(value, 1..3), any::<bool>()).prop_map(|(key, values, is_member)| {
        let is_member = is_member && values.iter().all(|value| matches!(value, Text(_)));
        CustomFilter { key, values, is_member }
    })
}

fn period() -> impl Strategy<Value = Period> {
    let time = || option::weighted(0.4, prop_oneof![testing::time(), (1..40_u64).prop_map(Timestamp::from_millis)]);
    prop_oneof![5 => Just(Period::default()), 1 => (time(), time()).prop_map(|(from, until)| Period { from, until })]
}

fn filter() -> BoxedStrategy<ListFilter> {
    let words = (
        few(select(Source::ALL)),
        few(select(Priority::ALL)),
        few(select(ChannelType::ALL)),
        few(testing::status()),
        few(select(Awaiting::ALL)),
    );
    let references = (
        few(testing::category()),
        few(testing::channel().prop_map(|channel| channel.id)),
        prop_oneof![2 => Just(Vec::new()), 1 => collection::vec(option::of(testing::user()), 1..4)],
        few(option::weighted(0.8, testing::team())),
        few(testing::tag()),
        few(testing::contact().prop_map(|contact| contact.id)),
        few(testing::account_id()),
    );
    let flags = (option::weighted(0.1, any::<bool>()), option::weighted(0.1, any::<bool>()));
    let rest = (few(testing::uid()), few(custom_filter()), flags, [period(), period(), period()]);
    (words, references.boxed(), rest.boxed())
        .prop_map(|(words, references, (uids, custom, flags, periods))| {
            let (sources, priorities, channel_types, statuses, awaiting) = words;
            let (categories, channels, assignees, teams, tags, contacts, accounts) = references;
            let ((is_read_by_customer, is_read_by_organization), [created, updated, last_activity]) = (flags, periods);
            ListFilter {
                statuses,
                sources,
                priorities,
                categories,
                channels,
                channel_types,
                assignees,
                teams,
                tags,
                contacts,
                accounts,
                uids,
                custom,
                awaiting,
                is_read_by_customer,
                is_read_by_organization,
                created,
                updated,
                last_activity,
            }
        })
        .boxed()
}

/// A filter by one thing only: by which rows are found.
fn single() -> BoxedStrategy<ListFilter> {
    let none = ListFilter::default;
    let some = || 1..3_usize;
    prop_oneof![
        collection::vec(testing::tag(), some()).prop_map(move |tags| ListFilter { tags, ..none() }),
        collection::vec(testing::team().prop_map(Some), some()).prop_map(move |teams| ListFilter { teams, ..none() }),
        collection::vec(testing::category(), some()).prop_map(move |categories| ListFilter { categories, ..none() }),
        collection::vec(testing::account_id(), some()).prop_map(move |accounts| ListFilter { accounts, ..none() }),
        testing::contact().prop_map(move |contact| ListFilter { contacts: vec![contact.id], ..none() }),
        custom_filter().prop_map(move |custom| ListFilter { custom: vec![custom], ..none() }),
        select(Priority::ALL).prop_map(move |priority| ListFilter { priorities: vec![priority], ..none() }),
    ]
    .boxed()
}

fn sort() -> impl Strategy<Value = Sort> {
    let by = select(Sort::NAMES.map(|(_, by)| by).to_vec());
    prop_oneof![1 => Just(Sort::default()), 5 => (by, any::<bool>()).prop_map(|(by, descending)| Sort { by, descending })]
}

fn query() -> BoxedStrategy<ListQuery> {
    let reach = (testing::actor(), testing::rules()).prop_map(|(actor, rules)| actor.reach(rules));
    let reach = prop_oneof![2 => Just(Reach::All), 1 => reach];
    let filter = prop_oneof![1 => Just(ListFilter::default()), 2 => filter(), 2 => single()];
    let start = prop_oneof![3 => Just(0), 1 => 0..30_usize].prop_map(|skip| ListStart::First { skip });
    (states(), filter, any::<bool>(), reach, sort(), start, 1..=12_u16, testing::time())
        .prop_map(|(states, filter, hide_snoozed, reach, sort, start, limit, now)| ListQuery {
            states,
            filter,
            search: None,
            hide_snoozed,
            reach,
            sort,
            start,
            limit,
            now,
        })
        .boxed()
}

/// Tickets of which many share their last activity, each with an id of its creation.
fn tickets() -> impl Strategy<Value = Vec<Ticket>> {
    let time = || prop_oneof![(1..40_u64).prop_map(Timestamp::from_millis), testing::time()];
    collection::vec((testing::ticket(), [time(), time()], any::<u64>()), 0..50).prop_map(|tickets| {
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
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
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

fn matches(ticket: &Ticket, query: &ListQuery) -> bool {
    let filter = &query.filter;
    let channel = ticket.channel.as_ref();
    query.states.contains(&State::of(ticket.shelf, ticket.status))
        && query.reach.covers(ticket.assignee, channel.map(|channel| channel.id))
        && !(query.hide_snoozed && ticket.is_put_off(query.now))
        && is_any(&filter.statuses, Some(&ticket.status))
        && is_any(&filter.sources, Some(&ticket.source))
        && is_any(&filter.priorities, Some(&ticket.priority))
        && is_any(&filter.categories, ticket.category.as_ref())
        && is_any(&filter.channels, channel.map(|channel| &channel.id))
        && is_any(&filter.channel_types, channel.map(|channel| &channel.kind))
        && is_any(&filter.assignees, Some(&ticket.assignee))
        && is_any(&filter.teams, Some(&ticket.team))
        && (filter.tags.is_empty() || filter.tags.iter().any(|tag| ticket.tags.contains(tag)))
        && is_any(&filter.contacts, ticket.contact.as_ref().map(|contact| &contact.id))
        && is_any(&filter.accounts, ticket.account.as_ref())
        && is_any(&filter.uids, ticket.uid.as_ref())
        && filter.custom.iter().all(|custom| matches_custom(ticket, custom))
        && is_any(&filter.awaiting, Some(&ticket.awaiting))
        && filter.is_read_by_customer.is_none_or(|flag| ticket.is_read_by_customer == flag)
        && filter.is_read_by_organization.is_none_or(|flag| ticket.is_read_by_organization == flag)
        && is_within(filter.created, ticket.created_at)
        && is_within(filter.updated, ticket.updated_at)
        && is_within(filter.last_activity, ticket.last_activity_at)
}

fn compare(a: &Ticket, b: &Ticket, by: SortBy) -> Ordering {
    let state = |ticket: &Ticket| State::of(ticket.shelf, ticket.status);
    match by {
        SortBy::LastActivity => (a.last_activity_at, a.id).cmp(&(b.last_activity_at, b.id)),
        SortBy::Created => (a.created_at, a.id).cmp(&(b.created_at, b.id)),
        SortBy::Updated => (a.updated_at, a.id).cmp(&(b.updated_at, b.id)),
        SortBy::Priority => (a.priority, a.created_at, a.id).cmp(&(b.priority, b.created_at, b.id)),
        SortBy::Status => (state(a), a.last_activity_at, a.id).cmp(&(state(b), b.last_activity_at, b.id)),
        SortBy::Number => (a.number, a.id).cmp(&(b.number, b.id)),
    }
}

fn expected(tickets: &[Ticket], query: &ListQuery) -> Vec<TicketId> {
    let mut found: Vec<_> = tickets.iter().filter(|ticket| matches(ticket, query)).collect();
    found.sort_by(|a, b| compare(a, b, query.sort.by));
    if query.sort.descending {
        found.reverse();
    }
    found.iter().map(|ticket| ticket.id).collect()
}

fn ids(tickets: &[Ticket]) -> Vec<TicketId> {
    tickets.iter().map(|ticket| ticket.id).collect()
}

/// Walks to the end and back, and holds what was seen against the model.
async fn walk(table: &Table, tenant: &Tenant, query: &ListQuery, expected: &[TicketId]) -> TestCaseResult {
    let list = async |start| table.lists.list(tenant, &ListQuery { start, ..query.clone() }).await.expect("it is read");
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
    check(24, &(tickets(), collection::vec(query(), 6)), async |table, (tickets, queries)| {
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
            table.lists.place_rows(None, &before).await.expect("they are written");
            table.lists.place_rows(None, ticket).await.expect("they are written");
        }
        // Half of them are asked at the very millisecond at which a follow-up comes due.
        let mut dues = tickets.iter().filter_map(|ticket| ticket.follow_up_at).map(Some).chain(std::iter::repeat(None));
        for (index, query) in queries.into_iter().enumerate() {
            let now = if index % 2 == 0 { dues.next().flatten() } else { None };
            let query = ListQuery { now: now.unwrap_or(query.now), ..query };
            let expected = expected(&tickets, &query);
            walk(table, &tenant, &query, &expected).await?;
            let total = table.lists.count(&tenant, &query).await.expect("it is counted");
            prop_assert_eq!((total.count, total.is_exact), (expected.len() as u64, true));
        }
        Ok(())
    });
}

fn open_ticket(id: u64) -> Ticket {
    let ticket = renamed(&crate::support::sample(&testing::ticket()), workspace(1), u128::from(id));
    Ticket {
        shelf: lambdesk_domain::status::Shelf::Live,
        status: Status::Open,
        last_activity_at: Timestamp::from_millis(1_000 + id),
        ..ticket
    }
}

fn open_query(start: ListStart) -> ListQuery {
    ListQuery {
        states: vec![State::Live(Status::Open)],
        filter: ListFilter::default(),
        search: None,
        hide_snoozed: false,
        reach: Reach::All,
        sort: Sort::default(),
        start,
        limit: 5,
        now: Timestamp::EPOCH,
    }
}

#[tokio::test]
async fn an_empty_page_leads_back_to_where_it_came_from() {
    let table = Table::new().await;
    let tickets: Vec<_> = (1..=3).map(open_ticket).collect();
    table.fill(&tickets).await;
    let tenant = Tenant::new(workspace(1));
    let list = async |start| table.lists.list(&tenant, &open_query(start)).await.expect("it is read");
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
    let table = Table::new().await;
    table.fill(&[open_ticket(1)]).await;
    let page = table.lists.list(&Tenant::new(workspace(2)), &open_query(ListStart::First { skip: 0 })).await;
    assert_eq!(page.expect("it is read").tickets, []);
}
