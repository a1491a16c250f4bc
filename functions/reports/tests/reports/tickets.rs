//! `GET /v1/reports/tickets`: how many tickets stand where.

use crate::fixtures::{new_desk, on, owner, report, settle, ticket};
use lambdesk_domain::{
    access::Role,
    command::{Fields, Opening, Update},
    id::MessageId,
    message::Content,
    set::Set,
    status::Status,
    time::Timestamp,
};
use serde_json::{Value as Json, json};
use std::time::Duration;

const STATUSES: [&str; 7] = ["open", "in_progress", "waiting", "on_hold", "resolved", "closed", "spam"];

/// Counts by status, of which those that are left out are none.
fn by_status(counts: &Json) -> Json {
    let mut all = json!({"unprocessed": 0, "archived": 0});
    for status in STATUSES {
        all[status] = json!(0);
    }
    for (status, count) in counts.as_object().unwrap() {
        all[status] = count.clone();
    }
    all
}

#[tokio::test]
async fn every_ticket_counts_where_it_stands() {
    let desk = new_desk().await;
    let (channel, jane) = (desk.channel(|_| ()).await, desk.user(Role::Agent).await.id);
    for status in STATUSES {
        ticket(&desk, |new| {
            new.status = Status::parse(status).unwrap();
            new.assignee = (status == "waiting").then_some(jane);
            new.channel = matches!(status, "closed" | "on_hold").then(|| on(&channel));
        })
        .await;
    }
    ticket(&desk, |new| {
        let content = Content::from_text("Hello?").unwrap();
        let id = MessageId::new(desk.clock.new_uuid());
        new.opening = Some(Opening { id, content, is_outbound: false, is_secure: false });
    })
    .await;
    ticket(&desk, |new| new.is_held = true).await;
    let archived = ticket(&desk, |_| ()).await.id;
    desk.update(archived, &Update::Archive).await;
    let trashed = ticket(&desk, |_| ()).await.id;
    desk.trash(trashed).await;
    settle(&desk).await;

    let expected = json!({
        "as_of": desk.now().minus(Duration::from_secs(38)),
        "total": 10, "active": 5, "unassigned": 4,
        "awaiting": {"agent": 1, "customer": 0, "none": 4},
        "by_status": by_status(&json!({
            "open": 2, "in_progress": 1, "waiting": 1, "on_hold": 1, "resolved": 1, "closed": 1, "spam": 1,
            "unprocessed": 1, "archived": 1,
        })),
        "by_channel": [
            {"channel_id": null, "total": 8, "active": 4, "by_status": by_status(&json!({
                "open": 2, "in_progress": 1, "waiting": 1, "resolved": 1, "spam": 1, "unprocessed": 1, "archived": 1,
            }))},
            {"channel_id": channel.id, "total": 2, "active": 1, "by_status": by_status(&json!({"on_hold": 1, "closed": 1}))},
        ],
        "by_assignee": [
            {"assignee_id": null, "total": 9, "active": 4, "by_status": by_status(&json!({
                "open": 2, "in_progress": 1, "on_hold": 1, "resolved": 1, "closed": 1, "spam": 1,
                "unprocessed": 1, "archived": 1,
            }))},
            {"assignee_id": jane, "total": 1, "active": 1, "by_status": by_status(&json!({"waiting": 1}))},
        ],
    });
    let mut found = report(&desk, "tickets").await;
    for groups in ["by_channel", "by_assignee"] {
        found[groups].as_array_mut().unwrap().sort_by_key(|row| row["total"].as_u64().map(std::cmp::Reverse));
    }
    assert_eq!(found, expected);
    assert_eq!(report(&desk, "tickets").await["total"], 10, "what is counted is counted once");
}

#[tokio::test]
async fn a_ticket_that_moves_counts_where_it_is_then_alone() {
    let desk = new_desk().await;
    let jane = desk.user(Role::Agent).await.id;
    let id = ticket(&desk, |_| ()).await.id;
    settle(&desk).await;
    assert_eq!(report(&desk, "tickets").await["unassigned"], 1);
    desk.set(id, Fields::of([Set::Assignee(Some(jane))])).await;
    desk.set_status(id, Status::InProgress).await;
    settle(&desk).await;
    let moved = report(&desk, "tickets").await;
    assert_eq!((&moved["unassigned"], &moved["total"]), (&json!(0), &json!(1)));
    assert_eq!(moved["by_status"], by_status(&json!({"in_progress": 1})));
    assert_eq!(moved["by_assignee"].as_array().unwrap().len(), 1, "who has none is left out");
    assert_eq!(moved["by_assignee"][0]["assignee_id"], json!(jane));
    desk.trash(id).await;
    settle(&desk).await;
    let none = report(&desk, "tickets").await;
    assert_eq!((&none["total"], &none["by_assignee"], &none["by_channel"]), (&json!(0), &json!([]), &json!([])));
}

#[tokio::test]
async fn a_change_counts_when_the_feed_has_emitted_it_and_the_answer_says_up_to_when() {
    let desk = new_desk().await;
    ticket(&desk, |_| ()).await;
    desk.project().await;
    desk.wait(Duration::from_secs(7));
    let early = report(&desk, "tickets").await;
    assert_eq!((&early["total"], &early["as_of"]), (&json!(0), &json!(desk.now().minus(Duration::from_secs(38)))));
    desk.wait(Duration::from_secs(2));
    assert_eq!(report(&desk, "tickets").await["total"], 1);
}

#[tokio::test]
async fn an_old_workspace_is_counted_in_parts_and_every_answer_says_how_far() {
    let desk = new_desk().await;
    let now = desk.now();
    let years = Duration::from_hours(3 * 365 * 24);
    desk.change_settings(|workspace| workspace.created_at = now.minus(years)).await;
    ticket(&desk, |_| ()).await;
    settle(&desk).await;
    let (mut parts, mut counted_to) = (0, now.minus(years));
    let last = loop {
        let part = report(&desk, "tickets").await;
        let as_of: Timestamp = part["as_of"].as_str().unwrap().parse().unwrap();
        assert!(as_of > counted_to, "it goes on: {as_of}");
        if as_of == desk.now().minus(Duration::from_secs(38)) {
            break part;
        }
        assert_eq!(part["total"], 0, "of the days up to {as_of}");
        (parts, counted_to) = (parts + 1, as_of);
    };
    assert_eq!((parts > 0, &last["total"]), (true, &json!(1)));
}

#[tokio::test]
async fn it_takes_no_parameters() {
    let desk = new_desk().await;
    for bad in ["from=2026-01-01", "channel_id=none", "x=1", "limit=1"] {
        let refused = owner(&desk).get(&format!("/v1/reports/tickets?{bad}")).await;
        assert_eq!(refused.problem(), (400, "invalid_query".to_owned()), "{bad}");
    }
}
