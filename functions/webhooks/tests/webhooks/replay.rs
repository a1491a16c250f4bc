//! Replays: the events of a range of time, sent once more.

use crate::fixtures::{Hooks, event, path_of};
use serde_json::{Value as Json, json};

/// Five events, a minute apart from 12:00 on; it is 12:10 afterwards.
async fn five_events(hooks: &Hooks) {
    for (version, kind) in [
        (1, "ticket.created"),
        (2, "ticket.assigned"),
        (3, "ticket.tagged"),
        (4, "ticket.assigned"),
        (5, "ticket.assigned"),
    ] {
        hooks.emit(&hooks.event(1, version, kind)).await;
        hooks.advance(60);
    }
    hooks.advance(300);
}

fn range(since: &str, until: &str) -> Json {
    json!({"since": format!("2026-03-01T12:{since}Z"), "until": format!("2026-03-01T12:{until}Z")})
}

async fn log(hooks: &Hooks, endpoint: &str) -> Vec<(u64, bool)> {
    let data = hooks.owner.get(&format!("{endpoint}/deliveries")).await.data();
    let row = |row: &Json| (row["sequence"].as_u64().unwrap(), row["is_replay"].as_bool().unwrap());
    let mut rows: Vec<_> = data.as_array().unwrap().iter().map(row).collect();
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn a_replay_queues_what_the_endpoint_wants_of_the_range() {
    let hooks = Hooks::start().await;
    let body = json!({"url": "https://hooks.example.com/", "types": ["ticket.assigned"]});
    let path = path_of(&hooks.owner.post("/v1/webhooks", body).await.data());
    five_events(&hooks).await;
    let (other, _) = hooks.desk.other_workspace().await;
    hooks.emit(&event(other, 9, 9, "ticket.assigned", hooks.desk.now())).await;
    let answer = hooks.owner.post(&format!("{path}/replay"), range("00:30", "04:00")).await;
    let expected = json!({"queued": 2, "queued_before": 0, "is_complete": true, "next": null});
    assert_eq!((answer.status, answer.data()), (202, expected), "the end is left out");
    assert_eq!(log(&hooks, &path).await, [(2, true), (4, true)]);
    assert_eq!(hooks.hints.take().len(), 2);
}

#[tokio::test]
async fn the_same_replay_again_queues_nothing_twice_and_another_one_does() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    five_events(&hooks).await;
    let replay = async |body: Json| hooks.owner.post(&format!("{path}/replay"), body).await.data();
    assert_eq!(replay(range("00:00", "09:00")).await["queued"], 5);
    let again = replay(range("00:00", "09:00")).await;
    assert_eq!((&again["queued"], &again["queued_before"]), (&json!(0), &json!(5)));
    assert_eq!(replay(range("00:00", "08:59")).await["queued"], 5);
    assert_eq!(log(&hooks, &path).await.len(), 10);
}

#[tokio::test]
async fn a_long_replay_goes_on_where_it_stopped() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    for version in 1..=510 {
        hooks.emit(&hooks.event(1, version, "ticket.assigned")).await;
    }
    hooks.advance(600);
    let mut body = range("00:00", "09:00");
    let first = hooks.owner.post(&format!("{path}/replay"), body.clone()).await.data();
    assert_eq!((&first["queued"], &first["is_complete"]), (&json!(500), &json!(false)));
    body["after"] = first["next"].clone();
    let second = hooks.owner.post(&format!("{path}/replay"), body).await.data();
    assert_eq!(second, json!({"queued": 10, "queued_before": 0, "is_complete": true, "next": null}));
}

#[tokio::test]
async fn a_dry_run_of_a_replay_tells_the_events_and_queues_nothing() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    five_events(&hooks).await;
    let answer = hooks.owner.post(&format!("{path}/replay?dry_run=true"), range("00:00", "02:00")).await;
    assert_eq!((answer.status, answer.data()["events"].as_array().unwrap().len()), (200, 2));
    assert!(log(&hooks, &path).await.is_empty() && hooks.hints.take().is_empty());
}

#[tokio::test]
async fn a_repeated_request_is_answered_from_memory() {
    let hooks = Hooks::start().await;
    let path = format!("{}/replay", hooks.endpoint_path().await);
    five_events(&hooks).await;
    let replay = async || hooks.once(&path, "k", range("00:00", "09:00")).await;
    let (first, second) = (replay().await, replay().await);
    assert_eq!((first.status, &first.text), (202, &second.text));
    assert_eq!(second.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn a_range_must_lie_within_the_last_30_days() {
    let hooks = Hooks::start().await;
    let path = format!("{}/replay", hooks.endpoint_path().await);
    for (body, pointers) in [
        (json!({}), vec!["/since", "/until"]),
        (range("00:00", "00:01"), vec!["/until"]),
        (json!({"since": "2026-01-01T00:00:00Z", "until": "2026-02-20T00:00:00Z"}), vec!["/since"]),
        (json!({"since": "2026-02-20T00:00:00Z", "until": "2026-02-20T00:00:00Z"}), vec!["/until"]),
        (json!({"since": "yesterday", "until": "2026-02-20T00:00:00Z", "from": 1}), vec!["/since", "/from"]),
        (json!({"since": "2026-02-20T00:00:00Z", "until": "2026-02-21T00:00:00Z", "after": "x"}), vec!["/after"]),
    ] {
        let answer = hooks.owner.post(&path, body).await;
        assert_eq!((answer.status, answer.pointers()), (422, pointers.into_iter().map(str::to_owned).collect()));
    }
}
