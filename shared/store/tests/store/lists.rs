//! Lists, held against sorting and filtering everything at hand.

use crate::support::{Table, check, renamed, workspace};
use lambdesk_domain::{
    access::Reach,
    id::TicketId,
    status::{ChannelType, Priority, Source, Status},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store::{
    CustomFilter, ListFilter, ListQuery, Position, Start,
    keys::{State, Tenant},
};
use proptest::{collection, option, prelude::*, sample::select, test_runner::TestCaseResult};
use std::collections::BTreeSet;
use uuid::Uuid;

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
    (testing::field_key(), value, any::<bool>()).prop_map(|(key, value, is_member)| {
        let is_member = is_member && matches!(value, lambdesk_domain::custom_field::FieldValue::Text(_));
        CustomFilter { key, value, is_member }
    })
}

fn filter() -> BoxedStrategy<ListFilter> {
    let words =
        (few(select(Source::ALL)), few(select(Priority::ALL)), few(select(ChannelType::ALL)), few(testing::status()));
    let references = (
        few(testing::category()),
        few(testing::channel().prop_map(|channel| channel.id)),
        prop_oneof![1 => Just(Vec::new()), 1 => collection::vec(option::of(testing::user()), 1..4)],
        few(testing::team()),
        few(testing::tag()),
    );
    let contact = option::weighted(0.1, testing::contact().prop_map(|contact| contact.id));
    let account = option::weighted(0.1, testing::account().prop_map(|account| account.id));
    let rest = (contact, account, option::weighted(0.05, testing::uid()), few(custom_filter()));
    (words, references.boxed(), rest.boxed())
        .prop_map(|(words, references, (contact, account, uid, custom))| {
            let (sources, priorities, channel_types, statuses) = words;
            let (categories, channels, assignees, teams, tags) = references;
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
                contact,
                account,
                uid,
                custom,
            }
        })
        .boxed()
}

fn query() -> BoxedStrategy<ListQuery> {
    let reach = (testing::actor(), testing::rules()).prop_map(|(actor, rules)| actor.reach(rules));
    let reach = prop_oneof![2 => Just(Reach::All), 1 => reach];
    let filter = prop_oneof![1 => Just(ListFilter::default()), 2 => filter()];
    let start = prop_oneof![3 => Just(0), 1 => 0..30_usize].prop_map(|skip| Start::Newest { skip });
    (states(), filter, any::<bool>(), reach, start, 1..=12_u16, testing::time())
        .prop_map(|(states, filter, hide_put_off, reach, start, limit, now)| ListQuery {
            states,
            filter,
            hide_put_off,
            reach,
            start,
            limit,
            now,
        })
        .boxed()
}

/// Tickets of which many share their last activity.
fn tickets() -> impl Strategy<Value = Vec<Ticket>> {
    let activity = prop_oneof![(1..40_u64).prop_map(Timestamp::from_millis), testing::time()];
    collection::vec((testing::ticket(), activity, any::<u64>()), 0..50).prop_map(|tickets| {
        let named = tickets.into_iter().map(|(ticket, last_activity_at, id)| {
            let id = TicketId::new(Uuid::from_u128(u128::from(id)));
            Ticket { id, last_activity_at, ..ticket }
        });
        let mut seen = BTreeSet::new();
        named.filter(|ticket| seen.insert(ticket.id)).collect()
    })
}

fn is_any<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

fn matches_custom(ticket: &Ticket, filter: &CustomFilter) -> bool {
    use lambdesk_domain::custom_field::FieldValue::{Choices, Text};
    match (ticket.custom.get(&filter.key), &filter.value) {
        (Some(Choices(values)), Text(member)) if filter.is_member => values.contains(member),
        (Some(Text(text)), Text(part)) if filter.is_member => text.contains(part),
        (Some(value), wanted) => !filter.is_member && value == wanted,
        (None, _) => false,
    }
}

fn matches(ticket: &Ticket, query: &ListQuery) -> bool {
    let filter = &query.filter;
    let channel = ticket.channel.as_ref();
    query.states.contains(&State::of(ticket.shelf, ticket.status))
        && query.reach.covers(ticket.assignee, channel.map(|channel| channel.id))
        && !(query.hide_put_off && ticket.is_put_off(query.now))
        && is_any(&filter.statuses, Some(&ticket.status))
        && is_any(&filter.sources, Some(&ticket.source))
        && is_any(&filter.priorities, Some(&ticket.priority))
        && is_any(&filter.categories, ticket.category.as_ref())
        && is_any(&filter.channels, channel.map(|channel| &channel.id))
        && is_any(&filter.channel_types, channel.map(|channel| &channel.kind))
        && is_any(&filter.assignees, Some(&ticket.assignee))
        && is_any(&filter.teams, ticket.team.as_ref())
        && (filter.tags.is_empty() || filter.tags.iter().any(|tag| ticket.tags.contains(tag)))
        && filter.contact.is_none_or(|id| ticket.contact.as_ref().is_some_and(|contact| contact.id == id))
        && filter.account.is_none_or(|id| ticket.account.as_ref().is_some_and(|account| account.id == id))
        && filter.uid.as_ref().is_none_or(|uid| ticket.uid.as_ref() == Some(uid))
        && filter.custom.iter().all(|custom| matches_custom(ticket, custom))
}

fn expected(tickets: &[Ticket], query: &ListQuery) -> Vec<TicketId> {
    let mut found: Vec<_> = tickets.iter().filter(|ticket| matches(ticket, query)).collect();
    found.sort_by_key(|ticket| std::cmp::Reverse((ticket.last_activity_at, ticket.id)));
    found.iter().map(|ticket| ticket.id).collect()
}

fn ids(tickets: &[Ticket]) -> Vec<TicketId> {
    tickets.iter().map(|ticket| ticket.id).collect()
}

/// Walks to the oldest and back, and holds what was seen against the model.
async fn walk(table: &Table, tenant: &Tenant, query: &ListQuery, expected: &[TicketId]) -> TestCaseResult {
    let list = async |start| table.store.list(tenant, &ListQuery { start, ..query.clone() }).await.expect("it is read");
    let skip = if let Start::Newest { skip } = query.start { skip } else { 0 };
    let mut page = list(query.start.clone()).await;
    let mut seen = ids(&page.tickets);
    prop_assert!(skip > 0 || page.newer.is_none(), "nothing is newer than the newest");
    while let Some(older) = page.older.clone() {
        page = list(Start::OlderThan(older)).await;
        prop_assert!(page.tickets.len() <= usize::from(query.limit));
        seen.extend(ids(&page.tickets));
        prop_assert!(seen.len() <= expected.len(), "more than there is");
    }
    prop_assert_eq!(&seen[..], expected.get(skip..).unwrap_or_default());
    let mut back = ids(&page.tickets);
    while let Some(newer) = page.newer.clone() {
        page = list(Start::NewerThan(newer)).await;
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
        // Half of them are asked at the very millisecond at which a follow-up comes due.
        let mut dues = tickets.iter().filter_map(|ticket| ticket.follow_up_at).map(Some).chain(std::iter::repeat(None));
        for (index, query) in queries.into_iter().enumerate() {
            let now = if index % 2 == 0 { dues.next().flatten() } else { None };
            let query = ListQuery { now: now.unwrap_or(query.now), ..query };
            let expected = expected(&tickets, &query);
            walk(table, &tenant, &query, &expected).await?;
            let total = table.store.count(&tenant, &query).await.expect("it is counted");
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

fn open_query(start: Start) -> ListQuery {
    ListQuery {
        states: vec![State::Live(Status::Open)],
        filter: ListFilter::default(),
        hide_put_off: false,
        reach: Reach::All,
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
    let list = async |start| table.store.list(&tenant, &open_query(start)).await.expect("it is read");
    let beyond = list(Start::OlderThan(Position::of(&tickets[0]))).await;
    assert_eq!((beyond.tickets.len(), &beyond.older), (0, &None));
    let back = list(Start::NewerThan(beyond.newer.expect("a way back"))).await;
    assert_eq!(ids(&back.tickets), [tickets[2].id, tickets[1].id, tickets[0].id]);
    let above = list(Start::NewerThan(Position::of(&tickets[2]))).await;
    assert_eq!((above.tickets.len(), &above.newer), (0, &None));
    let back = list(Start::OlderThan(above.older.expect("a way back"))).await;
    assert_eq!(ids(&back.tickets), [tickets[2].id, tickets[1].id, tickets[0].id]);
}

#[tokio::test]
async fn another_tenants_tickets_are_in_no_list() {
    let table = Table::new().await;
    table.fill(&[open_ticket(1)]).await;
    let page = table.store.list(&Tenant::new(workspace(2)), &open_query(Start::Newest { skip: 0 })).await;
    assert_eq!(page.expect("it is read").tickets, []);
}
