//! Reading pages in order, with ranges and filters.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use crate::support::{INDEX, Item, TABLE, item_with, put, s, table};

async fn ten_tickets(client: &Client) {
    for number in 0..10 {
        let status = if number % 2 == 0 { "open" } else { "spam" };
        let order = format!("{number:02}");
        let ticket = [("lpk", s("all")), ("lsk", s(order)), ("status", s(status))];
        put(client, item_with(&format!("t{number}"), "T", ticket)).await;
    }
}

fn between(client: &Client, from: &str, to: &str) -> QueryFluentBuilder {
    client
        .query()
        .table_name(TABLE)
        .index_name(INDEX)
        .key_condition_expression("lpk = :p AND lsk BETWEEN :from AND :to")
        .expression_attribute_values(":p", s("all"))
        .expression_attribute_values(":from", s(from))
        .expression_attribute_values(":to", s(to))
        .scan_index_forward(false)
}

fn order(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item["lsk"].as_s().expect("text").as_str()).collect()
}

#[tokio::test]
async fn a_range_is_read_backwards_page_by_page() {
    let (_engine, client) = table().await;
    ten_tickets(&client).await;
    let first = between(&client, "02", "06").limit(3).send().await.expect("answers");
    assert_eq!(order(first.items()), ["06", "05", "04"]);
    let rest = between(&client, "02", "06")
        .limit(3)
        .set_exclusive_start_key(first.last_evaluated_key)
        .send()
        .await
        .expect("answers");
    assert_eq!(order(rest.items()), ["03", "02"]);
    assert_eq!(rest.last_evaluated_key, None);
}

#[tokio::test]
async fn a_filter_applies_after_the_limit() {
    let (_engine, client) = table().await;
    ten_tickets(&client).await;
    let page = between(&client, "00", "99")
        .filter_expression("#s = :s")
        .expression_attribute_names("#s", "status")
        .expression_attribute_values(":s", s("open"))
        .limit(4)
        .send()
        .await
        .expect("answers");
    assert_eq!(order(page.items()), ["08", "06"]);
    assert_eq!((page.count(), page.scanned_count()), (2, 4));
    assert!(page.last_evaluated_key().is_some());
}
