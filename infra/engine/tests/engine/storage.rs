//! Files, memory, starting and stopping.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use lambdesk_engine::{Engine, EngineError, Storage};
use tempfile::TempDir;

use crate::support::{TABLE, client, create_table, get, item, item_with, n, put, table};

fn file(folder: &TempDir) -> Storage {
    Storage::File(folder.path().join("table.db"))
}

#[tokio::test]
async fn a_file_keeps_its_items_between_runs() {
    let folder = TempDir::new().expect("a folder");
    let engine = Engine::open(file(&folder)).expect("opens");
    create_table(&client(&engine)).await;
    put(&client(&engine), item("t1", "T")).await;
    engine.shutdown().await.expect("stops");

    let engine = Engine::open(file(&folder)).expect("opens again");
    assert_eq!(get(&client(&engine), "t1", "T").await, Some(item("t1", "T")));
}

#[tokio::test]
async fn a_file_is_used_by_one_engine_at_a_time() {
    let folder = TempDir::new().expect("a folder");
    let first = Engine::open(file(&folder)).expect("opens");
    assert!(matches!(Engine::open(file(&folder)), Err(EngineError::InUse(_))));
    first.shutdown().await.expect("stops");
    Engine::open(file(&folder)).expect("free again");
}

#[test]
fn an_unusable_file_is_refused_in_one_sentence() {
    let folder = TempDir::new().expect("a folder");
    let missing = Storage::File(folder.path().join("none").join("table.db"));
    assert!(matches!(Engine::open(missing), Err(EngineError::Lock { .. })));

    let foreign = folder.path().join("foreign.db");
    std::fs::write(&foreign, "not a database ".repeat(100)).expect("written");
    let refused = Engine::open(Storage::File(foreign)).err().expect("refused");
    assert!(matches!(refused, EngineError::Open { .. }), "{refused}");
    assert!(!refused.to_string().contains('\n'), "{refused}");
}

/// The engine's connection is opened as this one is and nothing lowers the mode
/// on it: `SQLite`'s compiled default is what holds.
#[test]
fn a_connection_to_a_file_syncs_every_commit() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("table.db");
    let _engine = Engine::open(Storage::File(path.clone())).expect("opens");
    let connection = rusqlite::Connection::open(path).expect("opens");
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    let synchronous: i64 = pragma("synchronous").expect("answers");
    assert_eq!(synchronous, 2, "2 is FULL");
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("answers");
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn two_engines_in_memory_share_nothing() {
    let (_one, first) = table().await;
    let (_two, second) = table().await;
    put(&first, item("t1", "T")).await;
    assert_eq!(get(&second, "t1", "T").await, None);
}

#[tokio::test]
async fn a_stopped_engine_answers_no_more() {
    let (engine, client) = table().await;
    put(&client, item("t1", "T")).await;
    let address = engine.address();
    engine.shutdown().await.expect("stops, though the client keeps its connection");
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_sweep_deletes_what_has_expired() {
    let (engine, client) = table().await;
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl");
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(expiry.build().expect("complete"))
        .send()
        .await
        .expect("enabled");
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let now = i64::try_from(since_1970.as_secs()).expect("fits");
    for (pk, ttl) in [("gone", now - 60), ("kept", now + 3600)] {
        put(&client, item_with(pk, "T", [("ttl", n(ttl))])).await;
    }
    assert_eq!(engine.sweep_ttl().expect("sweeps"), 1);
    assert_eq!(get(&client, "gone", "T").await, None);
    assert!(get(&client, "kept", "T").await.is_some());
}
