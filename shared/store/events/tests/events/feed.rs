//! The feed: every event once, in order, however long nothing happens.

use lambdesk_domain::{
    events::{Event, EventSubject, between},
    id::Version,
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_events::{FeedPage, FeedPosition};
use lambdesk_table::{Key, TableError, Tenant, Write, item::text, keys, measured, retry::ATTEMPTS};
use lambdesk_testkit::{Fault, TestTable, renamed, sample, workspace};
use std::time::Duration;
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

/// 2026-01-01, as a start.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn position(at: Timestamp, random: u8) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.millis(), &[random; 10]).into_uuid()
}

/// An event of its own ticket, at this place of the feed; written a moment later.
async fn add(table: &TestTable, number: u8, at: Timestamp, delay: Duration) -> Event {
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), u128::from(number));
    let event = between(None, &ticket).into();
    let position = position(at, number);
    assert!(table.store.events.tell(&event, position, at.plus(delay)).await.expect("it is written"));
    event
}

async fn page(table: &TestTable, after: Option<&str>, since: Timestamp, now: Timestamp, limit: u16) -> FeedPage {
    table.store.events.feed(workspace(1), after, since, now, limit).await.expect("it is read").expect("a position")
}

/// Everything from a position on, and the position after it.
async fn drain(table: &TestTable, after: Option<String>, now: Timestamp, limit: u16) -> (Vec<Event>, String) {
    let (mut found, mut after) = (Vec::new(), after);
    for _ in 0..100 {
        let page = page(table, after.as_deref(), START, now, limit).await;
        assert!(page.events.len() <= usize::from(limit));
        found.extend(page.events.into_iter().map(|(_, event)| event));
        assert!(Some(&page.next) >= after.as_ref(), "never back");
        after = Some(page.next.clone());
        if !page.has_more {
            return (found, page.next);
        }
    }
    panic!("the feed does not end")
}

#[tokio::test]
async fn the_feed_tells_every_event_once_in_the_order_of_positions() {
    let table = TestTable::new().await;
    let mut expected = Vec::new();
    // Written in another order, on three days, some at the same millisecond.
    for number in [9, 3, 7, 1, 8, 2, 6, 4, 5] {
        let at = START.plus(DAY * u32::from(number / 4)).plus(Duration::from_millis(u64::from(number / 2)));
        expected.push((at, number, add(&table, number, at, Duration::ZERO).await));
    }
    expected.sort_by_key(|(at, number, _)| (*at, *number));
    let expected: Vec<_> = expected.into_iter().map(|(_, _, event)| event).collect();
    for limit in [1, 2, 100] {
        assert_eq!(drain(&table, None, START.plus(DAY * 4), limit).await.0, expected, "by {limit}");
    }
}

#[tokio::test]
async fn an_event_is_told_only_when_every_earlier_one_must_be_there() {
    let table = TestTable::new().await;
    let event = add(&table, 1, START, Duration::ZERO).await;
    let soon = page(&table, None, START, START.plus(Duration::from_secs(6)), 10).await;
    assert!(soon.events.is_empty() && !soon.has_more, "an operation may take six seconds with all its attempts");
    let later = page(&table, Some(&soon.next), START, START.plus(Duration::from_secs(20)), 10).await;
    assert_eq!(later.events.iter().map(|(_, event)| event).collect::<Vec<_>>(), [&event]);
    assert_eq!(later.next, later.events[0].0);
}

#[tokio::test]
async fn an_event_written_after_midnight_is_told_once_where_its_position_says() {
    let table = TestTable::new().await;
    let before = START.plus(DAY).minus(Duration::from_millis(5));
    let first = add(&table, 1, before, Duration::from_millis(10)).await;
    let second = add(&table, 2, START.plus(DAY), Duration::ZERO).await;
    let now = START.plus(DAY).plus(Duration::from_mins(1));
    assert_eq!(drain(&table, None, now, 1).await.0, [first, second]);
}

#[tokio::test]
async fn a_reader_gets_over_months_in_which_nothing_happened() {
    let table = TestTable::new().await;
    let first = add(&table, 1, START, Duration::ZERO).await;
    let (told, after) = drain(&table, None, START.plus(Duration::from_mins(1)), 10).await;
    assert_eq!(told, [first]);
    let much_later = START.plus(DAY * 100);
    let second = add(&table, 2, much_later, Duration::ZERO).await;
    let (told, after) = drain(&table, Some(after), much_later.plus(Duration::from_mins(1)), 10).await;
    assert_eq!(told, [second]);
    // And does not look through them again.
    let now = much_later.plus(Duration::from_mins(2));
    let (page, usage) = measured(page(&table, Some(&after), START, now, 10)).await;
    assert_eq!((page.events.len(), usage.round_trips(), usage.depth()), (0, 2, 1));
}

#[tokio::test]
async fn a_reader_who_begins_at_a_time_gets_nothing_from_before() {
    let table = TestTable::new().await;
    add(&table, 1, START.plus(Duration::from_secs(10)), Duration::ZERO).await;
    let second = add(&table, 2, START.plus(Duration::from_secs(20)), Duration::ZERO).await;
    let since = START.plus(Duration::from_secs(15));
    let page = page(&table, None, since, START.plus(Duration::from_mins(1)), 10).await;
    assert_eq!(page.events.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), [second]);
}

#[tokio::test]
async fn what_is_no_position_is_told_apart_from_failures() {
    let table = TestTable::new().await;
    for bad in ["", "x", "----------------------", "../etc"] {
        let outcome =
            table.store.events.feed(workspace(1), Some(bad), START, START, 10).await.expect("the table is fine");
        assert!(outcome.is_err(), "{bad}");
    }
    let other = table
        .store
        .events
        .feed(workspace(2), None, START, START.plus(DAY), 10)
        .await
        .expect("read")
        .expect("a position");
    assert!(other.events.is_empty());
}

#[tokio::test]
async fn a_batch_is_asked_for_again_until_all_of_it_is_there() {
    let table = TestTable::new().await;
    add(&table, 1, START, Duration::ZERO).await;
    let feed = async || {
        let now = START.plus(Duration::from_mins(1));
        table.store.events.feed(workspace(1), None, START, now, 10).await
    };
    // The first requests ask for places, the next ones for the events themselves.
    table.faults.next([]);
    feed().await.expect("it is read").expect("a position");
    assert_eq!(table.faults.seen().len(), 3);
    table.faults.after(2, [Fault::Unprocessed; 3]);
    assert_eq!(feed().await.expect("it is read").expect("a position").events.len(), 1);
    table.faults.after(2, [Fault::Unprocessed; 100]);
    let outcome = feed().await;
    assert!(matches!(outcome, Err(TableError::Unavailable("throttled"))), "{outcome:?}");
    assert_eq!(table.faults.seen().len(), 2 + ATTEMPTS as usize);
}

#[tokio::test]
async fn a_place_without_its_event_is_waited_for_and_then_passed_by() {
    let table = TestTable::new().await;
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let late: Event = between(None, &ticket).into();
    let store = &table.store.events;
    let place = store.reserve(&late, position(START, 1), START).await.expect("it is taken");
    let later = START.plus(Duration::from_secs(1));
    let other = add(&table, 2, later, Duration::ZERO).await;
    let told = |page: FeedPage| page.events.into_iter().map(|(_, event)| event).collect::<Vec<_>>();
    let waiting = page(&table, None, START, START.plus(Duration::from_secs(20)), 10).await;
    assert_eq!((told(waiting.clone()), waiting.has_more), (vec![], false), "nothing after it is told before it");
    assert_eq!(waiting.awaited, Some(START));
    assert!(store.add_event(&late, place).await.expect("it is written"));
    let settled = START.plus(Duration::from_secs(21));
    assert_eq!(told(page(&table, Some(&waiting.next), START, settled, 10).await), [late.clone(), other.clone()]);
    // Its fan-out has failed, and comes again.
    let third = between(None, &renamed(&ticket, workspace(1), 3)).into();
    let _ = store.reserve(&third, position(later, 9), later).await.expect("it is taken");
    let again = START.plus(Duration::from_secs(40));
    assert!(store.tell(&third, position(again, 1), again).await.expect("it is written"));
    let now = START.plus(Duration::from_mins(3));
    assert_eq!(drain(&table, None, now, 1).await.0, [late, other, third], "in one place");
}

#[tokio::test]
async fn events_of_earlier_versions_are_told_from_the_index() {
    let table = TestTable::new().await;
    let expected = [
        add(&table, 1, START, Duration::ZERO).await,
        add(&table, 2, START.plus(Duration::from_secs(1)), Duration::ZERO).await,
    ];
    // As they were written: the event has its place itself, and there is no other item.
    for mut item in table.items().await {
        if let Some(place) = item.remove("fp") {
            item.insert("x_pk".to_owned(), text(Tenant::new(workspace(1)).feed(keys::day(START))));
            item.insert("x_sk".to_owned(), place);
            table.put(item).await;
        } else {
            let key = |name: &str| item[name].as_s().expect("a text").clone();
            table.table.write(Write::delete(Key { pk: key("pk"), sk: key("sk") })).await.expect("it is deleted");
        }
    }
    let third = add(&table, 3, START.plus(Duration::from_secs(2)), Duration::ZERO).await;
    for limit in [1, 2, 10] {
        let told = drain(&table, None, START.plus(Duration::from_mins(3)), limit).await.0;
        assert_eq!(told, [expected[0].clone(), expected[1].clone(), third.clone()], "{limit}");
    }
}

#[tokio::test]
async fn of_one_ticket_nothing_is_told_that_comes_after_a_version_that_is_late() {
    let table = TestTable::new().await;
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let version = |version| Event::from(between(None, &Ticket { version: Version(version), ..ticket.clone() }));
    let store = &table.store.events;
    // The first version was backfilled after the third was told; the second is still to come.
    for (number, seconds) in [(3, 40), (1, 50)] {
        let at = START.plus(Duration::from_secs(seconds));
        assert!(store.tell(&version(number), position(at, 1), at).await.expect("it is written"));
    }
    let read = async |after: &FeedPosition, seconds| {
        let now = START.plus(Duration::from_secs(seconds));
        let of = [EventSubject::Ticket(ticket.id)];
        let page = store.feed_of(workspace(1), &of, after, (now, 1)).await.expect("it is read").expect("few events");
        let told: Vec<_> = page.events.iter().map(|(_, event)| event.source().version.0).collect();
        (told, page.next.parse::<FeedPosition>().expect("a position"))
    };
    let (told, next) = read(&FeedPosition::at(START), 60).await;
    assert_eq!(told, [0; 0], "the third would be passed by");
    let at = START.plus(Duration::from_mins(1));
    assert!(store.tell(&version(2), position(at, 1), at).await.expect("it is written"));
    assert_eq!(read(&next, 70).await.0, [3, 1, 2]);
}
