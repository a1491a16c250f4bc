//! The table's stream: complete, in order, and no burden on the writes.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use lambdesk_engine::{Engine, Position, StreamRecord};
use rusqlite::{Connection, StatementStatus, params};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{TABLE, item, item_with, n, put, table, update};

fn read(engine: &Engine, after: Position) -> Vec<StreamRecord> {
    engine.read_stream(TABLE, after, 1000).expect("readable")
}

fn in_an_hour() -> SystemTime {
    SystemTime::now() + Duration::from_hours(1)
}

#[tokio::test]
async fn a_change_is_read_in_the_shape_that_lambda_receives() {
    let (engine, client) = table().await;
    put(&client, item_with("t1", "T", [("v", n(1))])).await;
    update(&client, "t1", "T", "SET v = :v").expression_attribute_values(":v", n(2)).send().await.expect("updated");
    let records = read(&engine, Position::START);
    assert_eq!(records.len(), 2);
    let event = &records[1].event;
    assert_eq!(event["eventName"], "MODIFY");
    assert_eq!(event["eventSource"], "aws:dynamodb");
    assert_eq!(event["eventVersion"], "1.1");
    assert!(event["awsRegion"].is_string());
    assert_eq!(event["eventID"].as_str().map(str::len), Some(32));
    let source = event["eventSourceARN"].as_str().expect("text");
    assert!(source.contains(&format!(":table/{TABLE}/stream/")), "{source}");
    let change = &event["dynamodb"];
    let image = |v: &str| json!({"pk": {"S": "t1"}, "sk": {"S": "T"}, "v": {"N": v}});
    assert_eq!(change["Keys"], json!({"pk": {"S": "t1"}, "sk": {"S": "T"}}));
    assert_eq!((&change["OldImage"], &change["NewImage"]), (&image("1"), &image("2")));
    assert_eq!(change["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(change["SequenceNumber"], records[1].position.to_string());
    assert!(change["ApproximateCreationDateTime"].is_number());
}

#[tokio::test]
async fn an_insert_has_no_old_image_and_a_removal_no_new_one() {
    let (engine, client) = table().await;
    put(&client, item("t1", "T")).await;
    let delete = client.delete_item().table_name(TABLE).set_key(Some(item("t1", "T")));
    delete.send().await.expect("deleted");
    let records = read(&engine, Position::START);
    let (insert, remove) = (&records[0].event, &records[1].event);
    assert_eq!((&insert["eventName"], &remove["eventName"]), (&json!("INSERT"), &json!("REMOVE")));
    assert_eq!(insert["dynamodb"].get("OldImage"), None);
    assert_eq!(remove["dynamodb"].get("NewImage"), None);
}

#[tokio::test]
async fn a_refused_write_leaves_no_record() {
    let (engine, client) = table().await;
    let refused = update(&client, "t1", "T", "SET v = :v")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":v", n(1));
    assert!(refused.send().await.is_err());
    assert_eq!(read(&engine, Position::START), []);
}

#[tokio::test]
async fn reading_goes_on_after_a_position_kept_as_text() {
    let (engine, client) = table().await;
    for pk in ["t1", "t2", "t3"] {
        put(&client, item(pk, "T")).await;
    }
    let all = read(&engine, Position::START);
    let first = engine.read_stream(TABLE, Position::START, 1).expect("readable");
    assert_eq!(first, all[..1]);
    let kept: Position = first[0].position.to_string().parse().expect("its own text");
    assert_eq!(read(&engine, kept), all[1..]);
    assert!("5".parse::<Position>().is_err());
}

#[tokio::test]
async fn a_table_that_does_not_exist_has_no_records() {
    let (engine, _client) = table().await;
    assert_eq!(engine.read_stream("another-table", Position::START, 10).expect("readable"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_misses_nothing() {
    let (engine, client) = table().await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let client = client.clone();
            tokio::spawn(async move {
                for number in 0..25 {
                    put(&client, item(&format!("{writer}-{number}"), "T")).await;
                }
            })
        })
        .collect();
    let mut seen = HashSet::new();
    let mut position = Position::START;
    while seen.len() < 200 {
        let finished = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let records = engine.read_stream(TABLE, position, 7).expect("readable");
        assert!(!(finished && records.is_empty()), "{} of 200 came", seen.len());
        for record in records {
            assert!(record.position > position);
            position = record.position;
            seen.insert(record.event["dynamodb"]["Keys"]["pk"]["S"].to_string());
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_trim_takes_what_is_consumed_and_old_and_keeps_the_newest() {
    let (engine, client) = table().await;
    for pk in ["t1", "t2", "t3"] {
        put(&client, item(pk, "T")).await;
    }
    let all = read(&engine, Position::START);
    let trim = |before, consumed| engine.trim_stream(TABLE, before, consumed).expect("trims");
    assert_eq!(trim(SystemTime::UNIX_EPOCH, all[2].position), 0, "none is that old");
    assert_eq!(trim(in_an_hour(), all[0].position), 1, "one is consumed");
    assert_eq!(read(&engine, Position::START), all[1..]);
    assert_eq!(trim(in_an_hour(), all[2].position), 1, "the newest stays");
    assert_eq!(read(&engine, Position::START), all[2..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_go_on_beside_a_trim() {
    let (engine, client) = table().await;
    for number in 0..100 {
        put(&client, item(&format!("t{number}"), "T")).await;
        let consumed = read(&engine, Position::START).last().expect("one").position;
        let writing = tokio::spawn({
            let client = client.clone();
            async move { put(&client, item(&format!("u{number}"), "T")).await }
        });
        engine.trim_stream(TABLE, in_an_hour(), consumed).expect("trims");
        writing.await.expect("the write is answered");
    }
}

/// The engine's own statements on the stream, from its source: the next sequence
/// number (at every write) and a read.
const NEXT_NUMBER: &str =
    "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1";
const READ: &str =
    "SELECT event_name, keys_json, new_image, old_image, sequence_number, created_at, user_identity, event_id
             FROM _stream_records
             WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3
             ORDER BY CAST(sequence_number AS INTEGER) ASC
             LIMIT ?4";

/// `SQLite`'s own count of the steps that a statement takes, which does not
/// depend on the machine.
fn steps(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> i32 {
    let mut statement = connection.prepare(sql).expect("the engine's own statement");
    let mut rows = statement.query(params).expect("runs");
    while rows.next().expect("runs").is_some() {}
    drop(rows);
    statement.get_status(StatementStatus::VmStep)
}

fn add_records(connection: &Connection, count: usize) {
    connection
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO _stream_records
                 (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
             SELECT 'busy', 'INSERT', '{}', CAST(i AS TEXT), 'shard', 0 FROM n",
            [count],
        )
        .expect("inserted");
}

#[test]
fn a_write_and_a_read_take_as_many_steps_with_20000_records_as_with_none() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("table.db");
    let _engine = Engine::open(lambdesk_engine::Storage::File(path.clone())).expect("opens");
    let connection = Connection::open(path).expect("opens");
    let work = || {
        let newest: i64 = connection.query_row(NEXT_NUMBER, ["busy"], |row| row.get(0)).expect("runs");
        (steps(&connection, NEXT_NUMBER, ["busy"]), steps(&connection, READ, params!["busy", "shard", newest - 2, 100]))
    };
    add_records(&connection, 1);
    let few = work();
    connection.execute("DELETE FROM _stream_records", []).expect("deleted");
    add_records(&connection, 20_000);
    assert_eq!(work(), few);
}
