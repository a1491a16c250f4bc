//! What lists cost: in round trips, in depth, and as the table grows.

use lambdesk_domain::{
    access::VisibilityScope,
    budget::DEEPEST,
    id::{TeamId, UserId},
    status::{Lifecycle, Status},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_lists::{Filter, ListQuery, ListStart, OneOf, Sort};
use lambdesk_table::{
    Tenant, Usage, Value,
    item::{text, time},
    keys::{self, State},
    measured,
};
use lambdesk_testkit::{TestTable, renamed, samples, workspace};
use std::collections::BTreeSet;
use uuid::Uuid;

const MANY: u64 = 2_000;

/// Open tickets: every hundredth of one rare team, all of one user.
fn tickets() -> Vec<Ticket> {
    let kinds = samples(&testing::ticket(), 20);
    (0..MANY)
        .zip(kinds.iter().cycle())
        .map(|(number, kind)| Ticket {
            lifecycle: Lifecycle::Live,
            status: Status::Open,
            team: Some(if number % 100 == 0 { rare_team() } else { TeamId::new(Uuid::nil()) }),
            assignee: Some(user()),
            summary: None,
            last_activity_at: Timestamp::from_millis(1_767_225_600_000 + number * 7 % MANY),
            updated_at: Timestamp::from_millis(1_767_225_600_000 + number),
            ..renamed(kind, workspace(1), u128::from(number))
        })
        .collect()
}

fn rare_team() -> TeamId {
    TeamId::new(Uuid::from_u128(77))
}

fn user() -> UserId {
    UserId::new(Uuid::from_u128(88))
}

fn query(filters: Vec<Filter>) -> ListQuery {
    ListQuery {
        states: vec![State::Live(Status::Open)],
        filters,
        search: None,
        hide_snoozed: true,
        visibility: VisibilityScope::All,
        sort: Sort::default(),
        start: ListStart::First { skip: 0 },
        limit: 25,
        now: Timestamp::from_millis(253_402_300_799_999),
    }
}

/// Writes tickets as copies of those a hundred before, many in one request: what
/// differs between the two is given here.
async fn copy(table: &TestTable, originals: &[Ticket], copies: &[Ticket]) {
    let tenant = Tenant::new(workspace(1));
    let mut items = Vec::new();
    for original in originals {
        items.push(table.item(tenant.ticket(original.id)).await.expect("it is there"));
    }
    let rows = copies.iter().zip(items.iter().cycle()).map(|(ticket, item)| {
        let short = keys::short(ticket.id.uuid());
        let mut item = item.clone();
        let mut set = |name: &str, value: Value| drop(item.insert(name.to_owned(), value));
        set("pk", text(tenant.ticket(ticket.id).pk));
        set("l_sk", text(keys::activity(ticket.last_activity_at, ticket.id)));
        set("a_sk", text(short.clone()));
        set("o_sk", text(keys::priority(ticket.priority, ticket.id)));
        set("la", time(ticket.last_activity_at));
        set("up", time(ticket.updated_at));
        if ticket.contact.is_some() {
            set("x_sk", text(short));
        }
        item
    });
    table.put_all(rows.collect()).await;
    let last = copies.last().expect("some");
    assert_eq!(table.store.tickets.ticket(workspace(1), last.id).await.expect("it is read").as_ref(), Some(last));
}

async fn cost(table: &TestTable, query: &ListQuery) -> (usize, Usage) {
    let (page, usage) = measured(table.store.lists.list(&Tenant::new(workspace(1)), query)).await;
    (page.expect("it is read").tickets.len(), usage)
}

/// All tickets that a filtered list reaches, and the most requests for one page.
async fn all(table: &TestTable, query: &ListQuery) -> (Vec<Ticket>, usize) {
    let (mut found, mut most, mut start) = (Vec::new(), 0, Some(query.start.clone()));
    while let Some(from) = start {
        let query = ListQuery { start: from, ..query.clone() };
        let (page, usage) = measured(table.store.lists.list(&Tenant::new(workspace(1)), &query)).await;
        let page = page.expect("it is read");
        most = most.max(usage.round_trips());
        found.extend(page.tickets);
        start = page.next.map(ListStart::After);
    }
    (found, most)
}

#[tokio::test]
async fn lists_cost_the_same_however_many_tickets_there_are() {
    let table = TestTable::new().await;
    let tickets = tickets();
    let (few, rest) = tickets.split_at(100);
    table.fill(few).await;
    let plain = query(Vec::new());
    let (rows, before) = cost(&table, &plain).await;
    assert_eq!((rows, before.round_trips(), before.depth()), (25, 1, 1));
    copy(&table, few, rest).await;
    let (_, after) = cost(&table, &plain).await;
    assert_eq!((after.round_trips(), after.depth()), (1, 1));
    // The rows are not all of the same size: within half of each other is no growth.
    assert!(after.units() <= before.units() * 1.5, "{} units, then {}", before.units(), after.units());

    filtered_pages_come_back_short_and_still_reach_every_row(&table).await;
    an_assignee_with_too_many_tickets_to_sort_is_walked(&table).await;
    page_numbers_reach_their_depth(&table, &tickets).await;
    slices_reach_every_ticket_that_changed_lately(&table).await;
}

async fn filtered_pages_come_back_short_and_still_reach_every_row(table: &TestTable) {
    // Beside nobody's team, so that there are no rows to begin with.
    let rare = query(OneOf::new([Some(rare_team()), None]).map(Filter::Team).into_iter().collect());
    let (found, most) = all(table, &rare).await;
    let ids: BTreeSet<_> = found.iter().map(|ticket| ticket.id).collect();
    assert_eq!((found.len(), ids.len()), (20, 20));
    assert!(most <= 4, "{most} requests for one page");
    assert!(found.is_sorted_by_key(|ticket| std::cmp::Reverse((ticket.last_activity_at, ticket.id))));
    let (rows, usage) = cost(table, &rare).await;
    assert!(rows < 20, "a page that reads on until it is full has no bound");
    assert!(usage.units() <= 200.0, "{}", usage.units());
}

async fn an_assignee_with_too_many_tickets_to_sort_is_walked(table: &TestTable) {
    let mine = ListQuery { limit: 100, ..query(vec![Filter::Assignee(Some(user()).into())]) };
    let (found, most) = all(table, &mine).await;
    assert_eq!(found.len() as u64, MANY);
    assert!(most <= 5, "{most} requests for one page");
    assert!(found.is_sorted_by_key(|ticket| std::cmp::Reverse((ticket.last_activity_at, ticket.id))));
}

async fn page_numbers_reach_their_depth(table: &TestTable, tickets: &[Ticket]) {
    let mut sorted: Vec<_> = tickets.iter().collect();
    sorted.sort_by_key(|ticket| std::cmp::Reverse((ticket.last_activity_at, ticket.id)));
    let deep = ListQuery { start: ListStart::First { skip: DEEPEST - 25 }, ..query(Vec::new()) };
    let page = table.store.lists.list(&Tenant::new(workspace(1)), &deep).await.expect("it is read");
    let expected = sorted.iter().skip(DEEPEST - 25).take(25).map(|ticket| ticket.id);
    assert!(page.tickets.iter().map(|ticket| ticket.id).eq(expected));
}

async fn slices_reach_every_ticket_that_changed_lately(table: &TestTable) {
    let since = Timestamp::from_millis(1_767_225_600_000 + MANY / 2);
    let (mut found, mut from, mut slices) = (BTreeSet::new(), None, 0);
    loop {
        let slice = table.store.tickets.changed_since(since, from.as_deref()).await.expect("it is read");
        slices += 1;
        for ticket in slice.tickets {
            assert!(ticket.updated_at >= since);
            assert!(found.insert(ticket.id), "told twice");
        }
        match slice.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(found.len() as u64, MANY / 2);
    assert!(slices >= 2, "a slice is bounded");
}

#[tokio::test]
async fn several_states_are_asked_for_together() {
    let table = TestTable::new().await;
    let states = [Status::Open, Status::InProgress, Status::Waiting, Status::OnHold, Status::Resolved, Status::Spam];
    let six = ListQuery { states: states.map(State::Live).to_vec(), ..query(Vec::new()) };
    let (_, usage) = cost(&table, &six).await;
    assert_eq!((usage.round_trips(), usage.depth()), (6, 1));
    let twice = ListQuery { states: [State::Live(Status::Open); 2].to_vec(), ..query(Vec::new()) };
    assert_eq!(cost(&table, &twice).await.1.round_trips(), 1, "asking twice is asking once");
}

#[tokio::test]
async fn restricted_users_own_tickets_are_read_from_their_own_partition() {
    let table = TestTable::new().await;
    let tickets: Vec<_> = tickets().into_iter().take(30).collect();
    table.fill(&tickets).await;
    let own = ListQuery { visibility: VisibilityScope::Own(user()), ..query(Vec::new()) };
    // The first list of a process does not know how large they are.
    let (rows, usage) = cost(&table, &own).await;
    assert_eq!((rows, usage.round_trips()), (25, 2));
    let (rows, usage) = cost(&table, &own).await;
    assert_eq!((rows, usage.round_trips()), (25, 1));
    assert!(usage.operations[0].index_units.contains_key("assignee"), "{usage:?}");
}
