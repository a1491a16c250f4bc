//! `GET /v1/reports/days` and `…/times`: what happened day by day, and how long it took.

use crate::fixtures::{answered_resolved_reopened_closed, caller, new_desk, owner, report, settle, ticket};
use lambdesk_domain::{
    access::{Role, Scope},
    directory::KeyHolder,
    id::ChannelId,
};
use serde_json::{Value as Json, json};
use std::time::Duration;

fn day(date: &str, [created, resolved, closed, reopened, replied]: [u64; 5]) -> Json {
    json!({
        "date": date, "created": created, "resolved": resolved, "closed": closed, "reopened": reopened,
        "replied": replied,
    })
}

#[tokio::test]
async fn days_tell_what_happened_on_them() {
    let desk = new_desk().await;
    answered_resolved_reopened_closed(&desk, &desk.channel(|_| ()).await).await;
    settle(&desk).await;
    let days = report(&desk, "days?from=2026-01-14&to=2026-01-17").await;
    let expected = json!([
        day("2026-01-14", [0, 0, 0, 0, 0]),
        day("2026-01-15", [1, 1, 0, 0, 2]),
        day("2026-01-16", [0, 1, 1, 1, 0]),
        day("2026-01-17", [0, 0, 0, 0, 0]),
    ]);
    assert_eq!(days["days"], expected);
    assert_eq!(days["sums"], json!({"created": 1, "resolved": 2, "closed": 1, "reopened": 1, "replied": 2}));
    assert_eq!((&days["from"], &days["to"]), (&json!("2026-01-14"), &json!("2026-01-17")));
    assert_eq!(days["as_of"], json!(desk.now().minus(Duration::from_secs(38))));
}

#[tokio::test]
async fn times_tell_how_long_it_took_for_what_was_done_on_the_days() {
    let desk = new_desk().await;
    answered_resolved_reopened_closed(&desk, &desk.channel(|_| ()).await).await;
    settle(&desk).await;
    let times = report(&desk, "times?from=2026-01-15&to=2026-01-15").await;
    let seconds =
        |seconds: u64| json!({"count": 1, "median_seconds": seconds, "p90_seconds": seconds, "mean_seconds": seconds});
    assert_eq!((&times["first_response"], &times["resolution"]), (&seconds(20), &seconds(30)));
    let later = report(&desk, "times?from=2026-01-16&to=2026-01-16").await;
    let none = json!({"count": 0, "median_seconds": null, "p90_seconds": null, "mean_seconds": null});
    assert_eq!(later["first_response"], none);
    assert_eq!((&later["resolution"]["count"], &later["resolution"]["mean_seconds"]), (&json!(1), &json!(86_430)));
    let median = later["resolution"]["median_seconds"].as_u64().unwrap();
    assert!(median.abs_diff(86_430) * 1_000 <= 86_430 * 32, "{median}");
    assert_eq!(report(&desk, "times").await["resolution"]["count"], 2);
}

#[tokio::test]
async fn days_and_times_of_channels_or_assignees_are_theirs_alone() {
    let desk = new_desk().await;
    let (channel, jane) = (desk.channel(|_| ()).await, desk.user(Role::Agent).await.id);
    answered_resolved_reopened_closed(&desk, &channel).await;
    ticket(&desk, |new| new.assignee = Some(jane)).await;
    settle(&desk).await;
    let channel = channel.id;
    for (filter, created, resolved) in [
        (format!("channel_id={channel}"), 1, 2),
        ("channel_id=none".to_owned(), 1, 0),
        (format!("channel_id={channel},none"), 2, 2),
        (format!("channel_id={channel}&channel_id={channel}"), 1, 2),
        (format!("assignee_id={jane}"), 1, 0),
        ("assignee_id=none".to_owned(), 1, 2),
        (format!("assignee_id={channel}"), 0, 0),
    ] {
        let sums = report(&desk, &format!("days?{filter}")).await["sums"].take();
        assert_eq!((&sums["created"], &sums["resolved"]), (&json!(created), &json!(resolved)), "{filter}");
        let times = report(&desk, &format!("times?{filter}")).await;
        assert_eq!(times["resolution"]["count"], resolved, "{filter}");
    }
    let as_jane = caller(&desk, &desk.key(KeyHolder::User { user_id: jane }, Scope::ALL).await);
    let hers = as_jane.get("/v1/reports/days?assignee_id=me").await.ok();
    assert_eq!(hers["sums"]["created"], 1);
}

#[tokio::test]
async fn what_is_left_out_is_the_last_30_days() {
    let desk = new_desk().await;
    for (query, from, to, days) in [
        ("days", "2025-12-17", "2026-01-15", 30),
        ("days?from=2026-01-15", "2026-01-15", "2026-01-15", 1),
        ("days?to=2024-03-01", "2024-02-01", "2024-03-01", 30),
        ("days?from=2024-01-01&to=2024-12-31", "2024-01-01", "2024-12-31", 366),
    ] {
        let report = report(&desk, query).await;
        assert_eq!((&report["from"], &report["to"]), (&json!(from), &json!(to)), "{query}");
        let dates: Vec<_> = report["days"].as_array().unwrap().iter().map(|day| day["date"].clone()).collect();
        assert_eq!((dates.len(), &dates[0], &dates[days - 1]), (days, &json!(from), &json!(to)), "{query}");
    }
}

#[tokio::test]
async fn all_bad_parameters_are_told_at_once() {
    let desk = new_desk().await;
    let many: Vec<_> = (0..21).map(|_| ChannelId::new(desk.clock.new_uuid()).to_string()).collect();
    for (bad, errors) in [
        ("from=x&to=2026-13-01&channel_id=x&x=1".to_owned(), vec!["?channel_id", "?from", "?to", "?x"]),
        ("from=2026-01-02&to=2026-01-01".to_owned(), vec!["?from"]),
        ("from=2026-01-16".to_owned(), vec!["?from"]),
        ("from=2024-01-01&to=2025-01-01".to_owned(), vec!["?from"]),
        ("from=2026-02-29".to_owned(), vec!["?from"]),
        ("channel_id=none&assignee_id=none".to_owned(), vec!["?assignee_id"]),
        ("assignee_id=Jane".to_owned(), vec!["?assignee_id"]),
        ("channel_id=me".to_owned(), vec!["?channel_id"]),
        (format!("channel_id={}", many.join(",")), vec!["?channel_id"]),
        (format!("assignee_id={}", many.join(",")), vec!["?assignee_id"]),
        ("from=2026-01-01&from=2026-01-02".to_owned(), vec!["?from"]),
    ] {
        for report in ["days", "times"] {
            let refused = owner(&desk).get(&format!("/v1/reports/{report}?{bad}")).await;
            let mut pointers = refused.pointers();
            pointers.sort_unstable();
            assert_eq!((refused.problem(), pointers), ((400, "invalid_query".to_owned()), owned(&errors)), "{bad}");
        }
    }
    let program = caller(&desk, &desk.machine_key(&[Scope::TicketsRead]).await);
    let refused = program.get("/v1/reports/days?assignee_id=me").await;
    assert_eq!((refused.status, refused.pointers()), (400, owned(&["?assignee_id"])), "a program is nobody");
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
