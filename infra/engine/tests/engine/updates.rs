//! Every form of update expression that the store writes.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::support::{get, item_with, n, put, s, ss, table, update};

fn members(value: &AttributeValue) -> HashSet<&str> {
    value.as_ss().expect("a set").iter().map(String::as_str).collect()
}

#[tokio::test]
async fn an_update_answers_the_whole_item_as_it_is_after() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("a", s("kept")), ("v", n(1))])).await;
    let answer = update(&client, "t1", "T", "SET v = v + :one")
        .expression_attribute_values(":one", n(1))
        .return_values(ReturnValue::AllNew)
        .send()
        .await
        .expect("updated");
    let expected = item_with("t1", "T", [("a", s("kept")), ("v", n(2))]);
    assert_eq!(answer.attributes, Some(expected));
}

#[tokio::test]
async fn an_attribute_is_copied_from_another_as_it_was_before() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("a", s("old")), ("b", s("copied"))])).await;
    update(&client, "t1", "T", "SET a = b, b = :new")
        .expression_attribute_values(":new", s("new"))
        .send()
        .await
        .expect("updated");
    let item = get(&client, "t1", "T").await.expect("there");
    assert_eq!((&item["a"], &item["b"]), (&s("copied"), &s("new")));
}

#[tokio::test]
async fn an_attribute_is_copied_only_where_there_is_none() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("a", s("first")), ("b", s("second"))])).await;
    update(&client, "t1", "T", "SET a = if_not_exists(a, b), c = if_not_exists(c, b)").send().await.expect("updated");
    let item = get(&client, "t1", "T").await.expect("there");
    assert_eq!((&item["a"], &item["c"]), (&s("first"), &s("second")));
}

#[tokio::test]
async fn numbers_and_sets_grow_and_attributes_go_in_one_update() {
    let (_engine, client) = table().await;
    let before = [("count", n(1)), ("tags", ss(&["a"])), ("gone", s("x"))];
    put(&client, item_with("t1", "T", before)).await;
    update(&client, "t1", "T", "ADD #c :two, tags :tags, fresh :two REMOVE gone")
        .expression_attribute_names("#c", "count")
        .expression_attribute_values(":two", n(2))
        .expression_attribute_values(":tags", ss(&["b", "a"]))
        .send()
        .await
        .expect("updated");
    let item = get(&client, "t1", "T").await.expect("there");
    assert_eq!((&item["count"], &item["fresh"]), (&n(3), &n(2)));
    assert_eq!(members(&item["tags"]), HashSet::from(["a", "b"]));
    assert!(!item.contains_key("gone"));
}

#[tokio::test]
async fn removing_an_index_key_takes_the_item_out_of_the_index() {
    let (_engine, client) = table().await;
    put(&client, item_with("t1", "T", [("lpk", s("open")), ("lsk", s("1"))])).await;
    update(&client, "t1", "T", "REMOVE lpk, lsk").send().await.expect("updated");
    let left = client
        .query()
        .table_name(crate::support::TABLE)
        .index_name(crate::support::INDEX)
        .key_condition_expression("lpk = :p")
        .expression_attribute_values(":p", s("open"))
        .send()
        .await
        .expect("answers");
    assert_eq!(left.count(), 0);
}
