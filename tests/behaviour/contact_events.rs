//! What other systems hear of contacts: every change once, and nothing personal.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, Receiver, json};
use std::time::Duration;

/// A word that no part of the product has.
const SECRET: &str = "zyxwombat";

fn person(name: &str) -> Json {
    let text = |what: &str| format!("{SECRET}-{name}-{what}");
    json!({
        "name": text("name"), "email": format!("{}@customer.example", text("mail")), "phone": text("7"),
        "external_id": text("id"), "uid": text("uid"),
    })
}

async fn contact(api: &Api, query: &str, body: Json) -> (String, String) {
    let id = api.post(&format!("/v1/contacts{query}"), body).await.created()["id"].as_str().unwrap().to_owned();
    (format!("/v1/contacts/{id}"), id)
}

/// The next deliveries, by contact and number: nobody promises an order.
async fn heard(receiver: &mut Receiver, count: usize) -> Vec<(String, u64, String)> {
    let mut heard = Vec::new();
    for _ in 0..count {
        let told = receiver.next().await;
        assert!(!told.raw.contains(SECRET), "{}", told.raw);
        assert_eq!(told.header("webhook-id"), told.event["id"].as_str().unwrap());
        assert!(told.event.get("ticket_id").is_none(), "{}", told.raw);
        heard.push(named(&told.event));
    }
    heard.sort();
    receiver.silence().await;
    heard
}

fn named(event: &Json) -> (String, u64, String) {
    let text = |name: &str| event[name].as_str().unwrap().to_owned();
    (text("contact_id"), event["sequence"].as_u64().unwrap(), text("type"))
}

/// The fields that an event says have changed.
fn changed(event: &Json) -> Vec<&str> {
    event["changes"].as_array().unwrap().iter().map(|change| change["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_change_of_a_contact_is_told_once_with_a_valid_signature_and_no_personal_word() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["contact.created", "contact.updated"]).await;
    let (ada, ada_id) = contact(&desk.owner, "", person("ada")).await;
    desk.owner.patch(&ada, json!({"phone": null, "name": SECRET})).await.ok();
    desk.owner.patch(&ada, json!({"name": SECRET})).await.ok();
    desk.owner.post(&format!("{ada}/block"), json!({})).await.ok();
    desk.owner.post(&format!("{ada}/unblock"), json!({})).await.ok();
    let (double, double_id) = contact(&desk.owner, "", json!({"name": SECRET})).await;
    desk.owner.post(&format!("{ada}/merge"), json!({"from": double_id})).await.expect(202);
    desk.owner.post(&format!("{double}/erase"), json!({})).await.expect(202);
    let mut expected = [
        (&ada_id, 1, "contact.created"),
        (&ada_id, 2, "contact.updated"),
        (&ada_id, 3, "contact.updated"),
        (&ada_id, 4, "contact.updated"),
        (&ada_id, 5, "contact.updated"),
        (&ada_id, 6, "contact.erased"),
        (&double_id, 1, "contact.created"),
        (&double_id, 2, "contact.merged"),
    ]
    .map(|(id, sequence, kind)| (id.clone(), sequence, kind.to_owned()));
    expected.sort();
    assert_eq!(heard(&mut receiver, 8).await, expected);

    let feed = format!("/v1/events?contact_id={ada_id}&contact_id={double_id}");
    let feed = desk.owner.eventually(&feed, |body| body["data"].as_array().is_some_and(|told| told.len() == 8)).await;
    assert!(!feed.to_string().contains(SECRET), "what is told before an erasure holds nothing personal either");
    let told = |id: &str, sequence: u64| {
        let events = feed["data"].as_array().unwrap().iter();
        events.into_iter().find(|event| event["contact_id"] == id && event["sequence"] == sequence).unwrap()
    };
    assert_eq!((told(&ada_id, 1)["types"].clone(), changed(told(&ada_id, 1))), (json!(["contact.created"]), vec![]));
    assert_eq!(changed(told(&ada_id, 2)), ["name", "phone"]);
    assert_eq!(told(&ada_id, 2)["changes"][0], json!({"field": "name", "from": null, "to": null, "is_redacted": true}));
    assert_eq!(told(&ada_id, 3)["changes"], json!([{"field": "is_blocked", "from": false, "to": true}]));
    assert_eq!(told(&ada_id, 5)["changes"], json!([{"field": "merged_ids", "from": [], "to": [double_id]}]));
    let erased = told(&ada_id, 6);
    assert_eq!(erased["types"], json!(["contact.erased", "contact.updated"]));
    assert_eq!(erased["data"]["contact"]["ended"], json!({"how": "erased"}));
    assert_eq!(erased["actor"]["kind"], "user");
    assert!(erased["request_id"].is_string());
    let merged = json!({"how": "merged", "into_id": ada_id});
    assert_eq!(told(&double_id, 2)["data"]["contact"]["ended"], merged);
}

#[tokio::test]
async fn a_contact_that_a_ticket_makes_is_told_of_once_however_many_tickets_come_from_it() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["contact.created", "contact.updated"]).await;
    let body = json!({"subject": "S", "from": {"email": format!("{SECRET}@customer.example")}});
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(desk.owner.post("/v1/tickets", body.clone()).await.created());
    }
    let id = tickets[0]["contact"]["id"].as_str().unwrap().to_owned();
    assert_eq!(heard(&mut receiver, 1).await, [(id.clone(), 1, "contact.created".to_owned())]);
    let feed = format!("/v1/events?contact_id={id}");
    let feed = desk.owner.eventually(&feed, |body| body["data"][0].is_object()).await;
    let activities = format!("/v1/tickets/{}/activities", tickets[0]["id"].as_str().unwrap());
    let ticket = desk.owner.eventually(&activities, |body| body["data"][0].is_object()).await;
    assert_eq!(ticket["data"].as_array().unwrap().len(), 1, "the ticket's own log is about the ticket");
    for member in ["request_id", "actor", "created_at"] {
        assert_eq!(feed["data"][0][member], ticket["data"][0][member], "both come from one request");
    }
}

#[tokio::test]
async fn a_silent_change_of_a_contact_is_in_the_feed_and_nobody_is_told() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["*"]).await;
    let (ada, id) = contact(&desk.owner, "?silent=true", person("ada")).await;
    desk.owner.patch(&format!("{ada}?silent=true"), json!({"phone": "8"})).await.ok();
    desk.owner.post(&format!("{ada}/erase?silent=true"), json!({})).await.expect(202);
    let feed = format!("/v1/events?contact_id={id}");
    let feed = desk.owner.eventually(&feed, |body| body["data"].as_array().is_some_and(|told| told.len() == 3)).await;
    assert!(feed["data"].as_array().unwrap().iter().all(|event| event["is_silent"] == true), "{feed}");
    receiver.silence().await;
    let (gone, _) = contact(&desk.owner, "", json!({"name": SECRET})).await;
    desk.owner.delete(&gone).await.expect(204);
    let kinds: Vec<_> = heard(&mut receiver, 2).await.into_iter().map(|(_, _, kind)| kind).collect();
    assert_eq!(kinds, ["contact.created", "contact.deleted"], "the others were only silent");
}

#[tokio::test]
async fn a_dry_run_tells_the_events_that_would_follow_and_nothing_follows() {
    let desk = Desk::start_at(Clock::manual("2027-01-15T08:00:00Z".parse().unwrap())).await;
    let tried = desk.owner.post("/v1/contacts?dry_run=true", person("ada")).await.ok();
    assert_eq!(
        (tried["events"][0]["type"].as_str(), tried["events"].as_array().unwrap().len()),
        (Some("contact.created"), 1)
    );
    assert!(!tried["events"].to_string().contains(SECRET));
    assert!(tried["changes"].to_string().contains(SECRET), "who writes may see what would change");
    let (ada, ada_id) = contact(&desk.owner, "", person("ada")).await;
    let (_, double) = contact(&desk.owner, "", json!({"name": SECRET})).await;
    let kinds = |answer: &Json| -> Vec<(String, u64, String)> {
        let mut kinds: Vec<_> = answer["events"].as_array().unwrap().iter().map(named).collect();
        kinds.sort();
        kinds
    };
    let (mine, theirs) =
        (|kind: &str| (ada_id.clone(), 2, kind.to_owned()), (double.clone(), 2, "contact.merged".to_owned()));
    let merge = desk.owner.post(&format!("{ada}/merge?dry_run=true"), json!({"from": double})).await.ok();
    let mut both = vec![mine("contact.updated"), theirs];
    both.sort();
    assert_eq!(kinds(&merge), both);
    for (verb, body, kind) in [("block", json!({}), "contact.updated"), ("erase", json!({}), "contact.erased")] {
        let tried = desk.owner.post(&format!("{ada}/{verb}?dry_run=true"), body).await.ok();
        assert_eq!(kinds(&tried), [mine(kind)], "{verb}");
    }
    let unchanged = desk.owner.post(&format!("{ada}/unblock?dry_run=true"), json!({})).await.ok();
    assert_eq!(unchanged, json!({"events": [], "changes": []}));
    let tried = desk.owner.delete(&format!("{ada}?dry_run=true")).await.ok();
    assert_eq!(kinds(&tried), [mine("contact.deleted")]);
    assert_eq!(desk.owner.get(&ada).await.ok()["version"], 1);
}

#[tokio::test]
async fn the_dry_run_of_a_ticket_tells_of_the_contact_only_if_it_would_be_made() {
    let desk = Desk::start().await;
    let body = json!({"subject": "S", "from": {"email": "ada@customer.example"}});
    let kinds = |answer: Json| -> Vec<String> {
        let events = answer["events"].as_array().unwrap();
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let tried = desk.owner.post("/v1/tickets?dry_run=true", body.clone()).await.ok();
    assert_eq!(kinds(tried), ["ticket.created", "contact.created"]);
    let (_, id) = contact(&desk.owner, "", json!({"email": "ada@customer.example", "name": "Ada"})).await;
    let tried = desk.owner.post("/v1/tickets?dry_run=true", body).await.ok();
    assert_eq!(tried["events"][0]["data"]["ticket"]["contact_id"], json!(id));
    assert_eq!(kinds(tried), ["ticket.created"]);
}

#[tokio::test]
async fn the_feed_is_narrowed_to_contacts_and_tickets_and_shown_to_nobody_who_sees_less() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let ticket = desk.ticket("S").await;
    let (_, ada) = contact(&desk.owner, "", person("ada")).await;
    let (_, other) = contact(&desk.owner, "", json!({"name": "Other"})).await;
    desk.owner.eventually("/v1/events", |body| body["data"].as_array().is_some_and(|told| told.len() == 4)).await;
    let subjects = async |query: String| -> Vec<Json> {
        let feed = desk.owner.get(&format!("/v1/events?{query}")).await.ok();
        let subject = |event: &Json| event.get("ticket_id").or(event.get("contact_id")).unwrap().clone();
        let mut subjects: Vec<_> = feed.as_array().unwrap().iter().map(subject).collect();
        subjects.sort_by_key(Json::to_string);
        subjects
    };
    let sorted = |mut ids: Vec<Json>| {
        ids.sort_by_key(Json::to_string);
        ids
    };
    assert_eq!(subjects(format!("contact_id={ada}")).await, [json!(ada)]);
    let (mixed, both) =
        (format!("contact_id={ada}&ticket_id={}", ticket["id"].as_str().unwrap()), ticket["id"].clone());
    assert_eq!(subjects(mixed).await, sorted(vec![json!(ada), both]));
    assert_eq!(
        subjects("type=contact.created".to_owned()).await,
        sorted(vec![json!(ada), json!(other), ticket["contact"]["id"].clone()])
    );
    desk.owner.get("/v1/events?contact_id=x").await.expect(400);

    let key = json!({"kind": "channel", "name": "Shop", "channel_id": channel["id"], "scopes": ["tickets:read"]});
    let bound = desk.with_key(&desk.key(key).await);
    let (_, restricted) = desk.user("r", "restricted").await;
    for limited in [bound, restricted] {
        assert_eq!(limited.get("/v1/events?type=contact.created").await.ok(), json!([]));
    }
}

#[tokio::test]
async fn a_webhook_of_a_channel_hears_nothing_of_contacts_and_a_replay_sends_them_again() {
    // Receivers check the time of signatures.
    let (start, minutes) = (lambdesk_runtime::now(), Duration::from_mins);
    let clock = Clock::manual(start);
    let desk = Desk::start_at(clock.clone()).await;
    let channel = desk.channel().await;
    let mut receiver = desk.receiver(&["*"]).await;
    let narrow = json!({"url": receiver.url, "types": ["*"], "channel_ids": [channel["id"]]});
    let narrow = desk.owner.post("/v1/webhooks", narrow).await.created();
    let (_, id) = contact(&desk.owner, "", person("ada")).await;
    assert_eq!(heard(&mut receiver, 1).await, [(id.clone(), 1, "contact.created".to_owned())]);
    let log = format!("/v1/webhooks/{}/deliveries", receiver.endpoint);
    let log = desk.owner.eventually(&log, |body| body["data"][0]["state"] == "delivered").await;
    assert_eq!((&log["data"][0]["contact_id"], &log["data"][0]["ticket_id"]), (&json!(id), &Json::Null));
    let log = desk.owner.get(&format!("/v1/webhooks/{}/deliveries", narrow["id"].as_str().unwrap())).await.ok();
    assert_eq!(log, json!([]));

    clock.advance(minutes(3));
    let range = json!({"since": start.minus(minutes(1)).to_string(), "until": start.plus(minutes(1)).to_string()});
    let replay = format!("/v1/webhooks/{}/replay", receiver.endpoint);
    assert_eq!(desk.owner.post(&replay, range).await.expect(202)["data"]["queued"], 1);
    assert_eq!(heard(&mut receiver, 1).await, [(id, 1, "contact.created".to_owned())]);
}
