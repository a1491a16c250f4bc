//! Answers remembered under an idempotency key.

use crate::{item, stored};
use lambdesk_domain::time::Timestamp;
use lambdesk_table::{AlreadyAnswered, AnswerError, Answered, Record, TableError, Tx, Write};
use lambdesk_testkit::{Fault, TestTable, workspace};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn record(key: &str, request: &str) -> Record {
    let answer = Answered {
        status: 201,
        location: Some("/v1/tickets/1".to_owned()),
        etag: None,
        sealed_body: vec![0, 159, 146, 150],
        is_reference: false,
    };
    Record { key: key.to_owned(), request: request.to_owned(), answer }
}

#[tokio::test]
async fn an_answer_is_remembered_for_its_time_and_its_workspace_only() {
    let test = TestTable::new().await;
    let (answer, now) = (record("k", "r"), NOW);
    test.table.remember(workspace(1), &answer, now).await.expect("it is written");
    let at = async |number, hours| {
        let now = now.plus(Duration::from_hours(hours));
        test.table.answered(workspace(number), "k", now).await.expect("it is read")
    };
    assert_eq!((at(1, 24).await, at(1, 25).await, at(2, 0).await), (Some(answer.clone()), None, None));
    let other = record("k", "another body");
    test.table.remember(workspace(1), &other, now).await.expect("it is no failure");
    assert_eq!(at(1, 0).await, Some(answer), "the first one stays");
    test.table.remember(workspace(1), &other, now.plus(Duration::from_hours(25))).await.expect("it is written");
    assert_eq!(at(1, 25).await, Some(other), "an answer is forgotten after a day");
}

#[tokio::test]
async fn an_answer_is_told_as_it_was_given() {
    let test = TestTable::new().await;
    let bare = Answered { status: 204, location: None, etag: None, sealed_body: Vec::new(), is_reference: true };
    let full = Answered { etag: Some("\"7\"".to_owned()), ..record("k", "r").answer };
    for (key, answer) in [("bare", bare), ("full", full)] {
        let record = Record { answer, ..record(key, "r") };
        test.table.remember(workspace(1), &record, NOW).await.expect("it is written");
        assert_eq!(test.table.answered(workspace(1), key, NOW).await.expect("it is read"), Some(record));
    }
    assert_eq!(test.table.answered(workspace(1), "other", NOW).await.expect("it is read"), None);
}

/// Writes an item if its place is free, with this answer.
async fn create(test: &TestTable, place: u64, answer: Option<&Record>, now: Timestamp) -> Result<(), AnswerError> {
    let mut tx = Tx::<AnswerError>::new();
    tx.remember(workspace(1), answer, now);
    tx.write(Write::create(item(place, 7)));
    tx.commit(&test.table).await
}

#[tokio::test]
async fn a_request_that_was_answered_before_is_told_so_whatever_else_has_changed() {
    let test = TestTable::new().await;
    let (answer, other) = (record("k", "r"), record("k", "another body"));
    create(&test, 1, Some(&answer), NOW).await.expect("it is written");
    // Once where nothing else stands against it, and once where the item is there already.
    for place in [2, 1] {
        match create(&test, place, Some(&other), NOW).await {
            Err(AnswerError::Answered(AlreadyAnswered(found))) => assert_eq!(*found, answer),
            outcome => panic!("{outcome:?}"),
        }
    }
    assert_eq!(stored(&test.table, 2).await, None);
    let later = NOW.plus(Duration::from_hours(25));
    create(&test, 2, Some(&other), later).await.expect("an answer is forgotten after a day");
    assert_eq!(test.table.answered(workspace(1), "k", later).await.expect("it is read"), Some(other));
}

#[tokio::test]
async fn without_an_answer_nothing_is_remembered() {
    let test = TestTable::new().await;
    create(&test, 1, None, NOW).await.expect("it is written");
    let again = create(&test, 1, None, NOW).await;
    assert!(matches!(again, Err(AnswerError::Table(TableError::Contended))), "{again:?}");
    assert_eq!(test.size().await, 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_on_the_way_is_remembered_once_and_is_no_earlier_one() {
    let test = TestTable::new().await;
    test.faults.next([Fault::AnswerLost]);
    create(&test, 1, Some(&record("k", "r")), NOW).await.expect("its token tells that it is the same");
    assert_eq!(test.size().await, 2);
}
