//! Versions that the stream lost, over the whole stack: the nightly reconcile requests
//! them, the fan-out writes all that follows from them.

use lambdesk_engine::Position;
use lambdesk_local::{Options, Stack, TABLE};
use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, json};
use std::{fs, path::Path, time::Duration};

/// Has the stack in a folder go on after this place of its stream.
fn go_on_after(folder: &Path, position: &str) {
    fs::write(folder.join("stream.position"), position).unwrap();
}

/// A place of the stream that it will not reach here.
fn far_ahead() -> String {
    (Position::START.to_string().parse::<u128>().unwrap() + u128::from(u64::MAX / 4)).to_string()
}

/// The place where a stack's stream ends.
fn end_of_stream(stack: &Stack) -> String {
    let records = stack.engine.read_stream(TABLE, Position::START, 1_000).unwrap();
    records.last().unwrap().position.to_string()
}

fn count(page: &Json) -> usize {
    page["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn versions_that_the_stream_lost_get_their_events_deliveries_and_rows_the_next_night() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual("2027-01-15T05:00:00Z".parse().unwrap()));
    let options = Options::in_folder(folder.path());
    go_on_after(folder.path(), &far_ahead());
    let stack = Stack::start_at(&options, clock.clone()).await.unwrap();
    let key = stack.bootstrap("Test", "Olga Owner", "owner@desk.example").await.unwrap();
    let owner = Api::of(&stack.url(), Some(&key));
    owner.post("/v1/tags", json!({"name": "lamp"})).await.created();
    let endpoint = owner.post("/v1/webhooks", json!({"url": "http://127.0.0.1:9/", "types": ["*"]})).await.created();
    let ticket = owner.post("/v1/tickets", json!({"subject": "A lamp", "tags": ["lamp"]})).await.created();
    let ticket = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    owner.put(&format!("{ticket}/status"), json!({"status": "on_hold"})).await.ok();
    let deliveries = format!("/v1/webhooks/{}/deliveries", endpoint["id"].as_str().unwrap());
    let paths = [format!("{ticket}/activities"), deliveries, "/v1/tickets?tag=lamp".to_owned()];
    for path in &paths {
        let page = owner.get(path).await.body;
        assert_eq!(count(&page), 0, "{path}: {page}");
    }
    go_on_after(folder.path(), &end_of_stream(&stack));
    stack.stop().await;

    clock.advance(Duration::from_mins(21 * 60 + 30));
    let stack = Stack::start_at(&options, clock).await.unwrap();
    let desk = Desk { owner: Api::of(&stack.url(), Some(&key)), stack };
    desk.sweep().await;
    for (path, expected) in paths.iter().zip([2, 2, 1]) {
        desk.owner.eventually(path, |page| count(page) == expected).await;
    }
    let events = desk.owner.get(&paths[0]).await.ok();
    assert_eq!((&events[1]["type"], &events[1]["sequence"]), (&json!("ticket.created"), &json!(1)));
    assert_eq!((&events[0]["sequence"], &events[0]["changes"][0]["field"]), (&json!(2), &json!("*")));
}
