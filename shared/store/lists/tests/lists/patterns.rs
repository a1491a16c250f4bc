//! What each way of reading a list may cost: one test per line of the table in
//! `plan.rs`. 600 tickets of about 0.8 KB, pages of 25.

use lambdesk_domain::{
    access::VisibilityScope,
    contact::ContactRef,
    id::{CategoryId, ContactId, TagId, TicketId, TicketNumber, UserId},
    status::{Lifecycle, Priority, Status},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_lists::{Filter, ListPage, ListQuery, ListStart, OneOf, Period, Sort, SortBy};
use lambdesk_table::{Tenant, keys::State, measured};
use lambdesk_testkit::{TestTable, sample, workspace};
use std::time::Duration;
use uuid::Uuid;

const MANY: u64 = 600;
pub const BEGIN: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub const ACTIVE: [State; 4] = [
    State::Live(Status::Open),
    State::Live(Status::InProgress),
    State::Live(Status::Waiting),
    State::Live(Status::OnHold),
];
const OPEN: [State; 1] = [State::Live(Status::Open)];
pub const DONE: [State; 2] = [State::Live(Status::Resolved), State::Live(Status::Closed)];

pub fn numbered<T>(wrap: fn(Uuid) -> T, number: u128) -> T {
    wrap(Uuid::from_u128(number))
}

/// Every third is closed; every hundredth has the rare tag, every second the common
/// one; every tenth is of one contact; one in fifty is urgent.
pub fn tickets(many: u64) -> Vec<Ticket> {
    let kind = sample(&testing::ticket());
    let ticket = |number: u64| {
        let at = BEGIN.plus(Duration::from_mins(number));
        let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        let id = uuid::Builder::from_unix_timestamp_millis(
            at.millis(),
            &[&random[..], &[0, 0]].concat().try_into().expect("ten"),
        );
        let rare = number.is_multiple_of(100).then(|| numbered(TagId::new, 1));
        let common = number.is_multiple_of(2).then(|| numbered(TagId::new, 2));
        let contact = ContactRef {
            id: numbered(ContactId::new, if number.is_multiple_of(10) { 1 } else { u128::from(number) + 2 }),
            name: None,
            email: None,
            external_id: None,
            is_unproved: false,
        };
        Ticket {
            workspace_id: workspace(1),
            id: TicketId::new(id.into_uuid()),
            number: TicketNumber(number * 7 % MANY),
            lifecycle: Lifecycle::Live,
            status: if number.is_multiple_of(3) { Status::Closed } else { Status::Open },
            priority: if number.is_multiple_of(50) { Priority::Urgent } else { Priority::Normal },
            assignee: Some(numbered(UserId::new, u128::from(number % 4))),
            category: Some(numbered(CategoryId::new, 1)),
            contact: Some(contact),
            team: None,
            account: None,
            uid: None,
            custom: [].into(),
            summary: Some("s".repeat(300).parse().expect("a summary")),
            follow_up_at: None,
            tags: rare.into_iter().chain(common).collect(),
            created_at: at,
            updated_at: BEGIN.plus(Duration::from_mins(number * 11 % MANY)),
            last_activity_at: BEGIN.plus(Duration::from_hours(number * 13 % MANY)),
            ..kind.clone()
        }
    };
    (0..many).map(ticket).collect()
}

/// Writes tickets with all their rows.
pub async fn fill(table: &TestTable, tickets: &[Ticket]) {
    table.fill(tickets).await;
    for some in tickets.chunks(16) {
        let writes = some.iter().map(|ticket| table.store.lists.place_rows(None, ticket));
        futures_util::future::try_join_all(writes).await.expect("they are written");
    }
}

pub fn query(states: &[State], by: SortBy, filters: Vec<Filter>) -> ListQuery {
    ListQuery {
        states: states.to_vec(),
        filters,
        search: None,
        hide_snoozed: true,
        visibility: VisibilityScope::All,
        sort: Sort { by, descending: true },
        start: ListStart::First { skip: 0 },
        limit: 25,
        now: BEGIN,
    }
}

/// By one tag.
fn tagged(number: u128) -> Vec<Filter> {
    vec![Filter::Tag(numbered(TagId::new, number).into())]
}

/// What a page of a list cost.
#[derive(Debug)]
pub struct Cost {
    pub rows: usize,
    pub trips: usize,
    pub depth: usize,
    pub units: f64,
}

pub async fn page(table: &TestTable, query: &ListQuery) -> (ListPage, Cost) {
    let (page, usage) = measured(table.store.lists.list(&Tenant::new(workspace(1)), query)).await;
    let page = page.expect("it is read");
    let cost =
        Cost { rows: page.tickets.len(), trips: usage.round_trips(), depth: usage.depth(), units: usage.units() };
    (page, cost)
}

/// Holds the first page and the one after it to a cost, and answers the first.
async fn holds(table: &TestTable, query: &ListQuery, most: Cost) -> ListPage {
    let (first, cost) = page(table, query).await;
    let mut pages = vec![cost];
    if let Some(next) = &first.next {
        pages.push(page(table, &ListQuery { start: ListStart::After(next.clone()), ..query.clone() }).await.1);
    }
    for cost in pages {
        let is_held = cost.trips <= most.trips && cost.depth <= most.depth && cost.units <= most.units;
        assert!(is_held && cost.rows >= most.rows, "{cost:?} instead of {most:?}, by {:?}", query.sort);
    }
    first
}

#[tokio::test]
async fn each_way_of_reading_costs_what_it_may() {
    let table = TestTable::new().await;
    fill(&table, &tickets(MANY)).await;
    an_order_costs_the_items_and_a_request_for_each_range(&table).await;
    few_tickets_are_sorted_here(&table).await;
    many_tickets_with_something_are_walked_by_creation(&table).await;
    a_filter_without_rows_has_a_budget(&table).await;
    a_period_ends_the_walk(&table).await;
    page_numbers_reach_their_depth_in_every_order(&table).await;
    a_number_is_two_requests_at_most(&table).await;
    a_total_costs_no_more_than_its_list_while_it_is_small(&table).await;
}

async fn an_order_costs_the_items_and_a_request_for_each_range(table: &TestTable) {
    let none = Vec::new;
    let full = |trips, depth, units| Cost { rows: 25, trips, depth, units };
    holds(table, &query(&OPEN, SortBy::LastActivity, none()), full(1, 1, 3.5)).await;
    holds(table, &query(&OPEN, SortBy::Status, none()), full(1, 1, 3.5)).await;
    // The first state is empty; the others are read together.
    holds(table, &query(&ACTIVE, SortBy::Status, none()), full(4, 2, 5.0)).await;
    holds(table, &query(&ACTIVE, SortBy::Created, none()), full(5, 2, 15.0)).await;
    holds(table, &query(&DONE, SortBy::Created, none()), full(5, 2, 15.0)).await;
    holds(table, &query(&ACTIVE, SortBy::Priority, none()), full(2, 2, 14.0)).await;
    holds(table, &query(&DONE, SortBy::Priority, none()), full(2, 2, 14.0)).await;
    holds(table, &query(&ACTIVE, SortBy::Updated, none()), full(2, 2, 14.0)).await;
    let both = [&ACTIVE[..], &DONE].concat();
    holds(table, &query(&both, SortBy::Number, none()), full(2, 2, 14.0)).await;
    holds(table, &query(&both, SortBy::Created, none()), full(9, 2, 17.0)).await;
}

async fn few_tickets_are_sorted_here(table: &TestTable) {
    let both = [&ACTIVE[..], &DONE].concat();
    let rare = tagged(1);
    let whole = |rows, trips, units| Cost { rows, trips, depth: trips, units };
    // The first list of a process does not know how large they are: it probes.
    let contact = vec![Filter::Contact(numbered(ContactId::new, 1).into())];
    let (_, first) = page(table, &query(&both, SortBy::Priority, contact)).await;
    assert!(first.depth <= 3 && first.units <= 32.0, "{first:?}");
    for (_, by) in Sort::NAMES {
        holds(table, &query(&both, by, rare.clone()), whole(6, 2, 4.0)).await;
        let contact = vec![Filter::Contact(numbered(ContactId::new, 1).into())];
        holds(table, &query(&both, by, contact), whole(25, 2, 32.0)).await;
    }
    let mine = vec![Filter::Assignee(Some(numbered(UserId::new, 1)).into())];
    holds(table, &query(&ACTIVE, SortBy::Priority, mine.clone()), Cost { rows: 25, trips: 2, depth: 2, units: 20.0 })
        .await;
    holds(table, &query(&ACTIVE, SortBy::Created, mine), whole(25, 1, 12.0)).await;
}

async fn many_tickets_with_something_are_walked_by_creation(table: &TestTable) {
    let both = [&ACTIVE[..], &DONE].concat();
    let common = tagged(2);
    let most = Cost { rows: 25, trips: 2, depth: 2, units: 14.0 };
    let first = holds(table, &query(&both, SortBy::Created, common.clone()), most).await;
    assert!(first.tickets.is_sorted_by_key(|ticket| std::cmp::Reverse(ticket.id)));
    let both_tags = OneOf::new([1, 2].map(|tag| numbered(TagId::new, tag))).map(Filter::Tag);
    let both_tags = both_tags.into_iter().collect();
    holds(table, &query(&both, SortBy::Created, both_tags), Cost { rows: 25, trips: 3, depth: 2, units: 14.5 }).await;
    // Twelve of a day: whole days are read.
    let most = Cost { rows: 25, trips: 2, depth: 2, units: 21.0 };
    let first = holds(table, &query(&both, SortBy::LastActivity, common.clone()), most).await;
    assert!(first.tickets.is_sorted_by_key(|ticket| std::cmp::Reverse(ticket.last_activity_at)));
    let newest = first.tickets.first().map(|ticket| ticket.last_activity_at);
    assert_eq!(
        newest,
        tickets(MANY)
            .iter()
            .filter(|ticket| ticket.tags.contains(&numbered(TagId::new, 2)))
            .map(|ticket| ticket.last_activity_at)
            .max()
    );
    // 300 of them: their keys are held against those of the order.
    holds(table, &query(&both, SortBy::Updated, common.clone()), Cost { rows: 25, trips: 7, depth: 5, units: 32.0 })
        .await;
    holds(table, &query(&both, SortBy::Priority, common), Cost { rows: 25, trips: 7, depth: 5, units: 32.0 }).await;
}

/// More on one day than a page may read: then the list index is walked, and days
/// before and after are read as ever.
#[tokio::test]
async fn a_day_with_too_many_tickets_is_walked() {
    let table = TestTable::new().await;
    let crowded = |(place, ticket): (u64, Ticket)| {
        let day = if place < 10 { 0 } else { u64::from(place < 160) + 1 };
        let at = BEGIN.plus(Duration::from_hours(24 * day) + Duration::from_mins(place));
        Ticket { last_activity_at: at, tags: [numbered(TagId::new, 3)].into(), ..ticket }
    };
    let tickets: Vec<_> = (0..170).zip(tickets(MANY)).map(crowded).collect();
    fill(&table, &tickets).await;
    let filters = tagged(3);
    for descending in [true, false] {
        let query = query(&[&OPEN[..], &DONE].concat(), SortBy::LastActivity, filters.clone());
        let query = ListQuery { sort: Sort { descending, ..query.sort }, ..query };
        let (mut found, mut start) = (Vec::new(), Some(query.start.clone()));
        while let Some(from) = start {
            let (page, cost) = page(&table, &ListQuery { start: from, ..query.clone() }).await;
            assert!(cost.units <= 50.0, "{cost:?}");
            found.extend(page.tickets.into_iter().map(|ticket| ticket.last_activity_at));
            start = page.next.map(ListStart::After);
        }
        let mut expected: Vec<_> = tickets.iter().map(|ticket| ticket.last_activity_at).collect();
        expected.sort_by(|a, b| if descending { b.cmp(a) } else { a.cmp(b) });
        assert_eq!(found, expected);
    }
}

/// One in fifty: pages come back short, and go on to the end.
async fn a_filter_without_rows_has_a_budget(table: &TestTable) {
    let urgent = vec![Filter::Priority(Priority::Urgent.into())];
    for (_, by) in Sort::NAMES {
        let query = query(&ACTIVE, by, urgent.clone());
        holds(table, &query, Cost { rows: 0, trips: 9, depth: 5, units: 50.0 }).await;
        let (mut found, mut start, mut pages) = (0, Some(query.start.clone()), 0);
        while let Some(from) = start {
            let (page, cost) = page(table, &ListQuery { start: from, ..query.clone() }).await;
            assert!(cost.units <= 50.0, "{cost:?}");
            (found, pages) = (found + cost.rows, pages + 1);
            start = page.next.map(ListStart::After);
        }
        assert_eq!(found, 8, "every one is reached, by {by:?}");
        assert!(pages <= 12, "{pages} pages");
    }
}

async fn a_period_ends_the_walk(table: &TestTable) {
    let last_hour = Period { from: Some(BEGIN.plus(Duration::from_mins(MANY - 60))), until: None };
    let last_days = Period { from: Some(BEGIN.plus(Duration::from_hours(MANY - 60))), until: None };
    for (by, filter) in [
        (SortBy::Created, Filter::Created(last_hour)),
        (SortBy::Updated, Filter::Updated(last_hour)),
        (SortBy::LastActivity, Filter::LastActivity(last_days)),
    ] {
        let query = ListQuery { limit: 100, ..query(&OPEN, by, vec![filter]) };
        let (page, cost) = page(table, &query).await;
        assert_eq!((cost.rows, page.next), (40, None), "by {by:?}");
        assert!(cost.units <= 34.0, "{cost:?}");
    }
}

async fn page_numbers_reach_their_depth_in_every_order(table: &TestTable) {
    let both = [&ACTIVE[..], &DONE].concat();
    for (_, by) in Sort::NAMES {
        let deep = ListStart::First { skip: 575 };
        let (page, cost) = page(table, &ListQuery { start: deep, ..query(&both, by, Vec::new()) }).await;
        assert_eq!((cost.rows, page.next), (25, None), "by {by:?}");
        assert!(cost.depth <= 4, "{cost:?}");
    }
}

async fn a_number_is_two_requests_at_most(table: &TestTable) {
    let of = async |number| {
        let (found, usage) = measured(table.store.lists.numbered(workspace(1), TicketNumber(number))).await;
        (found.expect("it is read"), usage)
    };
    let wanted = tickets(MANY).into_iter().find(|ticket| ticket.number.0 == 77).map(|ticket| ticket.id);
    let (found, usage) = of(77).await;
    assert_eq!((found, usage.round_trips()), (wanted, 1));
    let (found, usage) = of(77_000).await;
    assert_eq!((found, usage.depth(), usage.round_trips()), (None, 2, 3));
    assert!(usage.units() <= 12.0, "{}", usage.units());
}

async fn a_total_costs_no_more_than_its_list_while_it_is_small(table: &TestTable) {
    let rare = tagged(1);
    let query = query(&OPEN, SortBy::Updated, rare);
    let (total, usage) = measured(table.store.lists.count(&Tenant::new(workspace(1)), &query)).await;
    let total = total.expect("it is counted");
    assert_eq!((total.count, total.is_exact, usage.round_trips()), (4, true, 2));
}

#[tokio::test]
async fn a_new_ticket_is_found_by_its_number_before_its_row_is_there() {
    let table = TestTable::new().await;
    // As nearly all are that were just made; others are found when their rows are there.
    let is_open = |ticket: &Ticket| State::of(ticket.lifecycle, ticket.status) == State::Live(Status::Open);
    let tickets: Vec<_> = tickets(MANY).into_iter().filter(is_open).take(5).collect();
    table.fill(&tickets).await;
    for ticket in &tickets {
        let found = table.store.lists.numbered(workspace(1), ticket.number).await.expect("it is read");
        assert_eq!(found, Some(ticket.id));
    }
    assert_eq!(table.store.lists.numbered(workspace(2), tickets[0].number).await.expect("it is read"), None);
}
