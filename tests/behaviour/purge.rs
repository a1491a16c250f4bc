//! Trash, restore window, retention, over the whole stack.

use crate::attachments::uploaded;
use lambdesk_domain::id::Version;
use lambdesk_objects::ObjectKey;
use lambdesk_runtime::Clock;
use lambdesk_tests::{Desk, Json, json};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

async fn desk() -> (Desk, Clock) {
    let clock = Clock::manual("2027-01-15T08:00:00Z".parse().unwrap());
    (Desk::start_at(clock.clone()).await, clock)
}

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// Waits until the fan-out has told of a version of a ticket; its event.
async fn told(desk: &Desk, ticket: &Json, version: u64) -> Json {
    let workspace = desk.owner.get("/v1/workspace").await.ok()["id"].as_str().unwrap().parse().unwrap();
    let id = ticket["id"].as_str().unwrap().parse().unwrap();
    for _ in 0..1_500 {
        if let Some(event) = desk.stores().events.event(workspace, id, Version(version)).await.unwrap() {
            return json!(event);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("version {version} was never told");
}

/// Lets days go by, with a run of the sweep in each.
async fn days(desk: &Desk, clock: &Clock, days: u32) {
    for _ in 0..days {
        clock.advance(DAY);
        desk.sweep().await;
    }
}

#[tokio::test]
async fn a_deleted_ticket_comes_back_within_its_window_and_is_gone_after_it() {
    let (desk, clock) = desk().await;
    desk.owner.patch("/v1/workspace", json!({"restore_window_days": 2})).await.ok();
    let ticket = desk.ticket("A quaggasaurus").await;
    let path = path(&ticket);
    let restore = format!("{path}/restore");
    desk.owner.delete(&path).await.expect(204);
    told(&desk, &ticket, 2).await;
    clock.advance(Duration::from_mins(2 * 24 * 60 - 1));
    desk.owner.post(&restore, json!({})).await.ok();
    assert_eq!(desk.owner.get(&path).await.ok()["trashed_at"], Json::Null);

    desk.owner.delete(&path).await.expect(204);
    told(&desk, &ticket, 4).await;
    clock.advance(2 * DAY);
    desk.owner.post(&restore, json!({})).await.problem(409, "restore_window_passed");
    assert_eq!(desk.owner.get("/v1/tickets?include=trashed").await.ok()[0]["id"], ticket["id"]);
    desk.sweep().await;
    days(&desk, &clock, 1).await;

    for gone in [path.clone(), format!("{path}/messages"), format!("{path}/activities")] {
        desk.owner.get(&gone).await.problem(404, "not_found");
    }
    desk.owner.post(&restore, json!({})).await.problem(404, "not_found");
    assert_eq!(desk.owner.get("/v1/tickets?include=trashed").await.ok(), json!([]));
    let run = desk.owner.get("/v1/sweeps").await.ok()[0].clone();
    assert!(run["purged"]["done"].is_u64() && run["deleted"]["done"].is_u64(), "{run}");
    let number = format!("/v1/tickets/number/{}", ticket["number"]);
    desk.owner.eventually(&number, |body| body["code"] == "not_found").await;
    for sort in ["number", "updated_at", "priority"] {
        let list = format!("/v1/tickets?include=trashed&sort={sort}");
        desk.owner.eventually(&list, |body| body["data"] == json!([])).await;
    }
    assert_eq!(desk.owner.get("/v1/tickets?include=trashed&q=quaggasaurus").await.ok(), json!([]));
}

#[tokio::test]
async fn the_feed_goes_on_past_a_purged_ticket() {
    let (desk, clock) = desk().await;
    desk.owner.patch("/v1/workspace", json!({"restore_window_days": 1})).await.ok();
    let purged = desk.ticket("Purged").await;
    desk.owner.delete(&path(&purged)).await.expect(204);
    told(&desk, &purged, 2).await;
    days(&desk, &clock, 3).await;
    desk.owner.get(&path(&purged)).await.problem(404, "not_found");
    let kept = desk.ticket("Kept").await;
    desk.owner.eventually(&format!("{}/activities", path(&kept)), |body| body["data"][0].is_object()).await;
    clock.advance(Duration::from_mins(1));
    let feed = desk.owner.get("/v1/events?type=ticket.created&type=ticket.updated").await.ok();
    let told: Vec<_> = feed.as_array().unwrap().iter().map(|event| (&event["ticket_id"], &event["sequence"])).collect();
    let (one, two) = (json!(1), json!(2));
    assert_eq!(told, [(&purged["id"], &one), (&purged["id"], &two), (&kept["id"], &one)]);
    for word in ["Purged", "grace@customer.example", "Grace"] {
        assert!(!feed.to_string().contains(word), "{word}");
    }
}

#[tokio::test]
async fn finished_tickets_go_after_their_retention_and_open_ones_stay() {
    let (desk, clock) = desk().await;
    let (closed, open) = (desk.ticket("Closed").await, desk.ticket("Open").await);
    desk.owner.put(&format!("{}/status", path(&closed)), json!({"status": "closed"})).await.ok();
    desk.owner.patch("/v1/workspace", json!({"retention_days": 3, "restore_window_days": 2})).await.ok();
    days(&desk, &clock, 3).await;
    desk.sweep().await;
    days(&desk, &clock, 1).await;
    let told = told(&desk, &closed, 3).await;
    assert_eq!((&told["type"], &told["actor"]["kind"]), (&json!("ticket.deleted"), &json!("system")));
    assert!(desk.owner.get("/v1/tickets?include=trashed&status=closed").await.ok()[0]["trashed_at"].is_string());
    days(&desk, &clock, 4).await;
    desk.owner.post(&format!("{}/restore", path(&closed)), json!({})).await.problem(404, "not_found");
    assert_eq!(desk.owner.get(&path(&open)).await.ok()["status"], "open");
}

#[tokio::test]
async fn the_files_of_a_purged_ticket_go_with_it() {
    let (desk, clock) = desk().await;
    desk.owner.patch("/v1/workspace", json!({"restore_window_days": 1})).await.ok();
    let ticket = desk.ticket("With a file").await;
    let path = path(&ticket);
    let file = uploaded(&desk.owner, &path).await;
    let message = json!({"body_text": "Here it is.", "attachments": [file]});
    desk.owner.post(&format!("{path}/messages"), message).await.created();
    let workspace = desk.owner.get("/v1/workspace").await.ok()["id"].as_str().unwrap().to_owned();
    let parts = [&workspace, ticket["id"].as_str().unwrap(), file.as_str().unwrap()];
    let key = ObjectKey::parse(&parts.join("/")).unwrap();
    let objects = desk.stack.app.objects.clone().unwrap();
    desk.owner.delete(&path).await.expect(204);
    told(&desk, &ticket, 3).await;
    assert!(objects.head(&key, clock.now()).await.unwrap().is_some());
    days(&desk, &clock, 3).await;
    desk.owner.get(&path).await.problem(404, "not_found");
    assert!(objects.head(&key, clock.now()).await.unwrap().is_none());
}
