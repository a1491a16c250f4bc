//! Counters that follow the feed: every event once, whoever counts and whatever happens.

use lambdesk_domain::{
    day::Day,
    events::{TicketEvent, between},
    id::{UserId, Version},
    report::{Cell, Counters, EventContext, Group, Standing, Tally},
    status::{Lifecycle, Status},
    sweep::lost_version,
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_reports::Folded;
use lambdesk_table::{
    Item, Tenant,
    item::{keyed, number},
    keys::State,
    measured,
    retry::ATTEMPTS,
};
use lambdesk_testkit::{Fault, TestTable, renamed, samples, workspace};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// 2026-01-01, when the workspace was made.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const EVER: (Day, Day) = (Day::from_number(0), Day::from_number(u64::MAX));

/// Random histories of tickets of one workspace.
fn histories(count: usize) -> Vec<Vec<Ticket>> {
    let named = (1_u128..).zip(samples(&testing::history(), count));
    named.map(|(id, versions)| versions.iter().map(|ticket| renamed(ticket, workspace(1), id)).collect()).collect()
}

fn events(histories: &[Vec<Ticket>]) -> Vec<TicketEvent> {
    let of = |versions: &Vec<Ticket>| {
        let before = std::iter::once(None).chain(versions.iter().map(Some));
        before.zip(versions).map(|(old, new)| between(old, new)).collect::<Vec<_>>()
    };
    histories.iter().flat_map(of).collect()
}

/// Puts events into the feed, a minute after each other; answers when all have settled.
async fn tell(table: &TestTable, events: &[TicketEvent], from: Timestamp) -> Timestamp {
    let at = |number: usize| from.plus(Duration::from_secs(60 * number as u64));
    for some in events.iter().enumerate().collect::<Vec<_>>().chunks(32) {
        let adds = some.iter().map(async |(number, event)| {
            let at = at(*number);
            let position = uuid::Builder::from_unix_timestamp_millis(at.millis(), &[1; 10]).into_uuid();
            assert!(
                table.store.events.tell(&TicketEvent::clone(event).into(), position, at).await.expect("it is written")
            );
        });
        futures_util::future::join_all(adds).await;
    }
    at(events.len())
}

fn tally(events: &[TicketEvent]) -> Tally {
    let mut tally = Tally::default();
    for event in events {
        tally.add(&Tally::of(EventContext { event, previous: None, next: None }).expect("it is readable"));
    }
    tally
}

fn cells(tally: &Tally) -> BTreeMap<Cell, Counters> {
    tally.iter().map(|(cell, counters)| (cell, counters.clone())).collect()
}

/// All that is counted, in the cells that are expected to be counted and in all that stand now.
async fn counted(table: &TestTable, expected: &BTreeMap<Cell, Counters>) -> BTreeMap<Cell, Counters> {
    let (store, tenant) = (table.elsewhere().reports, Tenant::new(workspace(1)));
    let standings = store.counts_now(&tenant).await.expect("they are read");
    let mut all = BTreeMap::from([(Cell::Now(Group::All), standings.counters().clone())]);
    let groups = store.counted_groups(&tenant, &standings).await.expect("they are read");
    all.extend(groups.into_iter().map(|(group, counters)| (Cell::Now(group), counters)));
    for cell in expected.keys() {
        if let Cell::Day(group, _) = *cell {
            let days = store.counted_days(workspace(1), &standings, group, EVER).await.expect("they are read");
            all.extend(days.into_iter().map(|(day, counters)| (Cell::Day(group, day), counters)));
        }
    }
    all.retain(|_, counters| *counters != Counters::default());
    all
}

async fn fold(table: &TestTable, now: Timestamp, pages: usize) -> Folded {
    table.store.reports.fold_counts(workspace(1), START, now, pages).await.expect("it is counted")
}

#[tokio::test]
async fn counted_in_any_portions_the_sums_are_those_of_all_events() {
    let table = TestTable::new().await;
    let events = events(&histories(30));
    let expected = cells(&tally(&events));
    let end = tell(&table, &events, START).await;
    for part in 1..=5_u32 {
        let now = START.plus(end.since(START) * part / 5);
        let folded = fold(&table, now, 100).await;
        assert!(folded.is_current && folded.as_of == now.minus(Duration::from_secs(38)));
        // And once more, when there is nothing new.
        fold(&table, now, 100).await;
    }
    let last = fold(&table, end.plus(Duration::from_mins(1)), 1).await;
    assert!(last.is_current);
    assert_eq!(counted(&table, &expected).await, expected);
}

#[tokio::test]
async fn those_who_count_at_the_same_time_count_every_event_once() {
    let table = TestTable::new().await;
    let events = events(&histories(25));
    let expected = cells(&tally(&events));
    let end = tell(&table, &events, START).await.plus(Duration::from_mins(1));
    let stores = [(); 4].map(|()| table.elsewhere().reports);
    let folds = stores.iter().map(|store| store.fold_counts(workspace(1), START, end, 100));
    for folded in futures_util::future::join_all(folds).await {
        assert!(folded.expect("it is counted").is_current);
    }
    assert_eq!(counted(&table, &expected).await, expected);
}

#[tokio::test]
async fn wherever_counting_is_interrupted_the_next_one_makes_up_for_it() {
    let table = TestTable::new().await;
    let events = events(&histories(20));
    let expected = cells(&tally(&events));
    let end = tell(&table, &events, START).await.plus(Duration::from_mins(1));
    for well in 0..12 {
        // Every try of one request fails, sometimes after it was done.
        table.faults.after(well, [Fault::AnswerLost; ATTEMPTS as usize]);
        let _ = table.store.reports.fold_counts(workspace(1), START, end, 1).await;
    }
    table.faults.next([]);
    assert!(fold(&table, end, 100).await.is_current);
    assert_eq!(counted(&table, &expected).await, expected);
}

#[tokio::test]
async fn a_page_with_more_assignees_than_a_transaction_takes_is_counted_whole() {
    let table = TestTable::new().await;
    let ticket = histories(1).remove(0).remove(0);
    let of = |number: u128| {
        let ticket = renamed(&ticket, workspace(1), number);
        let assignee = Some(UserId::new(Uuid::from_u128(number)));
        between(None, &Ticket { assignee, version: Version::FIRST, ..ticket })
    };
    let events: Vec<_> = (1..=99).map(of).collect();
    let expected = cells(&tally(&events));
    let end = tell(&table, &events, START).await.plus(Duration::from_mins(1));
    assert!(fold(&table, end, 1).await.is_current);
    assert_eq!(counted(&table, &expected).await, expected);
}

#[tokio::test]
async fn ten_thousand_assignees_are_all_told() {
    let table = TestTable::new().await;
    let tenant = Tenant::new(workspace(1));
    let row = |user: u128| -> Item {
        let user = Some(UserId::new(Uuid::from_u128(user)));
        let mut item = keyed(tenant.counted(0, Cell::Now(Group::Assignee(user))));
        item.insert("n_open".to_owned(), number(1));
        item
    };
    table.put_all((1..=10_000).map(row).collect()).await;
    let standings = table.store.reports.counts_now(&tenant).await.expect("read");
    let groups = table.store.reports.counted_groups(&tenant, &standings).await.expect("read");
    assert_eq!(groups.len(), 10_000);
    assert!(groups.iter().all(|(_, counters)| counters.standing(|standing| standing == Standing::Open) == 1));
}

#[tokio::test]
async fn a_version_that_the_stream_lost_is_counted_when_it_is_made_up_for() {
    let table = TestTable::new().await;
    let ticket = Ticket {
        lifecycle: Lifecycle::Live,
        status: Status::Open,
        version: Version::FIRST,
        ..histories(1).remove(0).remove(0)
    };
    let resolved = Ticket { version: Version(2), status: Status::Resolved, ..ticket.clone() };
    let closed = Ticket { version: Version(3), status: Status::Closed, ..ticket.clone() };
    let told = [between(None, &ticket), between(Some(&resolved), &closed)];
    let later = tell(&table, &told, START).await;
    fold(&table, later.plus(Duration::from_mins(1)), 1).await;
    let end = tell(&table, &[lost_version(&closed, Version(2))], later.plus(Duration::from_mins(2))).await;
    fold(&table, end.plus(Duration::from_mins(1)), 1).await;
    let standings = table.store.reports.counts(&Tenant::new(workspace(1))).await.expect("read").expect("counted");
    let counts = Status::ALL.iter().filter_map(|status| Some((*status, standings.of(State::Live(*status))?)));
    assert_eq!(counts.filter(|(_, count)| *count > 0).collect::<Vec<_>>(), [(Status::Closed, 1)]);
}

#[tokio::test]
async fn a_recount_gives_the_same_while_the_counts_of_before_stay_readable() {
    let table = TestTable::new().await;
    let events = events(&histories(50));
    let expected = cells(&tally(&events));
    let end = tell(&table, &events, START).await.plus(Duration::from_mins(1));
    fold(&table, end, 100).await;
    let items = table.size().await;
    let mut parts = 0;
    loop {
        let recounted = table.store.reports.recount(workspace(1), START, end, 1).await.expect("it is counted");
        assert_eq!(counted(&table, &expected).await, expected, "after part {parts}");
        parts += 1;
        if recounted.is_complete {
            break;
        }
    }
    assert!(parts > 1, "{parts}");
    // The generation of before goes a minute later, so that nobody reads it half gone.
    let later = end.plus(Duration::from_mins(2));
    assert!(fold(&table, later, 1).await.is_recounting);
    table.store.reports.continue_recount(workspace(1), later, 1).await.expect("it is removed");
    assert!(!fold(&table, later, 1).await.is_recounting);
    assert_eq!(table.size().await, items);
    assert_eq!(counted(&table, &expected).await, expected);
}

#[tokio::test]
async fn a_recount_counts_what_happens_meanwhile_and_may_be_done_by_many() {
    let table = TestTable::new().await;
    let all = events(&histories(70));
    let (before, meanwhile) = all.split_at(all.len() / 2);
    let expected = cells(&tally(&all));
    let half = tell(&table, before, START).await.plus(Duration::from_mins(1));
    fold(&table, half, 100).await;
    assert!(!table.store.reports.recount(workspace(1), START, half, 1).await.expect("it begins").is_complete);
    let end = tell(&table, meanwhile, half.plus(Duration::from_mins(1))).await.plus(Duration::from_mins(1));
    fold(&table, end, 100).await;
    let stores = [(); 3].map(|()| table.elsewhere().reports);
    let recounts = stores.iter().map(|store| store.continue_recount(workspace(1), end, 100));
    for done in futures_util::future::join_all(recounts).await {
        done.expect("it is counted");
    }
    assert_eq!(counted(&table, &expected).await, expected);
}

#[tokio::test]
async fn what_counting_and_reading_cost() {
    let table = TestTable::new().await;
    let all = events(&histories(70));
    // Not at midnight: every day that is looked through is a query.
    let from = START.plus(Duration::from_hours(1));
    let end = tell(&table, all.get(..99).expect("enough"), from).await.plus(Duration::from_mins(1));
    let (counted, usage) = measured(table.store.reports.fold_counts(workspace(1), from, end, 1)).await;
    counted.expect("it is counted");
    let names: Vec<_> = usage.operations.iter().map(|operation| operation.name).collect();
    // Another transaction for every 90 cells: here the events lie years apart.
    assert_eq!(names.get(..4), Some(&["Query", "Query", "Query", "BatchGetItem"][..]), "{names:?}");
    assert!(names.iter().skip(4).all(|name| *name == "TransactWriteItems"), "{names:?}");
    let (counted, usage) = measured(table.store.reports.fold_counts(workspace(1), START, end, 1)).await;
    counted.expect("there is nothing to count");
    assert!(usage.round_trips() == 3 && usage.units() <= 2.5, "{usage:?}");
    let (counts, usage) = measured(table.store.reports.counts(&Tenant::new(workspace(1)))).await;
    assert!(counts.expect("read").is_some(), "counted");
    assert_eq!((usage.round_trips(), usage.units()), (1, 0.5));
}

#[tokio::test]
async fn a_hundred_events_of_a_day_and_an_assignee_are_six_items() {
    let table = TestTable::new().await;
    let ticket = Ticket { version: Version::FIRST, status: Status::Open, ..histories(1).remove(0).remove(0) };
    let new = |number: u128| between(None, &renamed(&ticket, workspace(1), number));
    let from = START.plus(Duration::from_hours(1));
    let end = tell(&table, &(1..=100).map(new).collect::<Vec<_>>(), from).await.plus(Duration::from_mins(1));
    let (counted, usage) = measured(table.store.reports.fold_counts(workspace(1), from, end, 1)).await;
    counted.expect("it is counted");
    let (writes, reads): (Vec<_>, Vec<_>) =
        usage.operations.into_iter().partition(|operation| operation.name == "TransactWriteItems");
    assert_eq!(writes.iter().map(|write| write.table_units).collect::<Vec<_>>(), [12.0]);
    let units: f64 = reads.iter().map(|read| read.table_units + read.index_units.values().sum::<f64>()).sum();
    assert!(units <= 105.0, "{units}");
}

#[tokio::test]
async fn a_workspace_in_which_nothing_happened_has_no_counts() {
    let table = TestTable::new().await;
    let now = START.plus(Duration::from_hours(24 * 100));
    for _ in 0..5 {
        fold(&table, now, 1).await;
    }
    let folded = fold(&table, now, 1).await;
    assert!(folded.is_current, "idle days are passed over once");
    assert!(table.store.reports.recount(workspace(1), START, now, 10).await.expect("it is counted").is_complete);
    let standings = table.store.reports.counts_now(&Tenant::new(workspace(1))).await.expect("read");
    assert_eq!(standings.counters(), &Counters::default());
}

#[tokio::test]
async fn counters_are_as_of_an_event_that_the_feed_waits_for() {
    let table = TestTable::new().await;
    let all = events(&histories(3));
    let (late, others) = all.split_last().expect("there are some");
    let end = tell(&table, others, START).await;
    let late = TicketEvent::clone(late).into();
    let position = uuid::Builder::from_unix_timestamp_millis(end.millis(), &[1; 10]).into_uuid();
    let place = table.store.events.reserve(&late, position, end).await.expect("it is taken");
    let now = end.plus(Duration::from_secs(40));
    assert_eq!(fold(&table, now, 100).await.as_of, end.minus(Duration::from_secs(30)));
    assert!(table.store.events.add_event(&late, place).await.expect("it is written"));
    let expected = cells(&tally(&all));
    assert_eq!(fold(&table, now, 100).await.as_of, now.minus(Duration::from_secs(38)));
    assert_eq!(counted(&table, &expected).await, expected);
}
