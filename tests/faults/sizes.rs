//! A1 to A6 and A9: answers that fit, requests that stay within their budget.

use axum::http::Method;
use lambdesk_domain::{
    budget::{ANSWER_BYTES, READ_UNITS, WRITE_UNITS},
    id::{MessageId, TicketId},
};
use lambdesk_runtime::{Clock, clock::now};
use lambdesk_store_events::SETTLED;
use lambdesk_table::Tenant;
use lambdesk_tests::{
    Desk, Json, MeasuredApi, MeasuredReply, json,
    text::{noise, printable},
};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

const SCOPES: [&str; 6] =
    ["tickets:read", "tickets:write", "contacts:read", "contacts:write", "webhooks:read", "admin"];

/// What one write of a message may cost.
const MESSAGE_UNITS: f64 = 140.0;

/// A desk, and the owner as a caller who is measured.
async fn desk() -> (Desk, MeasuredApi) {
    measured(Desk::start().await).await
}

async fn measured(desk: Desk) -> (Desk, MeasuredApi) {
    let owner = desk.owner.get("/v1/users").await.ok()[0]["id"].clone();
    let key = desk.key(json!({"name": "M", "kind": "user", "user_id": owner, "scopes": SCOPES})).await;
    let api = MeasuredApi::of(&desk, Some(&key));
    (desk, api)
}

fn within_budget(reply: &MeasuredReply, what: &str) {
    assert!(reply.escaped <= ANSWER_BYTES, "{what}: {} bytes", reply.escaped);
    assert!(reply.reads() <= READ_UNITS, "{what}: {} read units", reply.reads());
    assert!(reply.writes() <= WRITE_UNITS, "{what}: {} write units", reply.writes());
}

/// What is printed on keyboards; and letters of two to four bytes.
fn alphabets() -> [Vec<char>; 2] {
    [printable(), ('\u{4e00}'..'\u{9000}').chain('\u{20000}'..'\u{24000}').collect()]
}

/// Walks a list by its cursors; all ids of it. Every page is within the budget.
async fn walk(api: &MeasuredApi, path: &str, back: bool) -> Vec<String> {
    let (mut all, mut page) = (Vec::new(), api.get(path).await.expect(200));
    let ids = |page: &Json| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|row| row["id"].to_string()).collect()
    };
    let mut last = path.to_owned();
    loop {
        within_budget(&page, &last);
        all.extend(ids(&page.body));
        let Some(next) = page.body["page"]["next_cursor"].as_str() else { break };
        last = format!("{path}&cursor={next}");
        page = api.get(&last).await.expect(200);
    }
    if !back {
        return all;
    }
    let mut reversed = ids(&page.body);
    while let Some(previous) = page.body["page"]["prev_cursor"].as_str() {
        page = api.get(&format!("{path}&cursor={previous}")).await.expect(200);
        within_budget(&page, "a page back");
        reversed.splice(..0, ids(&page.body));
    }
    assert_eq!(reversed, all, "and back");
    all
}

async fn ticket(api: &MeasuredApi) -> String {
    let ticket = api.post("/v1/tickets", json!({"subject": "S"})).await.expect(201);
    format!("/v1/tickets/{}", ticket.body["data"]["id"].as_str().unwrap())
}

#[tokio::test]
async fn a1_a_thread_is_cut_where_an_answer_ends_and_goes_on_by_its_cursor() {
    let (_desk, api) = desk().await;
    let path = ticket(&api).await;
    let mut written = Vec::new();
    for number in 0..48 {
        let body = match number % 3 {
            0 => "&".repeat(64_000),
            1 => "\"\\".repeat(32_000),
            _ => noise(64_000, number, &alphabets()[usize::try_from(number % 2).unwrap()]),
        };
        let message = api.post(&format!("{path}/messages"), json!({"body_text": body})).await.expect(201);
        within_budget(&message, "a message");
        written.push(message.body["data"]["id"].to_string());
    }
    for limit in [100, 25] {
        assert_eq!(walk(&api, &format!("{path}/messages?limit={limit}"), true).await, written);
        let mut newest_first = walk(&api, &format!("{path}/messages?limit={limit}&order=desc"), true).await;
        newest_first.reverse();
        assert_eq!(newest_first, written);
    }
    let shown = api.get(&format!("{path}?include=opening_message")).await.expect(200);
    within_budget(&shown, "the ticket");
    let shown = &shown.body["data"];
    let newest: Vec<_> = shown["messages"].as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
    assert!(written.ends_with(&newest) && !newest.is_empty() && shown["has_more_messages"] == true, "{newest:?}");
}

#[tokio::test]
async fn a1_messages_of_ordinary_length_cost_what_they_did() {
    let (_desk, api) = desk().await;
    let path = ticket(&api).await;
    for number in 0..20 {
        let body = json!({"body_text": format!("{number} {}", "Thank you for the lamp. ".repeat(10))});
        api.post(&format!("{path}/messages"), body).await.expect(201);
    }
    let shown = api.get(&path).await.expect(200);
    assert_eq!((shown.usage.round_trips(), shown.body["data"]["messages"].as_array().unwrap().len()), (1, 20));
    assert!(shown.reads() <= 4.0, "{}", shown.reads());
}

#[tokio::test]
async fn a2_lists_of_large_tickets_stay_within_their_budgets_in_every_order() {
    let (desk, api) = desk().await;
    desk.text_fields(12).await;
    let me = desk.owner.get("/v1/users").await.ok()[0]["id"].clone();
    let mut all = BTreeSet::new();
    for number in 0..120_u64 {
        let custom: serde_json::Map<_, _> = (0..12)
            .map(|field| (format!("f{field}"), if field == 0 { json!("same") } else { json!("\"".repeat(500)) }))
            .collect();
        let subject = format!("zz {number} {}", "\"".repeat(200));
        let priority = ["low", "normal", "high", "urgent"][usize::try_from(number % 4).unwrap()];
        let body = json!({"subject": subject, "custom": custom, "assignee_id": me, "priority": priority});
        let ticket = api.post("/v1/tickets", body).await.expect(201);
        within_budget(&ticket, "a ticket");
        all.insert(ticket.body["data"]["id"].to_string());
    }
    desk.owner
        .eventually("/v1/tickets?q=119&limit=1", |page| page["data"].as_array().is_some_and(|d| d.len() == 1))
        .await;
    let me = me.as_str().unwrap();
    for query in [
        "sort=-last_activity_at".to_owned(),
        "sort=created_at".to_owned(),
        "sort=priority".to_owned(),
        "sort=-updated_at".to_owned(),
        "sort=status".to_owned(),
        "sort=number".to_owned(),
        "q=zz&sort=-number".to_owned(),
        "q=zz&sort=created_at".to_owned(),
        "q=zz".to_owned(),
        format!("assignee_id={me}"),
        format!("assignee_id={me}&sort=created_at"),
        format!("assignee_id={me}&sort=priority"),
        "custom.f0=same".to_owned(),
        "custom.f0=same&sort=priority".to_owned(),
        "priority=high".to_owned(),
    ] {
        for limit in [25, 100] {
            let ids = walk(&api, &format!("/v1/tickets?{query}&limit={limit}"), false).await;
            let expected = if query == "priority=high" { 30 } else { all.len() };
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), expected, "{query} limit={limit}");
            assert_eq!(ids.len(), expected, "{query} limit={limit}: none twice");
        }
        let numbered = api.get(&format!("/v1/tickets?{query}&limit=25&page=2&with_total=true")).await.expect(200);
        assert!(numbered.escaped <= ANSWER_BYTES, "{query}: {}", numbered.escaped);
        let rows = numbered.body["data"].as_array().unwrap().len();
        assert!(rows > 0, "{query}: a page by number reads what it skips");
    }
}

/// Whatever selects them: the units of a page follow from their size, not from how many
/// there are, and none is lost among others'.
#[tokio::test]
async fn a2_some_large_tickets_among_others_are_all_found_within_the_budget() {
    let (desk, api) = desk().await;
    desk.text_fields(12).await;
    let me = desk.owner.get("/v1/users").await.ok()[0]["id"].clone();
    let (other, _) = desk.user("Other One", "agent").await;
    let custom: serde_json::Map<_, _> = (0..12)
        .map(|field| (format!("f{field}"), if field == 0 { json!("same") } else { json!("x".repeat(500)) }))
        .collect();
    let mut large = BTreeSet::new();
    for number in 0..96 {
        let from = json!({"email": "grace@example.com", "name": "Grace"});
        let body = json!({"subject": format!("L {number}"), "custom": custom, "assignee_id": me, "from": from});
        large.insert(api.post("/v1/tickets", body).await.expect(201).body["data"]["id"].to_string());
        for _ in 0..2 {
            let body = json!({"subject": "small", "assignee_id": other["id"], "custom": {"f0": "other"}});
            api.post("/v1/tickets", body).await.expect(201);
        }
    }
    let contact = api.get("/v1/contacts?email=grace@example.com").await.expect(200).body["data"][0]["id"].clone();
    let (contact, me) = (contact.as_str().unwrap(), me.as_str().unwrap());
    // Until all have their rows; a total would be a lower bound.
    while walk(&api, "/v1/tickets?custom.f0=same&sort=created_at&limit=25", false).await.len() < large.len() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for selected in [format!("contact_id={contact}"), format!("assignee_id={me}"), "custom.f0=same".to_owned()] {
        for sort in ["-last_activity_at", "-updated_at", "priority", "status", "-created_at", "number"] {
            let ids = walk(&api, &format!("/v1/tickets?{selected}&sort={sort}&limit=25"), false).await;
            assert_eq!(ids.iter().collect::<BTreeSet<_>>(), large.iter().collect(), "{selected} {sort}");
            assert_eq!(ids.len(), large.len(), "{selected} {sort}: none twice");
        }
    }
}

/// Six states of large tickets: the first list of a workspace does not know their size.
#[tokio::test]
async fn a2_a_list_of_all_states_stays_within_its_budget_from_the_first_on() {
    let (desk, api) = desk().await;
    desk.text_fields(12).await;
    let custom: serde_json::Map<_, _> = (0..12).map(|field| (format!("f{field}"), json!("x".repeat(500)))).collect();
    let statuses = ["open", "waiting", "snoozed", "resolved", "closed"];
    for number in 0..150 {
        let body = json!({"subject": format!("L {number}"), "custom": custom});
        let made = api.post("/v1/tickets", body).await.expect(201);
        let path = format!("/v1/tickets/{}/status", made.body["data"]["id"].as_str().unwrap());
        let status = statuses[number % statuses.len()];
        if status != "open" {
            api.send(Method::PUT, &path, Some(json!({"status": status}))).await;
        }
    }
    let ids = walk(&api, "/v1/tickets?limit=25", false).await;
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let all = walk(&api, "/v1/tickets?limit=100", false).await;
    assert_eq!((ids.len(), all), (ids.len(), ids));
}

#[tokio::test]
async fn a3_the_export_of_a_person_comes_in_parts_that_fit() {
    let (desk, api) = desk().await;
    let log = json!({"level": "error", "path": "C:\\logs\\\"today\"", "text": "\\\"".repeat(40)}).to_string();
    let log = log.repeat(45_000 / log.len());
    let mut written = BTreeSet::new();
    let mut contact = Json::Null;
    for _ in 0..3 {
        let ticket = desk.ticket("S").await;
        contact = ticket["contact"]["id"].clone();
        let path = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
        for number in 0..14 {
            let text = format!("{number} {log} {}", noise(9_000, number, &alphabets()[1]));
            let message = api.post(&path, json!({"body_text": text})).await.expect(201);
            written.insert(message.body["data"]["id"].to_string());
        }
        let activities = format!("/v1/tickets/{}/activities", ticket["id"].as_str().unwrap());
        let told = |page: &Json| page["data"][0]["sequence"].as_u64() >= Some(15);
        desk.owner.eventually(&activities, told).await;
    }
    let path = format!("/v1/contacts/{}/export", contact.as_str().unwrap());
    let (mut parts, mut exported, mut events, mut from) = (0, Vec::new(), BTreeSet::new(), path.clone());
    loop {
        let part = api.get(&from).await.expect(200);
        within_budget(&part, &from);
        parts += 1;
        for ticket in part.body["data"]["tickets"].as_array().unwrap() {
            let ids = ticket["messages"].as_array().unwrap().iter().map(|message| message["id"].to_string());
            exported.extend(ids);
            events.extend(ticket["events"].as_array().unwrap().iter().map(|event| event["id"].to_string()));
        }
        let Some(next) = part.body["data"]["next_cursor"].as_str() else { break };
        from = format!("{path}?cursor={next}");
    }
    assert!(parts > 1, "one part");
    assert_eq!(exported.len(), written.len() + 3, "each once, with those that opened the tickets");
    assert!(written.iter().all(|id| exported.contains(id)));
    assert!(events.len() >= written.len(), "{} events", events.len());
}

#[tokio::test]
async fn a4_a_ticket_item_has_a_limit_that_is_told() {
    let (desk, api) = desk().await;
    desk.text_fields(48).await;
    let custom = |fields: usize, text: &str| -> Json {
        (0..fields).map(|field| (format!("f{field}"), json!(text))).collect::<serde_json::Map<_, _>>().into()
    };
    let large = json!({"subject": "S", "custom": custom(48, &"😀".repeat(500))});
    let refused = api.post("/v1/tickets", large).await.expect(422);
    assert_eq!((&refused.body["errors"][0]["code"], refused.writes()), (&json!("too_large"), 0.0));
    let body = json!({"subject": "S", "custom": custom(3, &"😀".repeat(500)), "message": {"body_text": "x"}});
    let made = api.post("/v1/tickets", body).await.expect(201);
    assert!(made.writes() <= 60.0, "{}", made.writes());
    let path = format!("/v1/tickets/{}", made.body["data"]["id"].as_str().unwrap());
    // Not by steps, either, each of which is small.
    for field in 3..48 {
        let long = json!({"custom": {format!("f{field}"): "y".repeat(400)}});
        let reply = api.send(Method::PATCH, &path, Some(long)).await;
        within_budget(&reply, "a patch");
        assert!(reply.status == 200 || reply.status == 422, "{}", reply.body);
        let short = json!({"custom": {format!("f{field}"): "z".repeat(70)}});
        within_budget(&api.send(Method::PATCH, &path, Some(short)).await.expect(200), "a patch");
    }
    let summary = api.send(Method::PATCH, &path, Some(json!({"summary": "s".repeat(2_000)}))).await.expect(422);
    assert_eq!(summary.body["errors"][0]["code"], "too_large");
    let status = api.send(Method::PUT, &format!("{path}/status"), Some(json!({"status": "waiting"}))).await.expect(200);
    assert!(status.writes() <= 60.0, "{}", status.writes());
    let smaller = json!({"custom": custom(3, &"w".repeat(400))});
    api.send(Method::PATCH, &path, Some(smaller)).await.expect(200);
}

#[tokio::test]
async fn a5_a_message_of_64_kilobytes_of_anything_is_within_140_units() {
    let (_desk, api) = desk().await;
    let path = ticket(&api).await;
    let [keys, beyond] = alphabets();
    let html = |text: &str| format!("<p>{}</p>", text.replace(['&', '<', '>', '"', '\''], "x"));
    for (number, body) in [
        json!({"body_html": "\"".repeat(65_000)}),
        json!({"body_text": "&".repeat(65_536)}),
        json!({"body_text": noise(65_000, 1, &keys)}),
        json!({"body_text": noise(65_000, 2, &beyond)}),
        json!({"body_html": html(&noise(64_000, 3, &keys))}),
        json!({"body_html": html(&noise(64_000, 4, &beyond))}),
        json!({"body_html": "<b>x</b> ".repeat(1_900)}),
    ]
    .into_iter()
    .enumerate()
    {
        let caller = api.with("idempotency-key", &format!("k{number}"));
        let reply = caller.post(&format!("{path}/messages"), body.clone()).await.expect(201);
        assert!(reply.writes() <= MESSAGE_UNITS, "{number}: {} units", reply.writes());
        within_budget(&reply, "a message");
        let id = reply.body["data"]["id"].as_str().unwrap();
        let read = api.get(&format!("{path}/messages/{id}")).await.expect(200);
        for field in ["body_text", "body_html", "created_at", "kind"] {
            assert_eq!(read.body["data"][field], reply.body["data"][field], "{number} {field}");
        }
        if let Some(text) = body["body_text"].as_str() {
            assert_eq!(read.body["data"]["body_text"], text.trim(), "{number}");
        }
        let again = caller.post(&format!("{path}/messages"), body).await.expect(201);
        assert_eq!(again.body["data"]["body_text"], reply.body["data"]["body_text"], "{number}, replayed");
        assert_eq!((again.body["data"]["id"].as_str(), again.writes()), (Some(id), 0.0), "{number}, replayed");
    }
    let created = json!({"subject": "S", "message": {"body_text": noise(65_000, 9, &keys)}});
    let caller = api.with("idempotency-key", "c");
    let reply = caller.post("/v1/tickets", created.clone()).await.expect(201);
    assert!(reply.writes() <= MESSAGE_UNITS, "create: {}", reply.writes());
    let again = caller.post("/v1/tickets", created).await.expect(201);
    assert_eq!(again.body, reply.body, "a ticket that nobody has changed since");
}

#[tokio::test]
async fn a5_what_a_long_message_says_is_found_and_goes_with_it() {
    let (desk, api) = desk().await;
    let path = ticket(&api).await;
    let long = |word: &str, seed| format!("{word} {}", noise(9_000, seed, &alphabets()[0]));
    let write = async |word: &str, seed| {
        let message = api.post(&format!("{path}/messages"), json!({"body_text": long(word, seed)})).await.expect(201);
        format!("{path}/messages/{}", message.body["data"]["id"].as_str().unwrap())
    };
    let (first, second) = (write("zebrafinch", 1).await, write("goldfinch", 2).await);
    let found = |count: usize| move |page: &Json| page["data"].as_array().is_some_and(|data| data.len() == count);
    for word in ["zebrafinch", "goldfinch"] {
        desk.owner.eventually(&format!("/v1/tickets?q={word}"), found(1)).await;
    }
    api.send(Method::PATCH, &first, Some(json!({"body_text": long("nightingale", 3)}))).await.expect(200);
    assert!(api.get(&first).await.expect(200).body["data"]["body_text"].as_str().unwrap().starts_with("nightingale"));
    api.send(Method::DELETE, &second, None).await.expect(204);
    desk.owner.eventually("/v1/tickets?q=nightingale", found(1)).await;
    for word in ["zebrafinch", "goldfinch"] {
        desk.owner.eventually(&format!("/v1/tickets?q={word}"), found(0)).await;
    }
    api.send(Method::PATCH, &first, Some(json!({"body_text": "short"}))).await.expect(200);
    assert_eq!(api.get(&first).await.expect(200).body["data"]["body_text"], "short");
    api.get(&second).await.expect(404);
    desk.owner.eventually("/v1/tickets?q=nightingale", found(0)).await;
    let ids: Vec<Uuid> = [&path, &first, &second].map(|path| path.rsplit('/').next().unwrap().parse().unwrap()).into();
    let workspace = desk.owner.get("/v1/workspace").await.ok()["id"].as_str().unwrap().parse().unwrap();
    for message in &ids[1..] {
        let key = Tenant::new(workspace).message_body(TicketId::new(ids[0]), MessageId::new(*message));
        assert!(desk.stack.app.table.get(key).await.unwrap().is_none(), "its body is gone");
    }
}

#[tokio::test]
async fn a9_what_matches_nothing_ends_within_its_budget() {
    let clock = Clock::manual(now());
    let (desk, api) = measured(Desk::start_at(clock.clone()).await).await;
    let path = ticket(&api).await;
    for number in 0..130 {
        let renamed = json!({"subject": format!("S {number}")});
        api.send(Method::PATCH, &path, Some(renamed)).await.expect(200);
    }
    desk.owner
        .eventually(&format!("{path}/activities"), |page| page["data"][0]["sequence"].as_u64() >= Some(131))
        .await;
    clock.advance(SETTLED + Duration::from_secs(1));
    let (mut after, mut pages) = (String::new(), 0);
    loop {
        let page = api.get(&format!("/v1/events?limit=100&type=ticket.tagged{after}")).await.expect(200);
        assert!(page.reads() <= 55.0, "{}", page.reads());
        assert_eq!(page.body["data"], json!([]));
        after = format!("&after={}", page.body["page"]["next"].as_str().unwrap());
        pages += 1;
        if page.body["page"]["has_more"] == false {
            break;
        }
    }
    assert!(pages > 1);
    for number in [2_u64, 9, 4_000_000, 9_007_199_254_740_991] {
        let absent = api.get(&format!("/v1/tickets/number/{number}")).await.expect(404);
        assert!(absent.usage.round_trips() <= 3, "{number}: {}", absent.usage.round_trips());
    }
}
