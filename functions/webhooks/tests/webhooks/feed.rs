//! The feed: order, filters, and polling without loss or repetition.

use crate::fixtures::{Hooks, event, ticket_id};
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn sequences(page: &Json) -> Vec<u64> {
    page["data"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect()
}

fn next(page: &Json) -> String {
    page["page"]["next"].as_str().unwrap().to_owned()
}

/// Polls from a position until nothing is left.
async fn poll(hooks: &Hooks, query: &str, after: Option<String>) -> (Vec<u64>, String) {
    let mut after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let mut seen = Vec::new();
    for _ in 0..100 {
        let answer = hooks.owner.get(&format!("/v1/events?{query}{after}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let page = answer.json();
        seen.extend(sequences(&page));
        after = format!("&after={}", next(&page));
        if page["page"]["has_more"] == json!(false) {
            return (seen, next(&page));
        }
    }
    panic!("the feed does not end");
}

#[tokio::test]
async fn an_event_is_told_as_it_was_stored_with_its_position() {
    let hooks = Hooks::start().await;
    let event = hooks.event(1, 1, "ticket.created");
    hooks.emit(&event).await;
    hooks.advance(60);
    let page = hooks.owner.get("/v1/events").await.json();
    let mut told = page["data"][0].clone();
    let position = told.as_object_mut().unwrap().remove("position").unwrap();
    assert_eq!(told, serde_json::to_value(&event).unwrap());
    assert_eq!(page["page"], json!({"next": position, "has_more": false, "size": 25}));
}

#[tokio::test]
async fn events_come_in_the_order_in_which_they_were_told() {
    let hooks = Hooks::start().await;
    for version in 1..=7 {
        hooks.emit(&hooks.event(u128::from(version % 2), version, "ticket.assigned")).await;
        hooks.advance(40);
    }
    hooks.advance(60);
    assert_eq!(poll(&hooks, "limit=3", None).await.0, [1, 2, 3, 4, 5, 6, 7]);
    let page = hooks.owner.get("/v1/events?limit=3").await.json();
    assert_eq!((sequences(&page), &page["page"]["has_more"]), (vec![1, 2, 3], &json!(true)));
    let middle = page["data"][1]["position"].as_str().unwrap().to_owned();
    assert_eq!(poll(&hooks, "limit=3", Some(middle)).await.0, [3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn polling_tells_every_event_once_however_it_is_interleaved_with_writers() {
    let hooks = Hooks::start().await;
    let (mut seen, mut after) = (Vec::new(), None);
    for version in 1..=20 {
        hooks.emit(&hooks.event(1, version, "ticket.assigned")).await;
        // Some polls come right behind a write, others much later.
        hooks.advance([0, 1, 2, 30, 90][usize::try_from(version % 5).unwrap()]);
        let (told, position) = poll(&hooks, "limit=2", after.take()).await;
        seen.extend(told);
        after = Some(position);
    }
    hooks.advance(60);
    seen.extend(poll(&hooks, "limit=2", after).await.0);
    assert_eq!(seen, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_that_was_away_for_months_misses_nothing() {
    let hooks = Hooks::start().await;
    hooks.emit(&hooks.event(1, 1, "ticket.created")).await;
    hooks.advance(60);
    let (_, after) = poll(&hooks, "", None).await;
    for version in 2..=4 {
        hooks.advance(40 * 86_400);
        hooks.emit(&hooks.event(1, version, "ticket.assigned")).await;
    }
    hooks.advance(60);
    assert_eq!(poll(&hooks, "", Some(after.clone())).await.0, [2, 3, 4]);
    assert_eq!(poll(&hooks, "type=ticket.assigned", Some(after)).await.0, [2, 3, 4]);
}

#[tokio::test]
async fn without_a_position_the_feed_begins_30_days_ago() {
    let hooks = Hooks::start().await;
    hooks.emit(&hooks.event(1, 1, "ticket.created")).await;
    hooks.advance(86_400);
    hooks.emit(&hooks.event(1, 2, "ticket.assigned")).await;
    hooks.advance(29 * 86_400 + 60);
    assert_eq!(poll(&hooks, "", None).await.0, [2]);
    let empty = Hooks::start().await;
    let page = empty.owner.get("/v1/events").await.json();
    assert_eq!((sequences(&page), &page["page"]["has_more"]), (vec![], &json!(false)));
    empty.emit(&empty.event(1, 1, "ticket.created")).await;
    empty.advance(60);
    assert_eq!(poll(&empty, "", Some(next(&page))).await.0, [1], "an empty feed can be polled too");
}

#[tokio::test]
async fn the_feed_is_filtered_by_type_and_ticket() {
    let hooks = Hooks::start().await;
    for (ticket, version, kind) in [
        (1, 1, "ticket.created"),
        (2, 2, "ticket.created"),
        (1, 3, "ticket.assigned"),
        (2, 4, "ticket.status_changed"),
        (1, 5, "message.created"),
    ] {
        hooks.emit(&hooks.event(ticket, version, kind)).await;
    }
    // Longer than an event of a version between would be waited for.
    hooks.advance(61);
    let (first, second) = (ticket_id(1), ticket_id(2));
    for (query, expected) in [
        ("type=ticket.created".to_owned(), vec![1, 2]),
        ("type=ticket.updated".to_owned(), vec![3, 4, 5]),
        ("type=ticket.assigned,message.created".to_owned(), vec![3, 5]),
        (format!("ticket_id={first}"), vec![1, 3, 5]),
        (format!("ticket_id={first}&ticket_id={second}&type=ticket.created"), vec![1, 2]),
        (format!("ticket_id={second}&type=message.created"), vec![]),
    ] {
        assert_eq!(poll(&hooks, &query, None).await.0, expected, "{query}");
        assert_eq!(poll(&hooks, &format!("{query}&limit=1"), None).await.0, expected, "{query} one by one");
    }
    for bad in ["type=ticket.exploded", "ticket_id=7", "limit=0", "limit=101", "type="] {
        assert_eq!(hooks.owner.get(&format!("/v1/events?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_filter_that_leaves_out_almost_everything_still_gets_to_the_end() {
    let hooks = Hooks::start().await;
    for version in 1..=620 {
        hooks.emit(&hooks.event(1, version, if version == 615 { "ticket.tagged" } else { "ticket.assigned" })).await;
    }
    hooks.advance(60);
    let page = hooks.owner.get("/v1/events?type=ticket.tagged").await.json();
    assert_eq!((sequences(&page), &page["page"]["has_more"]), (vec![], &json!(true)), "bounded");
    assert_eq!(poll(&hooks, "type=ticket.tagged", None).await.0, [615]);
}

#[tokio::test]
async fn what_is_no_position_of_the_feed_is_refused() {
    let hooks = Hooks::start().await;
    let future = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 4_000_000_000, 0));
    for bad in ["nonsense", "-", &lambdesk_table::keys::short(Uuid::nil()), &lambdesk_table::keys::short(future)] {
        let answer = hooks.owner.get(&format!("/v1/events?after={bad}")).await;
        assert_eq!(answer.problem(), (400, "unknown_position".to_owned()), "{bad}");
        assert_eq!(answer.pointers(), ["?after"]);
    }
    assert_eq!(hooks.owner.get("/v1/events?after=").await.status, 400);
}

#[tokio::test]
async fn another_workspaces_events_are_not_told() {
    let hooks = Hooks::start().await;
    let (other, _) = hooks.desk.other_workspace().await;
    hooks.emit(&event(other, 1, 9, "ticket.created", hooks.desk.now())).await;
    hooks.emit(&hooks.event(1, 1, "ticket.created")).await;
    hooks.advance(60);
    assert_eq!(poll(&hooks, "", None).await.0, [1]);
}

#[tokio::test]
async fn of_several_tickets_nothing_is_told_that_comes_after_an_event_that_is_late() {
    let hooks = Hooks::start().await;
    let events = &hooks.desk.store.events;
    for ticket in [1, 2] {
        hooks.emit(&hooks.event(ticket, 1, "ticket.created")).await;
    }
    hooks.advance(120);
    let late = hooks.event(2, 2, "ticket.assigned");
    let place = events.reserve(&late, hooks.desk.clock.new_uuid(), hooks.desk.now()).await.unwrap();
    hooks.advance(1);
    hooks.emit(&hooks.event(1, 3, "ticket.assigned")).await;
    hooks.emit(&hooks.event(3, 1, "ticket.created")).await;
    hooks.advance(20);
    let both = format!("ticket_id={}&ticket_id={}", ticket_id(1), ticket_id(2));
    let (told, after) = poll(&hooks, &both, None).await;
    assert_eq!(told, [1, 1], "there is no later event of its ticket that would tell of it");
    assert!(events.add_event(&late, place).await.unwrap());
    hooks.advance(50);
    assert_eq!(poll(&hooks, &both, Some(after)).await.0, [2, 3]);
}

#[tokio::test]
async fn of_several_tickets_everything_is_told_whatever_else_happens() {
    let hooks = Hooks::start().await;
    hooks.emit(&hooks.event(1, 1, "ticket.created")).await;
    hooks.advance(1);
    // More places than are looked at.
    for version in 1..=250 {
        hooks.emit(&hooks.event(3, version, "ticket.assigned")).await;
    }
    hooks.advance(1);
    hooks.emit(&hooks.event(2, 2, "ticket.assigned")).await;
    hooks.advance(20);
    let both = format!("ticket_id={}&ticket_id={}", ticket_id(1), ticket_id(2));
    let (told, after) = poll(&hooks, &both, None).await;
    assert_eq!(told, [1], "as far as it is known that nothing is awaited");
    hooks.advance(60);
    assert_eq!(poll(&hooks, &both, Some(after)).await.0, [2]);
}
