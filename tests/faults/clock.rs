//! F1, F2, F7 and F10: what comes due, whatever the pauses of the sweep, and how it is told.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Desk, Json, json};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

async fn desk() -> (Desk, Clock) {
    let clock = Clock::manual(lambdesk_runtime::now());
    (Desk::start_at(clock.clone()).await, clock)
}

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// A ticket that is put off for an hour, once the fan-out has told of it.
async fn snoozed(desk: &Desk, clock: &Clock, query: &str) -> Json {
    let ticket = desk.ticket("S").await;
    let due = json!({"follow_up_at": clock.now().plus(Duration::from_hours(1))});
    let ticket = desk.owner.patch(&format!("{}{query}", path(&ticket)), due).await.ok();
    told(desk, &ticket).await
}

/// The newest entry of its activity log is of its present version.
async fn told(desk: &Desk, ticket: &Json) -> Json {
    let log = format!("{}/activities", path(ticket));
    desk.owner.eventually(&log, |page| page["data"][0]["sequence"] == ticket["version"]).await;
    ticket.clone()
}

async fn last_sweep(desk: &Desk) -> Json {
    desk.owner.get("/v1/sweeps?limit=1").await.ok()[0].clone()
}

#[tokio::test]
async fn f1_what_came_due_in_any_pause_is_done_by_the_next_run() {
    for (before, pause) in [(false, 9), (true, 20)] {
        let (desk, clock) = desk().await;
        if before {
            desk.sweep().await;
        }
        let ticket = snoozed(&desk, &clock, "").await;
        clock.advance(pause * DAY);
        desk.sweep().await;
        let now = desk.owner.get(&path(&ticket)).await.ok();
        let run = last_sweep(&desk).await;
        assert_eq!((&now["follow_up_at"], &run["is_complete"]), (&Json::Null, &json!(true)), "{before} {pause}: {run}");
    }
}

#[tokio::test]
async fn f1_a_delivery_whose_hint_was_lost_is_sent_after_any_pause() {
    let (desk, clock) = desk().await;
    let mut receiver = desk.receiver(&["ticket.created"]).await;
    receiver.answer(&[500]);
    desk.ticket("S").await;
    receiver.next().await;
    let log = format!("/v1/webhooks/{}/deliveries", receiver.endpoint);
    desk.owner.eventually(&log, |page| page["data"][0]["attempts_count"] == 1).await;
    clock.advance(30 * DAY);
    desk.sweep().await;
    desk.owner.eventually(&log, |page| page["data"][0]["state"] == "delivered").await;
}

#[tokio::test]
async fn f2_the_trash_is_emptied_by_whichever_run_comes_next() {
    for pause in [(0, 12), (1, 10)] {
        let (desk, clock) = desk().await;
        desk.owner.patch("/v1/workspace", json!({"restore_window_days": 1})).await.ok();
        let ticket = desk.ticket("S").await;
        desk.owner.delete(&path(&ticket)).await;
        let log = format!("{}/activities", path(&ticket));
        desk.owner.eventually(&log, |page| page["data"][0]["type"] == "ticket.deleted").await;
        for day in 1..=pause.1 {
            clock.advance(DAY);
            if day <= pause.0 || day == pause.1 {
                desk.sweep().await;
            }
        }
        assert_eq!(desk.owner.get(&path(&ticket)).await.status, 404, "{pause:?}");
    }
}

#[tokio::test]
async fn f7_a_delivery_that_waits_is_sent_when_it_is_asked_for() {
    let (desk, _) = desk().await;
    let mut receiver = desk.receiver(&["ticket.created"]).await;
    receiver.answer(&[500]);
    desk.ticket("S").await;
    receiver.next().await;
    let log = format!("/v1/webhooks/{}/deliveries", receiver.endpoint);
    let page = desk.owner.eventually(&log, |page| page["data"][0]["attempts_count"] == 1).await;
    assert_eq!(page["data"][0]["state"], "pending");
    let delivery = format!("{log}/{}", page["data"][0]["id"].as_str().unwrap());
    let queued = desk.owner.post(&format!("{delivery}/retry"), json!({})).await;
    assert_eq!(queued.status, 202, "{}", queued.body);
    receiver.next().await;
    let page = desk.owner.eventually(&log, |page| page["data"][0]["state"] == "delivered").await;
    assert_eq!(page["data"][0]["attempts_count"], 2);
}

#[tokio::test]
async fn f7_a_replay_of_the_last_minute_goes_on_until_it_is_complete() {
    let (desk, clock) = desk().await;
    let mut receiver = desk.receiver(&["ticket.created"]).await;
    let replay = format!("/v1/webhooks/{}/replay", receiver.endpoint);
    let since = clock.now();
    desk.ticket("S").await;
    receiver.next().await;
    clock.advance(Duration::from_secs(2));
    let mut range = json!({"since": since, "until": clock.now()});
    let mut queued = 0;
    for _ in 0..20 {
        let part = desk.owner.post(&replay, range.clone()).await;
        assert_eq!(part.status, 202, "{}", part.body);
        let part = part.body["data"].clone();
        queued += part["queued"].as_u64().unwrap();
        range["after"] = part["next"].clone();
        if part["is_complete"] == true {
            break;
        }
        clock.advance(Duration::from_secs(5));
    }
    assert_eq!((queued, &range["after"]), (1, &Json::Null));
    receiver.next().await;
    range["until"] = json!(clock.now().plus(Duration::from_mins(1)));
    desk.owner.post(&replay, range).await.problem(422, "invalid");
}

#[tokio::test]
async fn f10_a_silent_follow_up_comes_back_silently() {
    let (desk, clock) = desk().await;
    let receiver = desk.receiver(&["ticket.follow_up_due"]).await;
    let deliveries = format!("/v1/webhooks/{}/deliveries", receiver.endpoint);
    for (query, is_silent) in [("?silent=true", true), ("", false)] {
        let ticket = snoozed(&desk, &clock, query).await;
        // A loud change meanwhile does not make it loud, nor a silent one silent.
        let other = if is_silent { "" } else { "?silent=true" };
        let ticket = desk.owner.patch(&format!("{}{other}", path(&ticket)), json!({"priority": "high"})).await.ok();
        told(&desk, &ticket).await;
        clock.advance(Duration::from_hours(2));
        desk.sweep().await;
        let log = format!("{}/activities", path(&ticket));
        let log = desk.owner.eventually(&log, |page| page["data"][0]["type"] == "ticket.follow_up_due").await;
        assert_eq!(log["data"][0]["is_silent"], is_silent);
        // Deliveries are written before their event.
        let count = desk.owner.get(&deliveries).await.ok().as_array().unwrap().len();
        assert_eq!(count, usize::from(!is_silent));
    }
}

#[tokio::test]
async fn f10_a_ticket_that_is_closed_has_no_follow_up_any_more() {
    let (desk, clock) = desk().await;
    for closing in 0..3 {
        let ticket = snoozed(&desk, &clock, "").await;
        let status = json!({"status": "closed"});
        match closing {
            0 => drop(desk.owner.put(&format!("{}/status", path(&ticket)), status).await.ok()),
            1 => drop(desk.owner.patch(&path(&ticket), status).await.ok()),
            _ => {
                let reply = json!({"body_text": "Done.", "status": "closed"});
                desk.owner.post(&format!("{}/messages", path(&ticket)), reply).await.created();
            }
        }
        let now = desk.owner.get(&path(&ticket)).await.ok();
        assert_eq!((&now["status"], &now["follow_up_at"]), (&json!("closed"), &Json::Null), "{closing}");
        told(&desk, &now).await;
        clock.advance(Duration::from_hours(2));
        desk.sweep().await;
        assert_eq!(desk.owner.get(&path(&ticket)).await.ok()["version"], now["version"]);
        // Who wants to be reminded of a closed ticket says so.
        let due = json!({"follow_up_at": clock.now().plus(DAY)});
        let again = desk.owner.patch(&path(&ticket), due).await.ok();
        assert_ne!(again["follow_up_at"], Json::Null);
        let same = desk.owner.put(&format!("{}/status", path(&ticket)), json!({"status": "closed"})).await.ok();
        assert_eq!(same["follow_up_at"], again["follow_up_at"]);
    }
}
