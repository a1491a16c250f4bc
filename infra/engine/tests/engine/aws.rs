//! What AWS does and the engine does only when it is asked to.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use lambdesk_engine::{AwsStandIn, AwsSwitches, AwsTrait, Engine};

use crate::support::{INDEX, TABLE, client_at, s};

async fn stand_in() -> (Engine, AwsStandIn, Client, AwsSwitches) {
    let (engine, _) = crate::support::table().await;
    let aws = engine.as_aws().expect("it listens");
    let (client, switches) = (client_at(&aws.url()), aws.switches());
    (engine, aws, client, switches)
}

async fn put(client: &Client, sk: &str, payload: &str) -> Result<(), String> {
    let put = client.put_item().table_name(TABLE).item("pk", s("p")).item("sk", s(sk));
    let put = put.item("lpk", s("l")).item("lsk", s(sk)).item("payload", s(payload));
    put.send().await.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
}

async fn put_together(client: &Client, sort_keys: &[&str]) -> Result<(), String> {
    let puts = sort_keys.iter().map(|sk| {
        let put = Put::builder().table_name(TABLE).item("pk", s("p")).item("sk", s(*sk)).build();
        TransactWriteItem::builder().put(put.expect("complete")).build()
    });
    let sent = client.transact_write_items().set_transact_items(Some(puts.collect())).send().await;
    sent.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
}

async fn listed(client: &Client) -> usize {
    let query = client.query().table_name(TABLE).index_name(INDEX).key_condition_expression("lpk = :l");
    query.expression_attribute_values(":l", s("l")).send().await.expect("it is read").items().len()
}

#[tokio::test]
async fn writes_conflict_with_a_transaction_that_is_under_way() {
    let (_engine, _aws, client, switches) = stand_in().await;
    switches.on(AwsTrait::Conflicts(Duration::from_millis(100)));
    let (first, second) = (put_together(&client, &["a", "b"]), put_together(&client, &["b", "c"]));
    let outcomes: [Result<(), String>; 2] = tokio::join!(first, second).into();
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(refused, ["TransactionCanceledException"]);
    let (_, single) = tokio::join!(put_together(&client, &["a"]), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        put(&client, "a", "").await
    });
    assert_eq!(single, Err("TransactionConflictException".to_owned()));
    let singles: (_, _) = tokio::join!(put(&client, "a", ""), put(&client, "a", ""));
    assert_eq!(singles, (Ok(()), Ok(())), "single writes wait for each other");
    assert_eq!(put_together(&client, &["a", "b"]).await, Ok(()));
}

#[tokio::test]
async fn what_is_throttled_is_not_done() {
    let (_engine, _aws, client, switches) = stand_in().await;
    switches.on(AwsTrait::ThrottledWrites("blue".to_owned()));
    assert_eq!(put(&client, "a", "red").await, Ok(()));
    assert_eq!(put(&client, "b", "blue").await, Err("ProvisionedThroughputExceededException".to_owned()));
    assert_eq!(listed(&client).await, 1);
    switches.off();
    assert_eq!(put(&client, "b", "blue").await, Ok(()));
}

#[tokio::test]
async fn an_index_lags_until_it_has_caught_up() {
    let (_engine, _aws, client, switches) = stand_in().await;
    put(&client, "a", "").await.expect("it is written");
    switches.on(AwsTrait::LaggingIndexes);
    put(&client, "b", "").await.expect("it is written");
    assert_eq!(listed(&client).await, 1);
    let all = client.query().table_name(TABLE).key_condition_expression("pk = :p");
    let all = all.expression_attribute_values(":p", s("p")).send().await.expect("it is read");
    assert_eq!(all.count(), 2, "the table does not lag");
    switches.off();
    assert_eq!(listed(&client).await, 2);
}

#[tokio::test]
async fn a_page_ends_after_the_item_that_crosses_its_size() {
    let (_engine, _aws, client, switches) = stand_in().await;
    for sk in ["a", "b", "c", "d", "e"] {
        put(&client, sk, &"x".repeat(300_000)).await.expect("it is written");
    }
    let mut pages = Vec::new();
    for is_on in [false, true] {
        if is_on {
            switches.on(AwsTrait::LargePages);
        }
        let query = client.query().table_name(TABLE).key_condition_expression("pk = :p");
        let page = query.expression_attribute_values(":p", s("p")).send().await.expect("it is read");
        pages.push((page.items().len(), page.count(), page.last_evaluated_key().is_some()));
    }
    assert_eq!(pages, [(3, 3, true), (4, 4, true)]);
}

#[tokio::test]
async fn an_expression_has_300_operators_at_most() {
    let (_engine, _aws, client, _) = stand_in().await;
    for (terms, is_taken) in [(150, true), (151, false)] {
        // Of n comparisons and n - 1 words between them.
        let filter = vec!["a = :a"; terms].join(" OR ");
        let query = client.query().table_name(TABLE).key_condition_expression("pk = :p").filter_expression(filter);
        let query = query.expression_attribute_values(":p", s("p")).expression_attribute_values(":a", s("a"));
        assert_eq!(query.send().await.is_ok(), is_taken, "{terms}");
    }
}

#[tokio::test]
async fn a_front_end_answers_so_often_as_it_is_told() {
    let (_engine, _aws, client, switches) = stand_in().await;
    switches.on(AwsTrait::Answers { status: 400, body: r#"{"__type":"x#Teapot"}"#.to_owned(), times: 1 });
    assert_eq!(put(&client, "a", "").await, Err("Teapot".to_owned()));
    assert_eq!(put(&client, "a", "").await, Ok(()));
}
