//! The request ledger relies on units per table and index.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Capacity, ConsumedCapacity, Put, ReturnConsumedCapacity, TransactWriteItem, Update};

use crate::support::{INDEX, Item, TABLE, item, item_with, put, s, table};

fn units(consumed: &ConsumedCapacity) -> (f64, HashMap<String, f64>) {
    let table = consumed.table().and_then(Capacity::capacity_units);
    let indexes = consumed
        .global_secondary_indexes()
        .into_iter()
        .flatten()
        .filter_map(|(name, units)| Some((name.clone(), units.capacity_units()?)))
        .collect();
    (table.unwrap_or_default(), indexes)
}

fn listed(pk: &str, order: &str) -> Item {
    item_with(pk, "T", [("lpk", s("open")), ("lsk", s(order))])
}

#[tokio::test]
async fn a_transaction_reports_its_units_per_table_and_index() {
    let (_engine, client) = table().await;
    let put_of = |item| {
        let put = Put::builder().table_name(TABLE).set_item(Some(item));
        TransactWriteItem::builder().put(put.build().expect("complete")).build()
    };
    let answer = client
        .transact_write_items()
        .transact_items(put_of(listed("t1", "1")))
        .transact_items(put_of(item("t1", "M#1")))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .expect("it commits");
    let consumed = answer.consumed_capacity();
    assert_eq!(consumed.len(), 1);
    let (table, indexes) = units(&consumed[0]);
    // A transaction doubles the table's units alone, not the index's.
    assert_eq!((table, indexes[INDEX]), (4.0, 1.0), "{consumed:?}");
    assert_eq!(consumed[0].capacity_units(), Some(5.0));
}

#[tokio::test]
async fn an_update_that_moves_an_item_in_the_index_costs_two_index_units() {
    let (_engine, client) = table().await;
    put(&client, listed("t1", "1")).await;
    let update = |expression: &str| {
        crate::support::update(&client, "t1", "T", expression)
            .expression_attribute_values(":v", s("2"))
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
    };
    let moved = update("SET lsk = :v").send().await.expect("updated");
    let (table, indexes) = units(moved.consumed_capacity().expect("asked for"));
    assert_eq!((table, indexes[INDEX]), (1.0, 2.0));

    let kept = update("SET title = :v").send().await.expect("updated");
    let (table, indexes) = units(kept.consumed_capacity().expect("asked for"));
    assert_eq!((table, indexes[INDEX]), (1.0, 1.0));
}

#[tokio::test]
async fn a_transaction_that_moves_an_item_in_the_index_costs_two_index_units() {
    let (_engine, client) = table().await;
    put(&client, listed("t1", "1")).await;
    let update = Update::builder()
        .table_name(TABLE)
        .set_key(Some(item("t1", "T")))
        .update_expression("SET lsk = :v")
        .expression_attribute_values(":v", s("2"))
        .build()
        .expect("complete");
    let answer = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().update(update).build())
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .expect("it commits");
    let (table, indexes) = units(&answer.consumed_capacity()[0]);
    assert_eq!((table, indexes[INDEX]), (2.0, 2.0));
}

#[tokio::test]
async fn a_query_of_the_index_reports_the_index_units_alone() {
    let (_engine, client) = table().await;
    put(&client, listed("t1", "1")).await;
    let answer = client
        .query()
        .table_name(TABLE)
        .index_name(INDEX)
        .key_condition_expression("lpk = :p")
        .expression_attribute_values(":p", s("open"))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .expect("it answers");
    let (table, indexes) = units(answer.consumed_capacity().expect("asked for"));
    assert_eq!((table, indexes[INDEX]), (0.0, 0.5));
}
