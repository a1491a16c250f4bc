//! T1, F3, F6 and L7: what a message ends, what may be said again, and whose a ticket is.

use lambdesk_tests::{Desk, Json, json};

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

async fn is_listed(desk: &Desk, ticket: &Json) -> bool {
    let page = desk.owner.get("/v1/tickets").await.ok();
    page.as_array().unwrap().iter().any(|listed| listed["id"] == ticket["id"])
}

#[tokio::test]
async fn t1_what_a_customer_says_ends_the_follow_up() {
    let desk = Desk::start().await;
    let snoozed = async || {
        let ticket = desk.ticket("S").await;
        desk.owner.patch(&path(&ticket), json!({"follow_up_at": "2031-01-01T00:00:00Z"})).await.ok();
        assert!(!is_listed(&desk, &ticket).await);
        ticket
    };
    let relay = desk.with_key(
        &desk.key(json!({"name": "R", "kind": "machine", "scopes": ["tickets:read", "tickets:write"]})).await,
    );
    let inbound = json!({"kind": "inbound", "body_text": "Still broken"});

    let ticket = snoozed().await;
    desk.owner.post(&format!("{}/messages", path(&ticket)), json!({"body_text": "We look into it"})).await.created();
    desk.owner
        .post(&format!("{}/messages", path(&ticket)), json!({"kind": "note", "body_text": "Later"}))
        .await
        .created();
    assert!(!is_listed(&desk, &ticket).await, "not for what we say");
    let messages = format!("{}/messages", path(&ticket));
    let tried = relay.post(&format!("{messages}?dry_run=true"), inbound.clone()).await.ok();
    let fields: Vec<_> = tried["changes"].as_array().unwrap().iter().map(|change| change["field"].clone()).collect();
    assert!(fields.contains(&json!("follow_up_at")), "{fields:?}");
    relay.post(&messages, inbound.clone()).await.created();
    let now = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!(now["follow_up_at"], Json::Null);
    assert!(is_listed(&desk, &ticket).await);
    let log = format!("{}/activities", path(&ticket));
    let log = desk.owner.eventually(&log, |page| page["data"][0]["sequence"] == now["version"]).await;
    let changes = log["data"][0]["changes"].as_array().unwrap();
    assert!(changes.iter().any(|change| change["field"] == "follow_up_at"), "{changes:?}");

    let spam = snoozed().await;
    desk.owner.put(&format!("{}/status", path(&spam)), json!({"status": "spam"})).await.ok();
    relay.post(&format!("{}/messages", path(&spam)), inbound.clone()).await.created();
    assert_ne!(desk.owner.get(&path(&spam)).await.ok()["follow_up_at"], Json::Null, "not of spam");

    let blocked = snoozed().await;
    let contact = desk.owner.get(&path(&blocked)).await.ok()["contact"]["id"].as_str().unwrap().to_owned();
    desk.owner.post(&format!("/v1/contacts/{contact}/block"), json!({})).await.ok();
    relay.post(&format!("{}/messages", path(&blocked)), inbound).await.created();
    assert_ne!(desk.owner.get(&path(&blocked)).await.ok()["follow_up_at"], Json::Null, "not for a blocked sender");
}

#[tokio::test]
async fn f3_the_change_of_an_assignment_is_judged_and_not_its_mention() {
    let desk = Desk::start().await;
    let (jane, jane_key) = desk.user("Jane Own", "restricted").await;
    let ticket = desk.ticket("S").await;
    desk.owner.put(&format!("{}/assignee", path(&ticket)), json!({"assignee_id": jane["id"]})).await.ok();
    let same = json!({"assignee_id": jane["id"], "priority": "high"});
    assert_eq!(jane_key.patch(&path(&ticket), same).await.ok()["priority"], "high");
    jane_key.put(&format!("{}/assignee", path(&ticket)), json!({"assignee_id": jane["id"]})).await.ok();
    jane_key.patch(&path(&ticket), json!({"assignee_id": null})).await.problem(403, "restricted_may_not_assign");

    let channel = desk.channel().await;
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read", "tickets:write"]});
    let shop = desk.with_key(&desk.key(key).await);
    let ticket = shop.post("/v1/tickets", json!({"subject": "S"})).await.created();
    shop.patch(&path(&ticket), json!({"assignee_id": null, "subject": "T"})).await.ok();
    shop.patch(&path(&ticket), json!({"assignee_id": jane["id"]})).await.problem(403, "channel_may_not_assign");
}

#[tokio::test]
async fn f6_a_new_ticket_that_its_maker_would_not_see_is_the_makers() {
    let desk = Desk::start().await;
    let (jane, jane_key) = desk.user("Jane Own", "restricted").await;
    let ticket = jane_key.post("/v1/tickets", json!({"subject": "S"})).await.created();
    assert_eq!(ticket["assignee"]["id"], jane["id"]);
    assert_eq!(jane_key.get(&path(&ticket)).await.ok()["subject"], "S");
    let (_, agent_key) = desk.user("Ann Agent", "agent").await;
    let ticket = agent_key.post("/v1/tickets", json!({"subject": "S"})).await.created();
    assert_eq!(ticket["assignee"], Json::Null, "whoever sees all gives it to nobody");
}

/// The subjects of a whole list, page by page: onwards, then back from its end.
async fn both_ways(desk: &Desk, query: &str) -> [Vec<String>; 2] {
    let (mut onwards, mut back) = (Vec::new(), Vec::new());
    let subjects = |page: &Json| -> Vec<String> {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|ticket| ticket["subject"].as_str().unwrap().to_owned()).collect()
    };
    let path = format!("/v1/tickets?limit=2&{query}");
    let mut page = desk.owner.get(&path).await.expect(200);
    onwards.extend(subjects(&page));
    while let Some(next) = page["page"]["next_cursor"].as_str() {
        assert!(onwards.len() < 100, "{query} comes to no end: {onwards:?}");
        page = desk.owner.get(&format!("{path}&cursor={next}")).await.expect(200);
        onwards.extend(subjects(&page));
    }
    back.splice(0..0, subjects(&page));
    while let Some(previous) = page["page"]["prev_cursor"].as_str() {
        assert!(back.len() < 100, "{query} comes to no beginning: {back:?}");
        page = desk.owner.get(&format!("{path}&cursor={previous}")).await.expect(200);
        back.splice(0..0, subjects(&page));
    }
    [onwards, back]
}

#[tokio::test]
async fn l7_what_is_put_away_is_sorted_by_status_too_and_cursors_lead_through_it_both_ways() {
    let desk = Desk::start().await;
    desk.owner.patch("/v1/workspace", json!({"deletion": "trash"})).await.ok();
    // Not in the order of their statuses; the numbers count the activity.
    let statuses = ["closed", "open", "resolved", "on_hold", "open", "waiting", "in_progress", "closed"];
    for (place, number) in (0..3).flat_map(|place| statuses.iter().enumerate().map(move |one| (place, one))) {
        let (number, status) = number;
        let body = json!({"subject": format!("{place} {status} {number}"), "status": status});
        let ticket = path(&desk.owner.post("/v1/tickets", body).await.created());
        match place {
            0 => {}
            1 => drop(desk.owner.post(&format!("{ticket}/archive"), json!({})).await.ok()),
            _ => drop(desk.owner.delete(&ticket).await.expect(204)),
        }
    }
    let order = ["open", "in_progress", "waiting", "on_hold", "resolved", "closed"];
    let sorted = |asked: &[&str]| -> Vec<String> {
        let of = |place: usize| {
            let ranked =
                asked.iter().flat_map(|status| statuses.iter().enumerate().filter(move |(_, one)| *one == status));
            ranked.map(move |(number, status)| format!("{place} {status} {number}")).collect::<Vec<_>>()
        };
        (0..3).flat_map(of).collect()
    };
    for (filter, asked) in
        [("", &order[..]), ("&status=open,closed", &["open", "closed"]), ("&assignee_id=none", &order)]
    {
        let expected = sorted(asked);
        let query = format!("include=archived,trashed{filter}");
        assert_eq!(
            both_ways(&desk, &format!("sort=status&{query}")).await,
            [expected.clone(), expected.clone()],
            "{filter}"
        );
        let turned: Vec<_> = expected.into_iter().rev().collect();
        assert_eq!(both_ways(&desk, &format!("sort=-status&{query}")).await, [turned.clone(), turned], "{filter}");
    }
}

#[tokio::test]
async fn l7_bad_filters_and_deep_pages_are_told_with_what_is_taken() {
    let desk = Desk::start().await;
    let detail = async |query: &str| {
        let problem = desk.owner.get(&format!("/v1/tickets?{query}")).await.problem(400, "invalid_query");
        problem["errors"][0].clone()
    };
    assert!(detail("status=OPEN").await["detail"].as_str().unwrap().contains("open, in_progress, waiting"));
    assert!(detail("source=fax").await["detail"].as_str().unwrap().contains("portal"));
    let deep = detail("page=41&limit=25").await;
    assert_eq!((&deep["pointer"], &deep["code"]), (&json!("?page"), &json!("too_deep")));
    for query in ["page=40&limit=25", "page=10&limit=100", "source=collect", "status=ongoing"] {
        desk.owner.get(&format!("/v1/tickets?{query}")).await.expect(200);
    }
}
