//! F4, K4, K6, K7, R2, A10 and A11: what visitors come in by, and what it costs to refuse them.

use crate::visitors::{guest, identity, intake, newest, open, page, secret};
use lambdesk_testkit::{Client, ClientAnswer};
use lambdesk_tests::{Desk, Json, json};
use std::time::Duration;

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

#[tokio::test]
async fn f4_hosts_are_compared_as_browsers_send_them() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let one = format!("/v1/channels/{}", channel["id"].as_str().unwrap());
    let hosts = json!({"hostnames": ["Bücher.example", "*.münchen.example:8443", "shop.example"]});
    let told = desk.owner.patch(&one, hosts).await.ok();
    let encoded = json!(["xn--bcher-kva.example", "*.xn--mnchen-3ya.example:8443", "shop.example"]);
    assert_eq!(told["hostnames"], encoded);
    let session = format!("{}/session", intake(&channel));
    for origin in ["https://xn--bcher-kva.example", "https://a.xn--mnchen-3ya.example:8443", "https://shop.example"] {
        desk.nobody().with("origin", origin).post(&session, json!({})).await.created();
    }
    for bad in ["null", "NULL", "null:443"] {
        let refused = desk.owner.patch(&one, json!({"hostnames": [bad]})).await;
        assert_eq!(refused.bad_fields(), ["/hostnames/0"], "{bad}");
    }
    let detail = async |origin: &str| {
        let page = desk.nobody().with("origin", origin);
        let problem = page.post(&session, json!({})).await.problem(403, "origin_not_allowed");
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail("http://shop.example").await.contains("https://"));
    assert!(detail("http://xn--bcher-kva.example").await.contains("https://"));
    assert!(!detail("http://evil.example").await.contains("https://"));
    assert!(!detail("https://evil.example").await.contains("https://"));
}

#[tokio::test]
async fn k4_notes_hide_no_message_from_those_who_see_no_notes() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let own = guest(&desk, &channel, "vic@visitor.example").await;
    let ticket = newest(&desk).await;
    let messages = format!("{}/messages", path(&ticket));
    desk.owner.post(&messages, json!({"body_text": "We look"})).await.created();
    for number in 0..120 {
        let note = json!({"kind": "note", "body_text": format!("Note {number}")});
        desk.owner.post(&messages, note).await.created();
    }
    let texts = |told: &Json| -> Vec<String> {
        let told = told.as_array().unwrap().iter();
        told.map(|message| message["body_text"].as_str().unwrap().to_owned()).collect()
    };
    let seen = desk.nobody().get(&own).await.ok();
    assert_eq!(texts(&seen["messages"]), ["Hello", "We look"]);
    assert_eq!(seen["has_more_messages"], false);
    desk.owner.post(&messages, json!({"body_text": "Done"})).await.created();
    let all = desk.nobody().get(&format!("{own}/messages?limit=3")).await.expect(200);
    assert_eq!(texts(&all["data"]), ["Hello", "We look", "Done"]);
    let first = seen["messages"][1]["id"].as_str().unwrap();
    let new = desk.nobody().get(&format!("{own}/messages?after={first}&limit=1")).await.expect(200);
    assert_eq!(texts(&new["data"]), ["Done"]);

    let scopes = ["tickets:read", "tickets:write"];
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": scopes});
    let shop = desk.with_key(&desk.key(key).await);
    assert_eq!(texts(&shop.get(&path(&ticket)).await.ok()["messages"]), ["Hello", "We look", "Done"]);
    for order in ["asc", "desc"] {
        let page = shop.get(&format!("{messages}?order={order}&limit=2")).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), 2, "{order}");
    }
}

#[tokio::test]
async fn k4_activities_tell_channel_keys_nothing_of_notes() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let ticket = json!({"subject": "S", "channel_id": channel["id"], "message": {"body_text": "Hello"}});
    let ticket = desk.owner.post("/v1/tickets", ticket).await.created();
    let messages = format!("{}/messages", path(&ticket));
    for number in 0..40 {
        let note = json!({"kind": "note", "body_text": format!("Note {number}")});
        desk.owner.post(&messages, note).await.created();
    }
    let note = json!({"kind": "note", "body_text": "Closing", "status": "resolved"});
    let note = desk.owner.post(&messages, note).await.created();
    let edited = format!("{messages}/{}", note["id"].as_str().unwrap());
    desk.owner.patch(&edited, json!({"body_text": "Closed"})).await.ok();
    desk.owner.delete(&edited).await.expect(204);
    let log = format!("{}/activities", path(&ticket));
    let version = desk.owner.get(&path(&ticket)).await.ok()["version"].clone();
    desk.owner.eventually(&log, |page| page["data"][0]["sequence"] == version).await;
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read"]});
    let shop = desk.with_key(&desk.key(key).await);
    let told = shop.get(&format!("{log}?limit=25")).await.expect(200);
    let events = told["data"].as_array().unwrap();
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["ticket.status_changed", "ticket.created"], "{told}");
    assert!(!told.to_string().contains("note"), "{told}");
    let fields: Vec<_> = events[0]["changes"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert!(fields.contains(&&json!("status")) && events[0]["data"].get("message").is_none(), "{told}");
}

#[tokio::test]
async fn k7_what_a_guest_says_of_themselves_is_marked_and_proves_nothing() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let key = secret(&desk, &channel).await;
    let token = identity(&desk, &key, "customer-7", "ada@customer.example");
    let body = json!({"subject": "Known", "message": {"body_text": "It is me"}});
    open(&page(&desk, &channel, Some(token)).await, &channel, body).await;
    let known = newest(&desk).await;
    assert!(known["contact"].get("is_unproved").is_none(), "{known}");

    let guests = guest(&desk, &channel, "ada@customer.example").await;
    let ticket = newest(&desk).await;
    assert_eq!(ticket["contact"]["id"], known["contact"]["id"]);
    assert_eq!(ticket["contact"]["is_unproved"], true);
    guest(&desk, &channel, "new@customer.example").await;
    assert_eq!(newest(&desk).await["contact"]["is_unproved"], true, "of a contact that they made, too");

    let uid = json!({"uid": "customer-7", "message": {"body_text": "Me, too"}});
    let said = page(&desk, &channel, None).await.post(&format!("{}/tickets", intake(&channel)), uid).await;
    assert_eq!(said.bad_fields(), ["/uid"]);

    let messages = format!("{}/messages", path(&ticket));
    let code = json!({"body_text": "Your code is 1234", "is_secure": true});
    for dry in ["", "?dry_run=true"] {
        desk.owner.post(&format!("{messages}{dry}"), code.clone()).await.problem(409, "guest_ticket");
    }
    desk.owner.post(&format!("{}/messages", path(&known)), code.clone()).await.created();

    // Whoever names the contact says that it is them; the guest stays one.
    let named = desk.owner.patch(&path(&ticket), json!({"contact_id": known["contact"]["id"]})).await.ok();
    assert!(named["contact"].get("is_unproved").is_none(), "{named}");
    desk.owner.post(&messages, code.clone()).await.problem(409, "guest_ticket");

    // What continues a guest's ticket is a guest's, whoever relays what they say.
    desk.owner.put(&format!("{}/status", path(&ticket)), json!({"status": "closed"})).await.ok();
    let relay = desk.machine(&["tickets:read", "tickets:write"]).await;
    let relayed = relay.post(&messages, json!({"kind": "inbound", "body_text": "More"})).await.created();
    let next = format!("/v1/tickets/{}", relayed["ticket_id"].as_str().unwrap());
    desk.owner.post(&format!("{next}/messages"), code).await.problem(409, "guest_ticket");
    assert!(desk.nobody().get(&guests).await.ok()["continued_by"].is_string());
}

#[tokio::test]
async fn r2_what_is_said_on_a_closed_ticket_goes_to_the_one_that_continues_it() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let close = async |path: &str| {
        desk.owner.put(&format!("{path}/status"), json!({"status": "closed"})).await.ok();
    };
    close(&path(&ticket)).await;
    let relay = desk.machine(&["tickets:read", "tickets:write"]).await;
    let messages = format!("{}/messages", path(&ticket));
    let say = async |text: &str| {
        let said = json!({"kind": "inbound", "body_text": text});
        let told = relay.post(&messages, said).await.created();
        format!("/v1/tickets/{}", told["ticket_id"].as_str().unwrap())
    };
    let next = say("one").await;
    assert_ne!(next, path(&ticket));
    assert_eq!(say("two").await, next);
    assert_eq!(say("three").await, next);
    let old = desk.owner.get(&path(&ticket)).await.ok();
    assert_eq!(format!("/v1/tickets/{}", old["continued_by"].as_str().unwrap()), next);
    assert_eq!(old["status"], "closed");
    let new = desk.owner.get(&next).await.ok();
    assert_eq!((&new["replies_count"], &new["continues_ticket_id"]), (&json!(2), &ticket["id"]));
    assert_eq!(new["continued_by"], Json::Null);

    // Through chains, and back when the last is open again.
    close(&next).await;
    let third = say("four").await;
    assert!(third != next && third != path(&ticket));
    assert_eq!(say("five").await, third);
    assert_eq!(desk.owner.get(&next).await.ok()["continued_by"], desk.owner.get(&third).await.ok()["id"]);
    assert_eq!(desk.owner.get(&third).await.ok()["continues_ticket_id"], new["id"]);

    // One in the trash continues nothing.
    desk.owner.delete(&third).await.expect(204);
    let fourth = say("six").await;
    assert_ne!(fourth, third);
    assert_eq!(say("seven").await, fourth);
    let version = desk.owner.get(&path(&ticket)).await.ok()["version"].clone();
    let log = format!("{}/activities", path(&ticket));
    let log = desk.owner.eventually(&log, |page| page["data"][0]["sequence"] == version).await;
    assert_eq!(log["data"][0]["changes"][0]["field"], "continued_by");
}

#[tokio::test]
async fn r2_of_messages_that_come_together_one_starts_the_ticket_and_the_others_find_it() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let own = guest(&desk, &channel, "vic@visitor.example").await;
    let ticket = newest(&desk).await;
    desk.owner.put(&format!("{}/status", path(&ticket)), json!({"status": "closed"})).await.ok();
    let visitor = desk.nobody();
    let replies =
        (0..6).map(|number| {
            let (visitor, own) = (visitor.with("idempotency-key", &format!("key-{number}")), own.clone());
            async move {
                visitor.post(&format!("{own}/messages"), json!({"body_text": format!("{number}")})).await.created()
            }
        });
    let replies = futures_util::future::join_all(replies).await;
    let tokens: std::collections::BTreeSet<_> =
        replies.iter().map(|reply| reply["public_token"].as_str().unwrap().to_owned()).collect();
    assert_eq!(tokens.len(), 1, "{replies:?}");
    let next = format!("/intake/tickets/{}", tokens.first().unwrap());
    assert_eq!(visitor.get(&next).await.ok()["messages"].as_array().unwrap().len(), 6);
    assert_eq!(visitor.get(&own).await.ok()["continued_by"], json!(tokens.first()));
    let retry = visitor.with("idempotency-key", "key-3");
    let again = retry.post(&format!("{own}/messages"), json!({"body_text": "3"})).await.created();
    assert_eq!(again["public_token"], json!(tokens.first()));
    assert_eq!(visitor.get(&next).await.ok()["messages"].as_array().unwrap().len(), 6);
    let tickets = desk.owner.get("/v1/tickets?include=unprocessed&with_total=true").await.expect(200);
    assert_eq!(tickets["page"]["total"], 2);
    // Whose message is the last of all is told where it went, also by a key of the channel.
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read", "tickets:write"]});
    let shop = desk.with_key(&desk.key(key).await);
    let told = shop.post(&format!("{}/messages", path(&ticket)), json!({"body_text": "By phone"})).await.created();
    assert_eq!(told["ticket_id"], shop.get(&path(&ticket)).await.ok()["continued_by"]);
}

/// An answer, also one that refuses, and what it cost.
async fn measured(request: impl Future<Output = ClientAnswer>) -> ClientAnswer {
    let (mut answer, usage) = lambdesk_table::measured(request).await;
    answer.usage = usage;
    answer
}

/// The same of a process that has nothing cached.
async fn cold(desk: &Desk, key: &str, path: &str) -> ClientAnswer {
    measured(Client::new(desk.cold_router()).with_key(key).get(path)).await
}

#[tokio::test]
async fn a10_a_forged_key_costs_one_read_whatever_exists() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let key = desk.key(json!({"name": "K", "kind": "machine", "scopes": ["tickets:read"]})).await;
    let end = key.len() - 4;
    let forged = format!("{}{}", &key[..end], if key.ends_with("AAAA") { "BBBB" } else { "AAAA" });
    let paths = [
        path(&ticket),
        "/v1/tickets/01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        format!("/v1/tickets/number/{}", ticket["number"]),
        "/v1/tickets/number/999999".to_owned(),
        format!("/v1/contacts/{}", ticket["contact"]["id"].as_str().unwrap()),
        "/v1/tickets".to_owned(),
    ];
    for path in &paths {
        let refused = cold(&desk, &forged, path).await;
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.operations(), ["GetItem"], "{path}");
        assert!(refused.usage.units() <= 1.0, "{path}: {:?}", refused.usage);
    }
    let genuine = cold(&desk, &key, &paths[0]).await;
    assert_eq!(genuine.status, 200);
    // A key that has ended opens no more than one that never was.
    let clock = desk.stack.app.clock.now().plus(Duration::from_secs(2)).to_string();
    let brief = json!({"name": "B", "kind": "machine", "scopes": ["tickets:read"], "expires_at": clock});
    let brief = desk.key(brief).await;
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let refused = cold(&desk, &brief, &paths[0]).await;
    assert_eq!((refused.status, refused.operations()), (401, vec!["GetItem"]));
}

#[tokio::test]
async fn a11_a_wrong_token_costs_one_item_once() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    for number in 0..30 {
        desk.owner.post("/v1/tags", json!({"name": format!("tag {number}")})).await.created();
    }
    let token = channel["public_token"].as_str().unwrap();
    let wrong = format!("{}{}", &token[..token.len() - 4], if token.ends_with("AAAA") { "BBBB" } else { "AAAA" });
    let page = Client::new(desk.cold_router()).with("origin", "https://shop.example");
    let ask = async |token: &str, body: Json| measured(page.post(&format!("/intake/{token}/session"), body)).await;
    let refused = ask(&wrong, json!({})).await;
    assert_eq!((refused.status, refused.operations()), (404, vec!["GetItem"]));
    assert!(refused.usage.units() <= 1.0, "{:?}", refused.usage);
    let again = ask(&wrong, json!({})).await;
    assert_eq!((again.status, again.operations()), (404, vec![]));
    assert_eq!(ask(token, json!({})).await.status, 201);
    assert_eq!(ask(&wrong, json!({})).await.operations(), [""; 0], "nor with the directory at hand");

    // A new token works at once, and the old one is refused.
    let rotate = format!("/v1/channels/{}/rotate-token", channel["id"].as_str().unwrap());
    let rotated = desk.owner.post(&rotate, json!({})).await.ok()["public_token"].clone();
    assert_eq!(ask(rotated.as_str().unwrap(), json!({})).await.status, 201);

    let first = secret(&desk, &channel).await;
    let bad = identity(&desk, "cs_none", "u", "u@customer.example");
    let token = rotated.as_str().unwrap();
    let refused = ask(token, json!({"identity": bad})).await;
    assert_eq!((refused.status, refused.operations()), (422, vec!["GetItem"]));
    let again = ask(token, json!({"identity": bad})).await;
    assert_eq!((again.status, again.operations()), (422, vec![]));
    // A new secret works at once, however old the remembered directory is.
    let good = identity(&desk, &first, "u", "u@customer.example");
    assert_eq!(ask(token, json!({"identity": good})).await.status, 201);
}

/// The requests that a visitor's new ticket, their reply and their reply to it when it is
/// closed take.
async fn visits(desk: &Desk, channel: &Json, name: &str, email: &str) -> Vec<Vec<&'static str>> {
    let router = desk.cold_router();
    let page = Client::new(router.clone()).with("origin", "https://shop.example");
    let session = page.post(&format!("{}/session", intake(channel)), json!({})).await.created();
    let page = page.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()));
    let body = json!({"subject": "S", "from": {"name": name, "email": email}, "message": {"body_text": "Hello"}});
    let opened = measured(page.post(&format!("{}/tickets", intake(channel)), body)).await;
    let opened_as = opened.created();
    let own = format!("/intake/tickets/{}", opened_as["public_token"].as_str().unwrap());
    let visitor = Client::new(router).with("origin", "https://shop.example");
    let say = async || measured(visitor.post(&format!("{own}/messages"), json!({"body_text": "More"}))).await;
    let replied = say().await;
    // Whatever is done with it, once its row is there.
    let number = format!("/v1/tickets/number/{}", opened_as["ticket"]["number"]);
    let ticket = desk.owner.eventually(&number, |found| found["data"]["id"].is_string()).await;
    desk.owner.put(&format!("{}/status", path(&ticket["data"])), json!({"status": "closed"})).await.ok();
    let continued = say().await;
    [opened, replied, continued]
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 201, "{}", answer.text);
            let mut operations = answer.operations();
            operations.sort_unstable();
            operations
        })
        .collect()
}

#[tokio::test]
async fn k6_who_is_known_shows_in_no_number_of_requests() {
    let desk = Desk::start().await;
    for asks_for_known in [false, true] {
        let channel = desk.channel().await;
        let path = format!("/v1/channels/{}", channel["id"].as_str().unwrap());
        let rules = json!({"name": format!("C{asks_for_known}"), "require_existing_contact": asks_for_known});
        desk.owner.patch(&path, rules).await.ok();
        let contact = json!({"name": "Known", "email": format!("known-{asks_for_known}@c.example")});
        let contact = desk.owner.post("/v1/contacts", contact).await.created();
        let blocked = json!({"name": "Blocked", "email": format!("blocked-{asks_for_known}@c.example")});
        let blocked = desk.owner.post("/v1/contacts", blocked).await.created();
        desk.owner.post(&format!("/v1/contacts/{}/block", blocked["id"].as_str().unwrap()), json!({})).await.ok();
        // Of an address that belongs to a contact which had another one before.
        let moved = json!({"name": "Moved", "email": format!("before-{asks_for_known}@c.example")});
        let moved = desk.owner.post("/v1/contacts", moved).await.created();
        let address = json!({"email": format!("moved-{asks_for_known}@c.example")});
        desk.owner.patch(&format!("/v1/contacts/{}", moved["id"].as_str().unwrap()), address.clone()).await.ok();
        let unknown = visits(&desk, &channel, "Vic", &format!("unknown-{asks_for_known}@c.example")).await;
        for (name, email) in [
            ("Vic", &contact["email"]),
            ("Known", &contact["email"]),
            ("Blocked", &blocked["email"]),
            ("Moved", &address["email"]),
        ] {
            let told = visits(&desk, &channel, name, email.as_str().unwrap()).await;
            assert_eq!(told, unknown, "{name}, {email}, {asks_for_known}");
        }
    }
}
