//! One conditional write: what it says when its condition does not hold.

use crate::{item, key, n, stored};
use lambdesk_table::{TableError, Updated, Write, item::number, measured};
use lambdesk_testkit::TestTable;

fn add(place: u64) -> Write {
    Write::update(key(place), "ADD n :one").value(":one", number(1))
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_said_by_every_write_and_nothing_is_written() {
    let test = TestTable::new().await;
    test.put(item(1, 7)).await;
    let is_8 = |write: Write| write.when("n = :eight").value(":eight", number(8));
    for write in [Write::put(item(1, 9)), add(1), Write::delete(key(1))].map(is_8).into_iter().chain([
        Write::create(item(1, 9)),
        add(2).when("attribute_exists(pk)"),
        Write::delete(key(2)).when("attribute_exists(pk)"),
    ]) {
        test.faults.next([]);
        let (written, usage) = measured(test.table.write(write.clone())).await;
        assert!(!written.unwrap(), "{write:?}");
        assert_eq!((test.faults.seen().len(), usage.round_trips()), (1, 1), "it is not tried again");
        assert_eq!((stored(&test.table, 1).await, stored(&test.table, 2).await), (Some(7), None), "{write:?}");
    }
}

#[tokio::test]
async fn a_condition_that_holds_lets_every_write_through() {
    let test = TestTable::new().await;
    assert!(test.table.write(Write::create(item(1, 7))).await.unwrap());
    let is = |write: Write, number: u64| {
        write.when("attribute_exists(pk)").when("#n = :is").name("#n", "n").value(":is", self::number(number))
    };
    assert!(test.table.write(is(add(1), 7)).await.unwrap());
    assert_eq!(stored(&test.table, 1).await, Some(8));
    assert!(test.table.write(is(Write::put(item(1, 9)), 8)).await.unwrap());
    assert_eq!(stored(&test.table, 1).await, Some(9));
    assert!(test.table.write(is(Write::delete(key(1)), 9)).await.unwrap());
    assert_eq!(stored(&test.table, 1).await, None);
    assert!(test.table.write(Write::delete(key(1))).await.unwrap(), "whether it is there or not");
}

#[tokio::test]
async fn an_update_answers_the_item_as_it_is_now() {
    let test = TestTable::new().await;
    for expected in 1..=2 {
        let Updated::Now(now) = test.table.update(add(1)).await.unwrap() else { panic!("it has no condition") };
        assert_eq!(now, item(1, expected));
    }
}

#[tokio::test]
async fn a_refused_update_shows_the_item_as_it_is_if_asked_to_and_there_is_one() {
    let test = TestTable::new().await;
    test.put(item(1, 7)).await;
    let refused = async |write: Write| {
        let (updated, usage) = measured(test.table.update(write)).await;
        assert_eq!(usage.round_trips(), 1);
        match updated.unwrap() {
            Updated::Refused(item) => item.as_ref().map(n),
            Updated::Now(now) => panic!("{now:?}"),
        }
    };
    let held = |place| add(place).when("n = :eight").value(":eight", number(8));
    assert_eq!(refused(held(1).showing_item()).await, Some(7));
    assert_eq!(refused(held(1)).await, None, "it did not ask");
    assert_eq!(refused(held(2).showing_item()).await, None, "there is none");
    assert_eq!((stored(&test.table, 1).await, stored(&test.table, 2).await), (Some(7), None));
}

#[tokio::test]
async fn what_can_not_be_sent_alone_is_refused_before_it_is_sent() {
    let test = TestTable::new().await;
    test.faults.next([]);
    let check = test.table.write(Write::check(key(1)).when("attribute_exists(pk)")).await;
    assert!(matches!(check, Err(TableError::Refused(_))), "{check:?}");
    for write in [Write::put(item(1, 1)), Write::delete(key(1)), Write::check(key(1))] {
        let updated = test.table.update(write).await;
        assert!(matches!(updated, Err(TableError::Refused(_))), "{updated:?}");
    }
    assert_eq!(test.faults.seen().len(), 0);
}
