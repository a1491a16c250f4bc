//! S5: a ticket is found by what agents paste: who asks, its number, tags, account and
//! files; by those who see that, and as long as it is so.

use super::text::uploaded_as;
use lambdesk_tests::{Api, Desk, Json, json};
use reqwest::Url;

fn search(query: &str) -> String {
    let url = Url::parse_with_params("http://desk.example/v1/tickets?limit=100", [("q", query)]).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

fn numbers(page: &Json) -> Vec<u64> {
    page["data"].as_array().unwrap().iter().map(|ticket| ticket["number"].as_u64().unwrap()).collect()
}

/// Which tickets a search finds now.
async fn found(api: &Api, query: &str) -> Vec<u64> {
    numbers(&api.get(&search(query)).await.expect(200))
}

/// Waits until a search finds just these.
async fn finds(api: &Api, query: &str, expected: &[u64]) {
    api.eventually(&search(query), |page| page["data"].is_array() && numbers(page) == expected).await;
}

async fn made(desk: &Desk, body: Json) -> (String, u64) {
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    (format!("/v1/tickets/{}", ticket["id"].as_str().unwrap()), ticket["number"].as_u64().unwrap())
}

async fn id_of(api: &Api, path: &str, body: Json) -> String {
    api.post(path, body).await.created()["id"].as_str().unwrap().to_owned()
}

/// A key of a channel, and the channel.
async fn channel_key(desk: &Desk) -> (Json, Api) {
    let channel = desk.channel().await["id"].clone();
    let scopes = json!(["tickets:read", "tickets:write"]);
    let key = json!({"name": "Shop", "kind": "channel", "channel_id": channel, "scopes": scopes});
    let key = desk.key(key).await;
    (channel, desk.with_key(&key))
}

#[tokio::test]
async fn s5_a_ticket_is_found_by_name_and_addresses_of_who_asks() {
    let desk = Desk::start().await;
    // Without an address, which would make a contact of them.
    let from = json!({"name": "Grace Hopper", "phone": "+1 (555) 010-4477"});
    let (path, number) = made(&desk, json!({"subject": "-", "from": from})).await;
    desk.owner.patch(&path, json!({"requester": {"email": "grace.h@navy.example"}})).await.ok();
    made(&desk, json!({"subject": "-", "from": {"name": "Grace Kelly", "phone": "+1 (555) 010-4478"}})).await;
    for query in [
        "hopper",
        "Grace HOPPER",
        "grace.h@navy.example",
        "<grace.h@navy.example>",
        "+1 (555) 010-4477",
        "+15550104477",
        "555 010 4477",
        "001 555 0104477",
    ] {
        finds(&desk.owner, query, &[number]).await;
    }
    desk.owner.patch(&path, json!({"requester": {"name": "Grace Murray", "email": null}})).await.ok();
    finds(&desk.owner, "murray", &[number]).await;
    for query in ["hopper", "grace.h@navy.example", "navy"] {
        assert_eq!(found(&desk.owner, query).await, [0; 0], "{query}");
    }
    assert_eq!(found(&desk.owner, "5550104477").await, [number]);
}

#[tokio::test]
async fn s5_a_ticket_is_found_by_its_contact_as_the_contact_is_now() {
    let desk = Desk::start().await;
    let contact = json!({"name": "Ada Lovelace", "email": "ada@engine.example", "external_id": "CUST-815"});
    let ada = id_of(&desk.owner, "/v1/contacts", contact).await;
    let (_, number) = made(&desk, json!({"subject": "lamp", "contact_id": ada})).await;
    for query in ["lovelace", "ada@engine.example", "cust-815", "lamp ada"] {
        finds(&desk.owner, query, &[number]).await;
    }
    let ada = format!("/v1/contacts/{ada}");
    desk.owner.patch(&ada, json!({"name": "Ada Byron", "external_id": null})).await.ok();
    finds(&desk.owner, "byron", &[number]).await;
    finds(&desk.owner, "lovelace", &[]).await;
    assert_eq!(found(&desk.owner, "815").await, [0; 0]);
    let other = id_of(&desk.owner, "/v1/contacts", json!({"name": "Charles Babbage"})).await;
    let from = ada.rsplit('/').next().unwrap();
    desk.owner.post(&format!("/v1/contacts/{other}/merge"), json!({"from": from})).await.expect(202);
    finds(&desk.owner, "babbage", &[number]).await;
    finds(&desk.owner, "byron", &[]).await;
}

#[tokio::test]
async fn s5_personal_words_leave_the_index_with_an_erasure() {
    let desk = Desk::start().await;
    let contact = json!({"name": "Ada Lovelace", "email": "ada@engine.example", "external_id": "CUST-815"});
    let ada = id_of(&desk.owner, "/v1/contacts", contact).await;
    let account = json!({"kind": "loan", "name": "Villa", "external_id": "LN-4711"});
    let account = id_of(&desk.owner, "/v1/accounts", account).await;
    // A ticket about the account from before it was hers.
    let (_, others) = made(&desk, json!({"subject": "roof", "account_id": account})).await;
    desk.owner.patch(&format!("/v1/accounts/{account}"), json!({"contact_id": ada})).await.ok();
    let (path, number) = made(&desk, json!({"subject": "lamp", "contact_id": ada, "account_id": account})).await;
    let requester = json!({"name": "Countess", "phone": "+44 20 7946 0000"});
    desk.owner.patch(&path, json!({"requester": requester})).await.ok();
    let messages = format!("{path}/messages");
    let file = uploaded_as(&desk.owner, &messages, "passport.pdf").await;
    desk.owner.post(&messages, json!({"body_text": "Here", "attachments": [file]})).await.created();
    let personal =
        ["lovelace", "ada@engine.example", "cust-815", "countess", "7946", "+44 20 7946 0000", "passport", "lamp"];
    for query in personal {
        finds(&desk.owner, query, &[number]).await;
    }
    for query in ["villa", "ln-4711"] {
        finds(&desk.owner, query, &[number, others]).await;
    }
    desk.owner.post(&format!("/v1/contacts/{ada}/erase"), json!({})).await.expect(202);
    desk.sweep().await;
    for query in personal.into_iter().chain(["villa", "ln-4711"]) {
        finds(&desk.owner, query, &[]).await;
    }
    assert_eq!(found(&desk.owner, "roof").await, [others]);
    assert_eq!(found(&desk.owner, &format!("#{number}")).await, [number]);
}

#[tokio::test]
async fn s5_a_number_with_its_sign_is_the_ticket_and_nothing_else() {
    let desk = Desk::start().await;
    for subject in ["lamp", "see #1, lamp", "1 lamp", "chair"] {
        made(&desk, json!({"subject": subject})).await;
    }
    finds(&desk.owner, "chair", &[4]).await;
    for (query, expected) in [
        ("#1", &[1][..]),
        ("＃4", &[4]),
        (" #4 ", &[4]),
        ("1", &[3, 2, 1]),
        ("4", &[4]),
        ("chair 4", &[4]),
        ("lamp 4", &[]),
        // What was pasted with other words around it says the number, or is of it.
        ("lamp #1", &[2, 1]),
        ("chair #1", &[]),
        ("#99", &[]),
        ("#0", &[]),
        ("#18446744073709551616", &[]),
    ] {
        assert_eq!(found(&desk.owner, query).await, expected, "{query}");
    }
    for order in ["number", "-created_at", "priority"] {
        let page = desk.owner.get(&format!("{}&sort={order}&with_total=true", search("#4"))).await.expect(200);
        assert_eq!((numbers(&page), &page["page"]["total"]), (vec![4], &json!(1)), "{order}");
    }
    let (rita, restricted) = desk.user("Rita", "restricted").await;
    assert_eq!(found(&restricted, "#4").await, [0; 0]);
    let chair = desk.owner.get(&search("#4")).await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    desk.owner.put(&format!("/v1/tickets/{chair}/assignee"), json!({"assignee_id": rita["id"]})).await.ok();
    assert_eq!((found(&restricted, "#4").await, found(&restricted, "#1").await), (vec![4], vec![]));
    assert_eq!(found(&desk.other_workspace().await, "#4").await, [0; 0]);
}

#[tokio::test]
async fn s5_a_ticket_is_found_by_the_names_of_its_tags_as_they_are_now() {
    let desk = Desk::start().await;
    let tag = id_of(&desk.owner, "/v1/tags", json!({"name": "VIP customer"})).await;
    let urgent = id_of(&desk.owner, "/v1/tags", json!({"name": "urgent"})).await;
    let (path, number) = made(&desk, json!({"subject": "lamp", "tags": [tag]})).await;
    let (said, _) = made(&desk, json!({"subject": "a vip"})).await;
    for (query, expected) in
        [("vip", &[2, number][..]), ("VIP customer", &[number]), ("custom", &[number]), ("lamp vip", &[number])]
    {
        finds(&desk.owner, query, expected).await;
    }
    desk.owner.post(&format!("{path}/tags"), json!({"tags": [urgent]})).await.ok();
    finds(&desk.owner, "urgent", &[number]).await;
    let tag = format!("/v1/tags/{tag}");
    desk.owner.patch(&tag, json!({"name": "Gold"})).await.ok();
    for (query, expected) in [("gold", &[number][..]), ("customer", &[]), ("vip", &[2])] {
        finds(&desk.owner, query, expected).await;
    }
    desk.owner.post(&format!("{said}/tags"), json!({"tags": ["Gold"]})).await.ok();
    finds(&desk.owner, "gold", &[2, number]).await;
    desk.owner.patch(&path, json!({"tags": [urgent]})).await.ok();
    finds(&desk.owner, "gold", &[2]).await;
    assert_eq!(found(&desk.owner, "urgent lamp").await, [number]);
    desk.owner.delete(&format!("{tag}?force=true")).await.expect(204);
    finds(&desk.owner, "gold", &[]).await;
    // A tag of the same name is another tag.
    id_of(&desk.owner, "/v1/tags", json!({"name": "Gold"})).await;
    assert_eq!(found(&desk.owner, "gold").await, [0; 0]);
}

#[tokio::test]
async fn s5_a_ticket_is_found_by_its_account_as_the_account_is_now() {
    let desk = Desk::start().await;
    let account = json!({"kind": "order", "name": "Garden party", "external_id": "ORD/2026-0042"});
    let account = id_of(&desk.owner, "/v1/accounts", account).await;
    let other = id_of(&desk.owner, "/v1/accounts", json!({"kind": "order", "external_id": "ORD/2026-0043"})).await;
    let (path, number) = made(&desk, json!({"subject": "lamp", "account_id": account})).await;
    for query in ["ORD/2026-0042", "garden", "lamp 0042"] {
        finds(&desk.owner, query, &[number]).await;
    }
    let account = format!("/v1/accounts/{account}");
    desk.owner.patch(&account, json!({"external_id": "ORD/2026-0099", "name": null})).await.ok();
    finds(&desk.owner, "ORD/2026-0099", &[number]).await;
    for query in ["0042", "garden"] {
        finds(&desk.owner, query, &[]).await;
    }
    desk.owner.patch(&path, json!({"account_id": other})).await.ok();
    finds(&desk.owner, "0043", &[number]).await;
    finds(&desk.owner, "0099", &[]).await;
    desk.owner.delete(&format!("/v1/accounts/{other}?force=true")).await.expect(204);
    finds(&desk.owner, "0043", &[]).await;
}

#[tokio::test]
async fn s5_contacts_and_accounts_are_found_by_those_who_read_them() {
    let desk = Desk::start().await;
    let (channel, channel_key) = channel_key(&desk).await;
    let ada = id_of(&desk.owner, "/v1/contacts", json!({"name": "Ada Lovelace", "external_id": "CUST-815"})).await;
    let account = id_of(&desk.owner, "/v1/accounts", json!({"kind": "loan", "external_id": "LN-4711"})).await;
    let body = json!({"subject": "lamp", "contact_id": ada, "account_id": account, "channel_id": channel});
    let (path, number) = made(&desk, body).await;
    desk.owner.patch(&path, json!({"requester": {"name": "Countess"}})).await.ok();
    let reader = desk.machine(&["tickets:read", "contacts:read"]).await;
    let blind = desk.machine(&["tickets:read"]).await;
    for query in ["lovelace", "cust-815", "ln-4711"] {
        finds(&reader, query, &[number]).await;
        for api in [&blind, &channel_key] {
            assert_eq!(found(api, query).await, [0; 0], "{query}");
        }
    }
    for api in [&reader, &blind, &channel_key] {
        finds(api, "countess lamp", &[number]).await;
    }
}

#[tokio::test]
async fn s5_a_ticket_is_found_by_the_names_of_files_that_are_seen() {
    let desk = Desk::start().await;
    let (channel, channel_key) = channel_key(&desk).await;
    let (path, number) = made(&desk, json!({"subject": "-", "channel_id": channel})).await;
    let messages = format!("{path}/messages");
    let mut said = Vec::new();
    for (name, more) in [
        ("Rechnung_2026-07.pdf", json!({})),
        ("blacklist.csv", json!({"kind": "note"})),
        ("password.txt", json!({"is_secure": true})),
    ] {
        let mut body = more;
        body["body_text"] = json!(format!("with {name}").replace(['.', '_'], ""));
        body["attachments"] = json!([uploaded_as(&desk.owner, &messages, name).await]);
        let message = desk.owner.post(&messages, body).await.created();
        said.push(format!("{messages}/{}", message["id"].as_str().unwrap()));
    }
    for (query, insiders, outsiders) in [
        ("Rechnung_2026-07.pdf", &[number][..], &[number][..]),
        ("rechnung", &[number], &[number]),
        ("blacklist.csv", &[number], &[]),
        ("password.txt", &[], &[]),
    ] {
        finds(&desk.owner, query, insiders).await;
        finds(&channel_key, query, outsiders).await;
    }
    desk.owner.delete(&said[0]).await.expect(204);
    finds(&desk.owner, "2026-07.pdf", &[]).await;
    assert_eq!(found(&desk.owner, "csv").await, [number]);
}
