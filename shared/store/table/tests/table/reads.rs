//! Reading ranges: the right items in order, from as many answers as they take.

use crate::{item, key, places};
use lambdesk_table::{
    Index, Item, Query, TableError,
    item::{number, text},
    measured,
};
use lambdesk_testkit::{Fault, TestTable};

/// A table with so many items in one partition and others around it, each of so many bytes.
async fn with(count: u64, bytes: usize) -> TestTable {
    let test = TestTable::new().await;
    let padded = |mut item: Item| {
        item.insert("text".to_owned(), text("x".repeat(bytes)));
        item
    };
    let mut items: Vec<_> = (1..=count).map(|place| padded(item(place, place % 3))).collect();
    for around in ["o", "pp"] {
        items.push(padded(Item::from([("pk".to_owned(), text(around)), ("sk".to_owned(), text(key(1).sk))])));
    }
    test.put_all(items).await;
    test
}

async fn found(test: &TestTable, query: Query) -> Vec<u64> {
    places(&test.table.query(query).await.unwrap().items)
}

#[tokio::test]
async fn a_range_is_what_its_bounds_say_in_the_order_asked_for() {
    let test = with(9, 10).await;
    let sk = |place| key(place).sk;
    let of = || Query::of("p");
    assert_eq!(found(&test, of()).await, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(found(&test, of().between(sk(3), sk(5))).await, [3, 4, 5]);
    assert_eq!(found(&test, of().starting_at(sk(7))).await, [7, 8, 9]);
    assert_eq!(found(&test, of().beyond(sk(7))).await, [8, 9]);
    assert_eq!(found(&test, of().below(sk(3))).await, [1, 2]);
    assert_eq!(found(&test, of().beyond(sk(2)).ascending(false).limit(2)).await, [9, 8]);
    let filter = || of().filter(Some("#n = :n".to_owned())).name("#n", "n").value(":n", number(0));
    assert_eq!(found(&test, filter().beyond(sk(3))).await, [6, 9]);
    assert_eq!(found(&test, filter().limit(5)).await, [3], "no more than five are looked at");
    let count = test.table.query(filter().only_count()).await.unwrap();
    assert_eq!((count.count, count.items), (3, Vec::new()));
}

#[tokio::test]
async fn a_slice_says_where_the_next_one_begins() {
    let test = with(7, 10).await;
    for ascending in [true, false] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let slice = test.table.query(Query::of("p").ascending(ascending).limit(3).after(after)).await.unwrap();
            seen.extend(places(&slice.items));
            after = slice.last;
            if after.is_none() {
                break;
            }
        }
        let mut expected: Vec<_> = (1..=7).collect();
        if !ascending {
            expected.reverse();
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn the_table_is_read_as_it_is_and_for_half_the_units_perhaps_late() {
    let test = with(4, 4_000).await;
    let reads = async |query: Query| {
        test.faults.next([]);
        let (read, usage) = measured(test.table.query(query)).await;
        assert_eq!(read.unwrap().items.len(), 4);
        (test.faults.seen()[0]["ConsistentRead"].clone(), usage.units())
    };
    assert_eq!(reads(Query::of("p")).await, (true.into(), 4.0));
    assert_eq!(reads(Query::of("p").eventual()).await, (false.into(), 2.0));
    for (is_eventual, units) in [(false, 1.0), (true, 0.5)] {
        test.faults.next([]);
        let read =
            async { if is_eventual { test.table.get_eventual(key(1)).await } else { test.table.get(key(1)).await } };
        let (read, usage) = measured(read).await;
        assert_eq!((read.unwrap().is_some(), usage.units()), (true, units));
        assert_eq!(test.faults.seen()[0]["ConsistentRead"], !is_eventual);
    }
}

#[tokio::test]
async fn an_index_is_read_by_its_own_keys_and_whole_piece_by_piece() {
    let test = TestTable::new().await;
    let indexed = |place: u64| {
        let mut item = item(place, place);
        item.insert("x_pk".to_owned(), text(if place < 6 { "x" } else { "y" }));
        item.insert("x_sk".to_owned(), text(format!("{:02}", 20 - place)));
        item
    };
    test.put_all((1..=9).map(indexed).chain([item(10, 0)]).collect()).await;
    assert_eq!(found(&test, Query::in_index(Index::Lookup, "x")).await, [5, 4, 3, 2, 1]);
    assert_eq!(found(&test, Query::in_index(Index::Lookup, "x").beyond("17")).await, [2, 1]);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let slice = test.table.query(Query::scan(Index::Lookup).limit(2).after(after)).await.unwrap();
        assert!(slice.items.len() <= 2);
        seen.extend(places(&slice.items));
        after = slice.last;
        if after.is_none() {
            break;
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=9).collect::<Vec<_>>(), "what has no such key is not in the index");
}

#[tokio::test]
async fn a_page_says_whether_there_is_more() {
    let test = with(5, 10).await;
    for (limit, count, has_more) in [(4, 4, true), (5, 5, false), (6, 5, false), (0, 0, true)] {
        let page = test.table.page(Query::of("p"), limit).await.unwrap();
        assert_eq!((page.items.len(), page.has_more), (count, has_more), "a page of {limit}");
    }
    let none = test.table.page(Query::of("q"), 0).await.unwrap();
    assert_eq!((none.items.len(), none.has_more), (0, false));
}

#[tokio::test]
async fn a_page_of_more_than_a_megabyte_is_cut_and_says_so() {
    let test = with(24, 60_000).await;
    let page = test.table.page(Query::of("p"), 50).await.unwrap();
    assert!(page.has_more && page.items.len() < 24, "{} of 24", page.items.len());
}

#[tokio::test]
async fn the_whole_range_is_read_whatever_answers_it_takes() {
    for (count, bytes) in [(3, 10), (24, 60_000), (1_001, 10)] {
        let test = with(count, bytes).await;
        let (first, last) = (key(1).sk, key(count).sk);
        let (read, usage) = measured(test.table.whole("p", (&first, &last))).await;
        assert_eq!(places(&read.unwrap()), (1..=count).collect::<Vec<_>>());
        assert_eq!(usage.round_trips(), if count == 3 { 1 } else { 2 }, "{count} of {bytes} bytes");
        let inner = test.table.whole("p", (&key(2).sk, &key(count - 1).sk)).await.unwrap();
        assert_eq!(inner.len() as u64, count - 2);
        assert_eq!(test.table.whole("q", (&first, &last)).await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_whole_range_is_all_or_an_error() {
    let test = with(24, 60_000).await;
    test.faults.after(1, [Fault::Error("ThrottlingException"); 100]);
    let read = test.table.whole("p", ("K", "L")).await;
    assert!(matches!(read, Err(TableError::Unavailable("throttled"))), "{:?}", read.map(|items| items.len()));
    test.faults.after(1, [Fault::Error("ThrottlingException"); 2]);
    assert_eq!(test.table.whole("p", ("K", "L")).await.unwrap().len(), 24);
}
