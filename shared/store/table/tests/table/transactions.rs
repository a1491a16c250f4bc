//! Several writes, all or nothing: what the first refused step says, whatever its place,
//! and how often the whole is tried.

use crate::{item, key, n, stored};
use lambdesk_table::{
    TableError, Tx, Write,
    item::number,
    measured,
    retry::{ATTEMPTS, CONFLICTS},
};
use lambdesk_testkit::{Fault, TestTable};

/// What the refusals of these tests mean.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0} is there")]
    Taken(u64),
    #[error("{0:?} instead")]
    Otherwise(Option<u64>),
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Adds a step that creates this item, refused if it is there.
fn create(tx: &mut Tx<Refused>, place: u64) {
    tx.require(Write::create(item(place, 9)), Refused::Taken(place));
}

/// Creates three items, in this order.
fn creating(order: [u64; 3]) -> Tx<Refused> {
    let mut tx = Tx::new();
    for place in order {
        create(&mut tx, place);
    }
    tx
}

/// The three steps in every order.
const ORDERS: [[u64; 3]; 6] = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];

#[tokio::test]
async fn a_refusal_is_that_of_its_step_whatever_the_order() {
    for taken in 1..=3 {
        let test = TestTable::new().await;
        test.put(item(taken, 7)).await;
        for order in ORDERS {
            let tx = creating(order);
            test.faults.next([]);
            let (committed, usage) = measured(tx.commit(&test.table)).await;
            assert!(matches!(committed, Err(Refused::Taken(place)) if place == taken), "{order:?}: {committed:?}");
            assert_eq!((test.faults.seen().len(), usage.round_trips()), (1, 1), "it is not tried again");
            assert_eq!(test.size().await, 1, "nothing is written");
        }
    }
}

#[tokio::test]
async fn of_several_refused_steps_the_first_one_counts() {
    let test = TestTable::new().await;
    for place in [2, 3] {
        test.put(item(place, 7)).await;
    }
    for order in ORDERS {
        let tx = creating(order);
        let first = order.into_iter().find(|place| *place != 1).unwrap();
        let committed = tx.commit(&test.table).await;
        assert!(matches!(committed, Err(Refused::Taken(place)) if place == first), "{order:?}: {committed:?}");
    }
    assert_eq!(stored(&test.table, 1).await, None);
}

#[tokio::test]
async fn a_step_without_a_meaning_only_says_that_others_were_faster() {
    let test = TestTable::new().await;
    test.put(item(2, 7)).await;
    let mut tx = Tx::new();
    create(&mut tx, 1);
    tx.write(Write::create(item(2, 9)));
    let committed = tx.commit(&test.table).await;
    assert!(matches!(committed, Err(Refused::Table(TableError::Contended))), "{committed:?}");
    assert_eq!((stored(&test.table, 1).await, stored(&test.table, 2).await), (None, Some(7)));
}

#[tokio::test]
async fn every_kind_of_step_shows_the_item_as_it_is_if_asked_to_and_there_is_one() {
    let test = TestTable::new().await;
    test.put(item(1, 7)).await;
    let steps = |place| {
        let set = Write::update(key(place), "SET n = :new").value(":new", number(9));
        [Write::put(item(place, 9)), set, Write::delete(key(place)), Write::check(key(place))]
            .map(|step| step.when("n = :eight").value(":eight", number(8)))
    };
    let said = async |step: Write| {
        let mut tx = Tx::new();
        create(&mut tx, 3);
        tx.require_with(step, |item| Ok(Refused::Otherwise(item.as_ref().map(n))));
        match tx.commit(&test.table).await {
            Err(Refused::Otherwise(found)) => found,
            other => panic!("{other:?}"),
        }
    };
    for (step, absent) in steps(1).into_iter().zip(steps(2)) {
        assert_eq!(said(step.clone().showing_item()).await, Some(7), "{step:?}");
        assert_eq!(said(step).await, None, "it did not ask");
        assert_eq!(said(absent.showing_item()).await, None, "there is none");
    }
    assert_eq!(test.size().await, 1);
}

#[tokio::test]
async fn what_a_refusal_can_not_read_is_the_tables_fault() {
    let test = TestTable::new().await;
    test.put(item(1, 7)).await;
    let mut tx = Tx::<Refused>::new();
    tx.require_with(Write::create(item(1, 9)).showing_item(), |item| {
        lambdesk_table::item::Reader(&item.unwrap()).text("name").map(|_| Refused::Taken(1))
    });
    let committed = tx.commit(&test.table).await;
    assert!(matches!(committed, Err(Refused::Table(TableError::Corrupt(_)))), "{committed:?}");
}

#[tokio::test]
async fn a_refused_step_counts_where_another_one_was_in_conflict() {
    let test = TestTable::new().await;
    test.faults.next([Fault::CancelledFor(&["TransactionConflict", "ConditionalCheckFailed", "ThrottlingError"])]);
    let committed = creating([1, 2, 3]).commit(&test.table).await;
    assert!(matches!(committed, Err(Refused::Taken(2))), "{committed:?}");
    assert_eq!(test.faults.seen().len(), 1);
}

/// Adds one to an item: twice would show.
fn adding() -> Tx<Refused> {
    let mut tx = Tx::new();
    tx.write(Write::update(key(1), "ADD n :one").value(":one", number(1)));
    tx
}

#[tokio::test]
async fn every_attempt_carries_the_same_token_and_writes_once() {
    let test = TestTable::new().await;
    let first = [
        Fault::AnswerLost,
        Fault::Cancelled("TransactionConflict"),
        Fault::Error("ThrottlingException"),
        Fault::AnswerCut,
    ];
    let second = [
        Fault::Error("TransactionInProgressException"),
        Fault::Gateway(503, ""),
        Fault::Cancelled("ThrottlingError"),
        Fault::AnswerLost,
    ];
    let mut seen = Vec::new();
    for (round, faults) in [(1, first), (2, second)] {
        test.faults.next(faults);
        let (committed, usage) = measured(adding().commit(&test.table)).await;
        committed.unwrap();
        assert_eq!(stored(&test.table, 1).await, Some(round));
        let tokens: Vec<_> = test.faults.seen().iter().map(|body| body["ClientRequestToken"].clone()).collect();
        // The last one seen is the reading of the item.
        let tokens = &tokens[..tokens.len() - 1];
        assert_eq!((tokens.len(), usage.round_trips(), usage.depth()), (5, 5, 5));
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
        assert!(tokens[0].as_str().is_some_and(|token| (1..=36).contains(&token.len())), "as the service takes it");
        seen.push(tokens[0].clone());
    }
    assert_ne!(seen[0], seen[1], "another transaction is not the same one");
}

#[tokio::test]
async fn a_step_may_give_way_to_whoever_writes_its_item() {
    let test = TestTable::new().await;
    let giving_way = |conflicts| {
        test.faults.next([Fault::CancelledFor(conflicts)]);
        let mut tx = adding();
        create(&mut tx, 2);
        tx.or_conflict(Refused::Otherwise(None));
        tx.commit(&test.table)
    };
    let committed = giving_way(&["None", "TransactionConflict"]).await;
    assert!(matches!(committed, Err(Refused::Otherwise(None))), "{committed:?}");
    assert_eq!(test.faults.seen().len(), 1);
    giving_way(&["TransactionConflict"]).await.unwrap();
}

#[tokio::test]
async fn conflicts_and_throttling_are_given_up_after_some_attempts() {
    for (fault, said) in [
        (Fault::Cancelled("TransactionConflict"), "too many writers at once"),
        (Fault::Error("TransactionInProgressException"), "too many writers at once"),
        (Fault::Cancelled("ThrottlingError"), "the table can't be reached in time (throttled)"),
        (Fault::Cancelled("ProvisionedThroughputExceeded"), "the table can't be reached in time (throttled)"),
        (Fault::CancelledFor(&["None", "TransactionConflict"]), "too many writers at once"),
    ] {
        let test = TestTable::new().await;
        test.faults.next([fault; 100]);
        let mut tx = adding();
        create(&mut tx, 2);
        let (committed, usage) = measured(tx.commit(&test.table)).await;
        assert_eq!(committed.expect_err("it never ends otherwise").to_string(), said, "{fault:?}");
        let attempts = if said.contains("writers") { test.faults.seen().len() } else { ATTEMPTS as usize };
        assert!((ATTEMPTS..=CONFLICTS).contains(&u32::try_from(attempts).unwrap()), "{attempts}");
        assert_eq!((test.faults.seen().len(), usage.round_trips(), usage.depth()), (attempts, attempts, attempts));
        assert!(usage.operations.iter().all(|one| one.name == "TransactWriteItems"));
        assert_eq!(test.size().await, 0, "nothing is written");
    }
}

#[tokio::test]
async fn any_other_cancellation_is_a_defect_of_ours_and_told_at_once() {
    let test = TestTable::new().await;
    for fault in [Fault::Cancelled("ValidationError"), Fault::Cancelled("ItemCollectionSizeLimitExceeded")] {
        test.faults.next([fault]);
        let committed = adding().commit(&test.table).await;
        assert!(matches!(committed, Err(Refused::Table(TableError::Refused(_)))), "{committed:?}");
        assert_eq!(test.faults.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_check_holds_the_others_and_writes_nothing() {
    let test = TestTable::new().await;
    let held = async || {
        let mut tx = Tx::new();
        assert!(tx.is_empty());
        tx.require(Write::check(key(1)).when("attribute_exists(pk)"), Refused::Otherwise(None));
        create(&mut tx, 2);
        assert!(!tx.is_empty());
        tx.commit(&test.table).await
    };
    assert!(matches!(held().await, Err(Refused::Otherwise(None))));
    assert_eq!(test.size().await, 0);
    test.put(item(1, 7)).await;
    held().await.unwrap();
    assert_eq!((stored(&test.table, 1).await, stored(&test.table, 2).await), (Some(7), Some(9)));
}
