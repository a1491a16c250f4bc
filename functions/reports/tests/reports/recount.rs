//! `POST /v1/reports/recount`: everything counted anew from the events.

use crate::fixtures::{answered_resolved_reopened_closed, new_desk, owner, report, settle, ticket};
use lambdesk_domain::{events::between, time::Timestamp};
use lambdesk_runtime::Clock;
use lambdesk_testkit::{Client, ClientAnswer};
use serde_json::{Value as Json, json};
use std::time::Duration;

const RECOUNT: &str = "/v1/reports/recount";

async fn recount(caller: &Client) -> ClientAnswer {
    caller.send("POST", RECOUNT, &[], "").await
}

#[tokio::test]
async fn a_recount_comes_to_the_same_and_reports_show_it() {
    let desk = new_desk().await;
    answered_resolved_reopened_closed(&desk, &desk.channel(|_| ()).await).await;
    settle(&desk).await;
    let before = [report(&desk, "tickets").await, report(&desk, "days").await, report(&desk, "times").await];
    for _ in 0..2 {
        let over = recount(&owner(&desk)).await.ok();
        assert_eq!(over, json!({"is_complete": true, "as_of": desk.now().minus(Duration::from_secs(38))}));
        let after = [report(&desk, "tickets").await, report(&desk, "days").await, report(&desk, "times").await];
        assert_eq!(after, before);
    }
}

#[tokio::test]
async fn a_recount_counts_what_the_feeds_readers_have_passed_by() {
    let desk = new_desk().await;
    let held_up = Clock::manual(desk.now()).new_uuid();
    desk.wait(Duration::from_mins(10));
    ticket(&desk, |_| ()).await;
    settle(&desk).await;
    assert_eq!(report(&desk, "tickets").await["total"], 1);
    let event = between(None, &ticket(&desk, |_| ()).await).into();
    assert!(desk.store.events.tell(&event, held_up, desk.now()).await.unwrap());
    desk.wait(Duration::from_mins(10));
    assert_eq!(report(&desk, "tickets").await["total"], 1, "a reader does not turn back");
    recount(&owner(&desk)).await.ok();
    assert_eq!(report(&desk, "tickets").await["total"], 2);
}

#[tokio::test]
async fn a_long_recount_goes_on_with_the_same_request_and_shows_nothing_before_it_is_over() {
    let desk = new_desk().await;
    let (now, years) = (desk.now(), Duration::from_hours(3 * 365 * 24));
    ticket(&desk, |_| ()).await;
    settle(&desk).await;
    assert_eq!(report(&desk, "tickets").await["total"], 1);
    // Looking through so many days takes more than one request may.
    desk.change_settings(|workspace| workspace.created_at = now.minus(years)).await;
    let first = recount(&owner(&desk)).await;
    assert_eq!((first.status, &first.data()["is_complete"]), (202, &json!(false)), "{}", first.text);
    let as_of: Timestamp = first.member("as_of").parse().unwrap();
    assert!(as_of > now.minus(years) && as_of < now, "{as_of}");
    assert_eq!(report(&desk, "tickets").await["total"], 1, "as counted before");
    let second = recount(&owner(&desk)).await.ok();
    assert_eq!(second["is_complete"], true);
    assert_eq!(report(&desk, "tickets").await["total"], 1);
}

#[tokio::test]
async fn a_dry_run_counts_nothing() {
    let desk = new_desk().await;
    ticket(&desk, |_| ()).await;
    settle(&desk).await;
    let before = desk.table.size().await;
    let tried = owner(&desk).send("POST", &format!("{RECOUNT}?dry_run=true"), &[], "").await.ok();
    assert_eq!(tried, json!({"events": [], "changes": []}));
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn a_repeated_request_is_answered_from_memory() {
    let desk = new_desk().await;
    let once = owner(&desk).with("idempotency-key", "k");
    let (first, again) = (recount(&once).await, recount(&once).await);
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
}

#[tokio::test]
async fn it_takes_neither_fields_nor_versions_nor_parameters() {
    let desk = new_desk().await;
    let owner = owner(&desk);
    let refused = owner.post(RECOUNT, json!({"from": "2026-01-01"})).await;
    assert_eq!((refused.status, refused.errors()), (422, vec![("/from", "unknown_field")]));
    let versioned = recount(&owner.with("if-match", "\"1\"")).await;
    assert_eq!(versioned.problem(), (412, "no_version".to_owned()));
    let unknown = owner.send("POST", &format!("{RECOUNT}?from=2026-01-01"), &[], "").await;
    assert_eq!(unknown.problem(), (400, "invalid_query".to_owned()));
    assert_eq!(owner.get(RECOUNT).await.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(owner.post(RECOUNT, Json::Null).await.status, 422);
}
