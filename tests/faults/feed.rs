//! F8: the feed of one ticket, from now on, and of what a caller sees.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, json};
use std::time::Duration;

const NOW: &str = "2027-01-15T08:00:00Z";

async fn desk() -> (Desk, Clock) {
    let clock = Clock::manual(NOW.parse().unwrap());
    (Desk::start_at(clock.clone()).await, clock)
}

fn id(thing: &Json) -> &str {
    thing["id"].as_str().unwrap()
}

fn types(page: &Json) -> Vec<&str> {
    page["data"]
        .as_array()
        .unwrap_or_else(|| panic!("{page}"))
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

/// Waits until a ticket's log has so many entries, then until the feed tells of them.
async fn told(desk: &Desk, clock: &Clock, ticket: &Json, entries: usize) {
    let log = format!("/v1/tickets/{}/activities", id(ticket));
    desk.owner.eventually(&log, |page| page["data"].as_array().is_some_and(|rows| rows.len() == entries)).await;
    clock.advance(Duration::from_mins(2));
}

#[tokio::test]
async fn f8_one_tickets_events_come_without_those_of_others() {
    let (desk, clock) = desk().await;
    let ticket = desk.ticket("First").await;
    for number in 0..130 {
        desk.ticket(&format!("Other {number}")).await;
    }
    desk.owner.put(&format!("/v1/tickets/{}/status", id(&ticket)), json!({"status": "resolved"})).await.ok();
    told(&desk, &clock, &ticket, 2).await;
    let of = format!("/v1/events?ticket_id={}", id(&ticket));
    let page = desk.owner.get(&of).await.expect(200);
    assert_eq!(
        types(&page),
        ["ticket.created", "ticket.status_changed"],
        "at once, whatever lies between: {}",
        page["page"]
    );
    assert_eq!(page["page"]["has_more"], false);
    // One by one, and on from where it ended.
    let first = desk.owner.get(&format!("{of}&limit=1")).await.expect(200);
    assert_eq!((types(&first), &first["page"]["has_more"]), (vec!["ticket.created"], &json!(true)));
    let next = |page: &Json| format!("{of}&after={}", page["page"]["next"].as_str().unwrap());
    let second = desk.owner.get(&next(&first)).await.expect(200);
    assert_eq!(types(&second), ["ticket.status_changed"]);
    assert_eq!(types(&desk.owner.get(&next(&second)).await.expect(200)), Vec::<&str>::new());
    desk.owner.patch(&format!("/v1/tickets/{}", id(&ticket)), json!({"priority": "high"})).await.ok();
    told(&desk, &clock, &ticket, 3).await;
    assert_eq!(types(&desk.owner.get(&next(&second)).await.expect(200)), ["ticket.updated"]);
    assert_eq!(
        types(&desk.owner.get(&format!("{of}&type=ticket.status_changed")).await.expect(200)),
        ["ticket.status_changed"]
    );
}

#[tokio::test]
async fn f8_now_is_where_what_is_still_to_come_begins() {
    let (desk, clock) = desk().await;
    let before = desk.ticket("Before").await;
    told(&desk, &clock, &before, 1).await;
    let page = desk.owner.get("/v1/events?after=now").await.expect(200);
    assert_eq!((types(&page), &page["page"]["has_more"]), (vec![], &json!(false)));
    clock.advance(Duration::from_secs(1));
    let after = desk.ticket("After").await;
    told(&desk, &clock, &after, 1).await;
    let next = format!("/v1/events?type=ticket.created&after={}", page["page"]["next"].as_str().unwrap());
    let page = desk.owner.get(&next).await.expect(200);
    let tickets: Vec<_> = page["data"].as_array().unwrap().iter().map(|event| event["ticket_id"].clone()).collect();
    assert_eq!(tickets, [after["id"].clone()]);
}

#[tokio::test]
async fn f8_whoever_reads_tickets_is_told_of_those_in_sight() {
    let (desk, clock) = desk().await;
    let (jane, jane_key) = desk.user("Jane Own", "restricted").await;
    let channel = desk.channel().await;
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read", "tickets:write"]});
    let shop = desk.with_key(&desk.key(key).await);
    let reader = desk.machine(&["tickets:read"]).await;

    let ticket = desk.ticket("Theirs").await;
    let own = desk.ticket("Hers").await;
    let sold = shop.post("/v1/tickets", json!({"subject": "Shop"})).await.created();
    let assign = async |to: Json| {
        desk.owner.put(&format!("/v1/tickets/{}/assignee", id(&own)), json!({"assignee_id": to})).await.ok()
    };
    assign(jane["id"].clone()).await;
    assign(Json::Null).await;
    desk.owner.patch(&format!("/v1/tickets/{}", id(&own)), json!({"priority": "low"})).await.ok();
    let note = json!({"kind": "note", "body_text": "Among us"});
    desk.owner.post(&format!("/v1/tickets/{}/messages", id(&sold)), note).await.created();
    desk.owner.patch(&format!("/v1/tickets/{}", id(&ticket)), json!({"priority": "low"})).await.ok();
    told(&desk, &clock, &own, 4).await;
    told(&desk, &clock, &sold, 2).await;
    told(&desk, &clock, &ticket, 2).await;

    let seen = async |api: &Api| -> Vec<(String, String)> {
        let page = api.get("/v1/events?limit=100").await.expect(200);
        let event = |event: &Json| {
            (event["ticket_id"].as_str().unwrap_or("contact").to_owned(), event["type"].as_str().unwrap().to_owned())
        };
        page["data"].as_array().unwrap().iter().map(event).collect()
    };
    let hers =
        [(id(&own).to_owned(), "ticket.assigned".to_owned()), (id(&own).to_owned(), "ticket.assigned".to_owned())];
    assert_eq!(seen(&jane_key).await, hers, "that it came, and that it went");
    assert_eq!(seen(&shop).await, [(id(&sold).to_owned(), "ticket.created".to_owned())], "nothing of notes");
    let all = seen(&reader).await;
    assert!(all.len() == 8 && all.iter().all(|(of, _)| of != "contact"), "{all:?}");
    desk.machine(&["contacts:read"]).await.get("/v1/events").await.problem(403, "missing_scope");
}
