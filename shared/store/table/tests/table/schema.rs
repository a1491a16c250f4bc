//! The table itself.

use aws_sdk_dynamodb::types::StreamViewType;
use lambdesk_table::{
    FORMAT, Item, Table, TableError, Write,
    item::{number, text},
    measured,
    schema::{NewerFormat, TTL_ATTRIBUTE, indexes},
};
use lambdesk_testkit::{TABLE, TestTable};

async fn write_format(test: &TestTable, format: u64) {
    let item = Item::from([
        ("pk".to_owned(), text("meta")),
        ("sk".to_owned(), text("format")),
        ("format".to_owned(), number(format)),
    ]);
    test.put(item).await;
}

#[tokio::test]
async fn a_new_table_is_marked_with_our_format_and_a_newer_one_is_refused() {
    let test = TestTable::new().await;
    assert_eq!(test.table.check_format().await.expect("it is read"), Ok(()));
    assert_eq!(test.size().await, 1);
    let (checked, usage) = measured(test.table.check_format()).await;
    assert_eq!(checked.expect("it is read"), Ok(()));
    assert_eq!(usage.round_trips(), 1, "marked once");
    write_format(&test, FORMAT + 1).await;
    assert_eq!(test.table.check_format().await.expect("it is read"), Err(NewerFormat { found: FORMAT + 1 }));
}

#[tokio::test]
async fn a_guarded_table_is_written_only_after_its_format_was_looked_at_once() {
    let test = TestTable::new().await;
    let put = |table: Table| async move {
        let item = Item::from([("pk".to_owned(), text("a")), ("sk".to_owned(), text("b"))]);
        measured(table.write(Write::put(item))).await
    };
    let guarded = test.table.clone().guarded();
    for requests in [3, 1] {
        let (written, usage) = put(guarded.clone()).await;
        assert!(written.expect("it is written"));
        assert_eq!(usage.operations.len(), requests, "it is looked at and marked before the first");
    }
    write_format(&test, FORMAT + 1).await;
    let size = test.size().await;
    let refused = put(test.table.clone().guarded()).await.0;
    assert!(matches!(&refused, Err(TableError::Refused(why)) if why.contains("newer")), "{refused:?}");
    assert_eq!(test.size().await, size);
    assert!(put(guarded).await.0.is_ok(), "who looked before goes on");
}

#[tokio::test]
async fn making_the_table_again_changes_nothing() {
    let test = TestTable::new().await;
    write_format(&test, 1).await;
    test.table.create().await.expect("it is there");
    assert_eq!(test.size().await, 1);
}

#[tokio::test]
async fn the_table_is_as_its_definition_says() {
    let test = TestTable::new().await;
    let described = test.client.describe_table().table_name(TABLE).send().await.expect("it is there").table;
    let described = described.expect("a description");
    let mut names: Vec<_> =
        described.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
    names.sort_unstable();
    let expected = indexes();
    assert_eq!(names, expected.iter().map(|index| index.name.as_str()).collect::<Vec<_>>());
    let stream = described.stream_specification().expect("a stream");
    assert_eq!(stream.stream_view_type().map(StreamViewType::as_str), Some("NEW_AND_OLD_IMAGES"));
    let ttl = test.client.describe_time_to_live().table_name(TABLE).send().await.expect("it is there");
    let ttl = ttl.time_to_live_description.and_then(|ttl| ttl.attribute_name);
    assert_eq!(ttl.as_deref(), Some(TTL_ATTRIBUTE));
}
