//! Documents as they were read: a write is held to just that.

use crate::key;
use lambdesk_table::{Held, TableError, Tx, Versioned, Write, item::document, version_of};
use lambdesk_testkit::TestTable;

async fn read(test: &TestTable, place: u64) -> Versioned<String> {
    test.table.versioned(key(place)).await.unwrap().unwrap()
}

fn replace(place: u64, before: &Versioned<String>, after: &str) -> Write {
    Write::put(document(key(place), &after)).when_unchanged(before)
}

#[tokio::test]
async fn a_document_is_replaced_only_as_it_was_read() {
    let test = TestTable::new().await;
    assert!(test.table.versioned::<String>(key(1)).await.unwrap().is_none());
    test.put(document(key(1), &"first")).await;
    let first = read(&test, 1).await;
    assert_eq!((first.value.as_str(), first.version()), ("first", version_of(&"first")));
    assert!(test.table.write(replace(1, &first, "second")).await.unwrap());
    assert!(!test.table.write(replace(1, &first, "third")).await.unwrap());
    let second = read(&test, 1).await;
    assert_eq!((second.value.as_str(), second.version() != first.version()), ("second", true));
    assert_eq!(Versioned::written("second".to_owned()).version(), second.version());
    assert!(test.table.write(Write::delete(key(1)).when_unchanged(&second)).await.unwrap());
    assert!(!test.table.write(replace(1, &second, "third")).await.unwrap(), "it is gone");
}

#[tokio::test]
async fn a_transaction_says_whether_all_was_as_it_was_read() {
    let test = TestTable::new().await;
    for place in [1, 2] {
        test.put(document(key(place), &"first")).await;
    }
    let (one, two) = (read(&test, 1).await, read(&test, 2).await);
    let both = |after: &str| {
        let mut tx = Tx::<Held<TableError>>::new();
        tx.hold(replace(1, &one, after));
        tx.hold(replace(2, &two, after));
        tx
    };
    test.put(document(key(2), &"second")).await;
    assert!(!both("third").commit_held(&test.table).await.unwrap());
    assert_eq!(read(&test, 1).await.value, "first", "nothing is written");
    test.put(document(key(2), &"first")).await;
    assert!(both("third").commit_held(&test.table).await.unwrap());
    assert_eq!((read(&test, 1).await.value, read(&test, 2).await.value), ("third".to_owned(), "third".to_owned()));
}

#[tokio::test]
async fn what_else_stands_in_the_way_is_no_change() {
    let test = TestTable::new().await;
    test.put(document(key(1), &"first")).await;
    let mut tx = Tx::<Held<TableError>>::new();
    tx.require(Write::create(document(key(1), &"second")), Held::Failed(TableError::Refused("taken".to_owned())));
    let committed = tx.commit_held(&test.table).await;
    assert!(matches!(committed, Err(TableError::Refused(_))), "{committed:?}");
}
