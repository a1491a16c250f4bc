//! Many items at once: in as few requests as they take, and what is left asked for again.

use crate::{item, key, places, stored};
use lambdesk_table::{BatchWrite, TableError, measured, retry::ATTEMPTS};
use lambdesk_testkit::{Fault, TABLE, TestTable};
use serde_json::Value as Json;

/// A table with so many items.
async fn with(count: u64) -> TestTable {
    let test = TestTable::new().await;
    test.put_all((1..=count).map(|place| item(place, place)).collect()).await;
    test
}

/// How many keys or writes each request asked for.
fn asked(test: &TestTable) -> Vec<usize> {
    let of = |body: &Json| {
        let asked = &body["RequestItems"][TABLE];
        asked.as_array().or_else(|| asked["Keys"].as_array()).map_or(0, Vec::len)
    };
    test.faults.seen().iter().map(of).collect()
}

#[tokio::test]
async fn items_are_read_by_their_keys_and_those_that_are_not_there_left_out() {
    let test = with(99).await;
    for is_eventual in [false, true] {
        let keys = (0..100).map(key).collect();
        let read = async {
            if is_eventual { test.table.batch_get_eventual(keys).await } else { test.table.batch_get(keys).await }
        };
        let (read, usage) = measured(read).await;
        let mut found = places(&read.unwrap());
        found.sort_unstable();
        assert_eq!(found, (1..=99).collect::<Vec<_>>());
        // The one that is not there costs as much as the smallest.
        assert_eq!((usage.round_trips(), usage.units()), (1, if is_eventual { 50.0 } else { 100.0 }));
    }
}

#[tokio::test]
async fn nothing_is_asked_of_the_table_for_nothing() {
    let test = TestTable::new().await;
    test.faults.next([]);
    assert_eq!(test.table.batch_get(Vec::new()).await.unwrap(), []);
    test.table.write_all(Vec::new()).await.unwrap();
    assert_eq!(test.faults.seen().len(), 0);
}

#[tokio::test]
async fn what_a_read_has_left_is_asked_for_again_and_nothing_else() {
    let test = with(40).await;
    test.faults.next([Fault::HalfProcessed, Fault::Unprocessed, Fault::HalfProcessed]);
    let (read, usage) = measured(test.table.batch_get((1..=40).map(key).collect())).await;
    let mut found = places(&read.unwrap());
    found.sort_unstable();
    assert_eq!(found, (1..=40).collect::<Vec<_>>());
    assert_eq!(asked(&test), [40, 20, 20, 10]);
    assert_eq!((usage.round_trips(), usage.depth(), usage.units()), (4, 4, 40.0));
}

#[tokio::test]
async fn what_a_write_has_left_is_written_again_and_nothing_else() {
    let test = with(4).await;
    let writes = [
        BatchWrite::Delete(key(1)),
        BatchWrite::Put(item(2, 20)),
        BatchWrite::Delete(key(3)),
        BatchWrite::Put(item(5, 50)),
    ];
    test.faults.next([Fault::Unprocessed, Fault::HalfProcessed]);
    let (written, usage) = measured(test.table.write_all(writes.to_vec())).await;
    written.unwrap();
    assert_eq!(asked(&test), [4, 4, 2]);
    assert_eq!((usage.round_trips(), usage.depth()), (3, 3));
    let mut now = Vec::new();
    for place in 1..=5 {
        now.push(stored(&test.table, place).await);
    }
    assert_eq!(now, [None, Some(20), None, Some(4), Some(50)]);
}

#[tokio::test]
async fn a_batch_of_which_something_is_left_is_given_up_after_five_attempts() {
    let test = with(2).await;
    let attempts = ATTEMPTS as usize;
    for fault in [Fault::Unprocessed, Fault::HalfProcessed] {
        test.faults.next([fault; 100]);
        let (read, usage) = measured(test.table.batch_get((1..=64).map(key).collect())).await;
        assert!(matches!(read, Err(TableError::Unavailable("throttled"))), "{read:?}");
        assert_eq!((test.faults.seen().len(), usage.round_trips()), (attempts, attempts));
        test.faults.next([fault; 100]);
        let writes = (1..=25).map(|place| BatchWrite::Put(item(place, 0))).collect();
        let (written, usage) = measured(test.table.write_all(writes)).await;
        assert!(matches!(written, Err(TableError::Unavailable("throttled"))), "{written:?}");
        assert_eq!((test.faults.seen().len(), usage.round_trips()), (attempts, attempts));
    }
}

#[tokio::test]
async fn more_keys_than_one_request_takes_are_read_side_by_side() {
    let test = with(230).await;
    test.faults.next([]);
    let (read, usage) = measured(test.table.batch_get((1..=230).map(key).collect())).await;
    let mut found = places(&read.unwrap());
    found.sort_unstable();
    assert_eq!(found, (1..=230).collect::<Vec<_>>());
    assert_eq!(asked(&test), [100, 100, 30]);
    assert_eq!((usage.round_trips(), usage.depth(), usage.units()), (3, 1, 230.0));
}

#[tokio::test]
async fn more_writes_than_one_request_takes_are_made_side_by_side() {
    let test = TestTable::new().await;
    test.faults.next([]);
    let writes = (1..=60).map(|place| BatchWrite::Put(item(place, place))).collect();
    let (written, usage) = measured(test.table.write_all(writes)).await;
    written.unwrap();
    assert_eq!(asked(&test), [25, 25, 10]);
    assert_eq!((usage.round_trips(), usage.depth(), test.size().await), (3, 1, 60));
}
