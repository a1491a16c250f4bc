//! The store learns from a refused write what stood in its way.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};

use crate::support::{TABLE, get, item, item_with, n, put, s, ss, table, update};

/// An update of the version inside a transaction, conditional on `expected`.
fn versioned(pk: &str, expected: i64) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(TABLE)
        .set_key(Some(item(pk, "T")))
        .update_expression("SET v = v + :one")
        .condition_expression("v = :expected")
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":expected", n(expected))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .expect("complete");
    TransactWriteItem::builder().update(update).build()
}

fn message(pk: &str, sk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(item(pk, sk)))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .expect("complete");
    TransactWriteItem::builder().put(put).build()
}

/// Whether an update of an item with tags and custom fields passes a condition.
async fn holds(client: &Client, condition: &str, names: &[(&str, &str)], values: &[(&str, AttributeValue)]) -> bool {
    let mut request = update(client, "t1", "T", "REMOVE absent").condition_expression(condition);
    for (name, attribute) in names {
        request = request.expression_attribute_names(*name, *attribute);
    }
    for (name, value) in values {
        request = request.expression_attribute_values(*name, value.clone());
    }
    match request.send().await {
        Ok(_) => true,
        Err(refused) => match refused.into_service_error() {
            UpdateItemError::ConditionalCheckFailedException(_) => false,
            other => panic!("{other:?}"),
        },
    }
}

#[tokio::test]
async fn a_refused_update_answers_the_item_as_it_is() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("v", n(3))])).await;
    let refused = update(&client, "t1", "T", "SET v = :v")
        .condition_expression("v = :expected")
        .expression_attribute_values(":v", n(2))
        .expression_attribute_values(":expected", n(1))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .expect_err("the version differs")
        .into_service_error();
    let UpdateItemError::ConditionalCheckFailedException(refused) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.item().expect("asked for")["v"], n(3));
}

#[tokio::test]
async fn a_cancelled_transaction_answers_a_reason_and_the_item_for_each_action() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("v", n(3))])).await;
    let cancelled = client
        .transact_write_items()
        .transact_items(versioned("t1", 1))
        .transact_items(message("t1", "M#1"))
        .send()
        .await
        .expect_err("the version differs")
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = cancelled else {
        panic!("{cancelled:?}");
    };
    let reasons = cancelled.cancellation_reasons();
    assert_eq!(reasons.len(), 2);
    assert_eq!(reasons[0].code(), Some("ConditionalCheckFailed"));
    assert_eq!(reasons[0].item().expect("asked for")["v"], n(3));
    assert_eq!(reasons[1].code(), Some("None"));
    assert_eq!(get(&client, "t1", "M#1").await, None, "nothing is written");
}

#[tokio::test]
async fn a_repeated_client_token_writes_once() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("v", n(1))])).await;
    for _ in 0..2 {
        client
            .transact_write_items()
            .transact_items(versioned("t1", 1))
            .client_request_token("token-1")
            .send()
            .await
            .expect("the second is answered as the first");
    }
    assert_eq!(get(&client, "t1", "T").await.expect("there")["v"], n(2));
}

#[tokio::test]
async fn parallel_transactions_on_one_item_are_serialised_and_never_conflict() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("v", n(0))])).await;
    let increment = || {
        let update = Update::builder()
            .table_name(TABLE)
            .set_key(Some(item("t1", "T")))
            .update_expression("ADD v :one")
            .expression_attribute_values(":one", n(1));
        let write = TransactWriteItem::builder().update(update.build().expect("complete"));
        client.transact_write_items().transact_items(write.build()).send()
    };
    let running: Vec<_> = (0..32).map(|_| tokio::spawn(increment())).collect();
    for task in running {
        task.await.expect("no panic").expect("no conflict is ever answered");
    }
    assert_eq!(get(&client, "t1", "T").await.expect("there")["v"], n(32));
}

#[tokio::test]
async fn of_parallel_transactions_on_one_version_exactly_one_commits() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("v", n(1))])).await;
    let running: Vec<_> = (0..16)
        .map(|_| {
            let write = client.transact_write_items().transact_items(versioned("t1", 1));
            tokio::spawn(write.send())
        })
        .collect();
    let mut committed = 0;
    for task in running {
        committed += usize::from(task.await.expect("no panic").is_ok());
    }
    assert_eq!(committed, 1);
}

#[tokio::test]
async fn a_condition_reaches_into_maps_sets_and_lists_of_values() {
    let (_engine, client) = table().await;
    let fields = AttributeValue::M([("plan".to_owned(), s("gold"))].into());
    let ticket = [("cf", fields), ("tags", ss(&["a", "b"])), ("status", s("open"))];
    put(&client, item_with("t1", "T", ticket)).await;

    let plan = [("#k", "plan")];
    assert!(holds(&client, "cf.#k = :v", &plan, &[(":v", s("gold"))]).await);
    assert!(!holds(&client, "cf.#k = :v", &plan, &[(":v", s("iron"))]).await);

    assert!(holds(&client, "contains(tags, :t)", &[], &[(":t", s("b"))]).await);
    assert!(!holds(&client, "contains(tags, :t)", &[], &[(":t", s("c"))]).await);

    let status = [("#s", "status")];
    let seven = |last| {
        let names = [":1", ":2", ":3", ":4", ":5", ":6", ":7"];
        names.map(|name| (name, if name == ":7" { s(last) } else { s(name) }))
    };
    let any = "#s IN (:1, :2, :3, :4, :5, :6, :7)";
    assert!(holds(&client, any, &status, &seven("open")).await);
    assert!(!holds(&client, any, &status, &seven("spam")).await);
}
