//! The table itself.

use crate::support::{TABLE, Table};
use aws_sdk_dynamodb::types::{AttributeValue as Av, StreamViewType};
use lambdesk_store::{FORMAT, Item, table::NewerFormat, table::indexes};

async fn write_format(table: &Table, format: u64) {
    let item = Item::from([
        ("pk".to_owned(), Av::S("meta".to_owned())),
        ("sk".to_owned(), Av::S("format".to_owned())),
        ("format".to_owned(), Av::N(format.to_string())),
    ]);
    table.put(item).await;
}

#[tokio::test]
async fn a_new_table_is_marked_with_our_format_and_a_newer_one_is_refused() {
    let table = Table::new().await;
    assert_eq!(table.store.check_format().await.expect("it is read"), Ok(()));
    assert_eq!(table.size().await, 1);
    let store = table.store.metered();
    assert_eq!(store.check_format().await.expect("it is read"), Ok(()));
    assert_eq!(store.usage().round_trips(), 1, "marked once");
    write_format(&table, FORMAT + 1).await;
    assert_eq!(table.store.check_format().await.expect("it is read"), Err(NewerFormat { found: FORMAT + 1 }));
}

#[tokio::test]
async fn making_the_table_again_changes_nothing() {
    let table = Table::new().await;
    write_format(&table, 1).await;
    table.store.create_table().await.expect("it is there");
    assert_eq!(table.size().await, 1);
}

#[tokio::test]
async fn the_table_is_as_its_definition_says() {
    let table = Table::new().await;
    let described = table.client.describe_table().table_name(TABLE).send().await.expect("it is there").table;
    let described = described.expect("a description");
    let mut names: Vec<_> =
        described.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
    names.sort_unstable();
    let expected = indexes();
    assert_eq!(names, expected.iter().map(|index| index.name.as_str()).collect::<Vec<_>>());
    let stream = described.stream_specification().expect("a stream");
    assert_eq!(stream.stream_view_type().map(StreamViewType::as_str), Some("NEW_AND_OLD_IMAGES"));
    let ttl = table.client.describe_time_to_live().table_name(TABLE).send().await.expect("it is there");
    let ttl = ttl.time_to_live_description.and_then(|ttl| ttl.attribute_name);
    assert_eq!(ttl.as_deref(), Some(lambdesk_store::table::TTL_ATTRIBUTE));
}
