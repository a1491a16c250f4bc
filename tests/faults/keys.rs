//! K1, K2 and K5: what keys tell, how long they last, and which hosts a channel names.

use lambdesk_tests::{Api, Desk, Json, json};

pub fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// A ticket of a contact with an external id, about an account with a balance.
pub struct Client {
    pub contact: Json,
    pub account: Json,
    pub ticket: Json,
}

impl Client {
    pub async fn of(desk: &Desk, channel: &Json) -> Self {
        let contact = json!({"name": "Grace Private", "email": "grace@private.example", "external_id": "CUST-77"});
        let contact = desk.owner.post("/v1/contacts", contact).await.created();
        let account = json!({"kind": "debt_account", "external_id": "DEBT-4", "name": "Loan 4", "contact_id": contact["id"],
                             "current_balance_cents": 12_345, "currency": "EUR"});
        let account = desk.owner.post("/v1/accounts", account).await.created();
        let ticket = json!({"subject": "S", "contact_id": contact["id"], "account_id": account["id"],
                            "channel_id": channel["id"], "message": {"body_text": "Hello"}});
        let ticket = desk.owner.post("/v1/tickets", ticket).await.created();
        Self { contact, account, ticket }
    }
}

/// Nothing of the contact and the account but their ids.
fn holds_ids_alone(told: &Json) {
    let text = told.to_string();
    for secret in ["Private", "private.example", "CUST-77", "DEBT-4", "Loan 4", "12345", "EUR"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn k1_without_the_scope_of_contacts_every_answer_has_their_ids_alone() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let client = Client::of(&desk, &channel).await;
    let (ticket, messages) = (path(&client.ticket), format!("{}/messages", path(&client.ticket)));
    let machine = desk.machine(&["tickets:read", "tickets:write", "webhooks:read", "admin"]).await;
    let (_, agent) = desk.user("Ann Agent", "agent").await;
    let scopes = ["tickets:read", "tickets:write"];
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": scopes});
    let shop = desk.with_key(&desk.key(key).await);
    for caller in [&machine, &agent, &shop] {
        let one = caller.get(&format!("{ticket}?include=opening_message")).await.ok();
        assert_eq!((&one["contact"]["id"], &one["account"]["id"]), (&client.contact["id"], &client.account["id"]));
        holds_ids_alone(&one);
        holds_ids_alone(&caller.get(&format!("/v1/tickets/number/{}", one["number"])).await.ok());
        holds_ids_alone(&caller.get("/v1/tickets").await.ok());
        holds_ids_alone(&caller.patch(&ticket, json!({"priority": "high"})).await.ok());
        holds_ids_alone(&caller.patch(&ticket, json!({"priority": "high"})).await.ok());
        holds_ids_alone(&caller.put(&format!("{ticket}/status"), json!({"status": "in_progress"})).await.ok());
        holds_ids_alone(&caller.get(&messages).await.ok());
        let tried = json!({"subject": "T", "from": {"email": "grace@private.example"}});
        let tried = caller.post("/v1/tickets?dry_run=true", tried).await.ok();
        assert_eq!(tried["events"].as_array().unwrap().len(), 1, "whether there is such a contact: {tried}");
    }
    let written = json!({"kind": "inbound", "body_text": "Relayed"});
    let told = machine.post(&messages, written).await.created();
    holds_ids_alone(&told);
    let message = format!("{messages}/{}", told["id"].as_str().unwrap());
    let one = machine.get(&message).await.ok();
    holds_ids_alone(&one);
    assert_eq!(one["sender"]["id"], client.contact["id"]);
    holds_ids_alone(&machine.patch(&message, json!({"body_text": "Relayed again"})).await.ok());
    let named = json!({"subject": "T", "contact_id": client.contact["id"], "account_id": client.account["id"]});
    holds_ids_alone(&machine.post("/v1/tickets", named).await.created());

    let whole = desk.owner.get(&ticket).await.ok();
    assert_eq!(whole["contact"]["external_id"], "CUST-77");
    assert_eq!(whole["account"]["current_balance_cents"], 12_345);
    assert_eq!(desk.owner.get(&message).await.ok()["sender"]["email"], "grace@private.example");
}

#[tokio::test]
async fn k1_the_feed_tells_of_contacts_whom_the_scope_of_contacts_lets_know() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let types = |feed: &Json| -> Vec<String> {
        let events = feed["data"].as_array().unwrap().iter();
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let has_both = |feed: &Json| {
        ["ticket.created", "contact.created"].iter().all(|kind| types(feed).contains(&(*kind).to_owned()))
    };
    let feed = desk.owner.eventually("/v1/events", has_both).await;
    assert_eq!(types(&feed).len(), 2);
    let blind = desk.machine(&["webhooks:read", "tickets:read"]).await;
    assert_eq!(types(&blind.get("/v1/events").await.expect(200)), ["ticket.created"]);
    let contact = format!("/v1/events?contact_id={}", ticket["contact"]["id"].as_str().unwrap());
    assert_eq!(types(&blind.get(&contact).await.expect(200)), [""; 0]);
    assert_eq!(types(&desk.owner.get(&contact).await.expect(200)), ["contact.created"]);
}

#[tokio::test]
async fn k1_a_channel_key_names_no_contact_and_no_account_by_its_id() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let client = Client::of(&desk, &channel).await;
    let scopes = ["tickets:read", "tickets:write"];
    let key = json!({"name": "C", "kind": "channel", "channel_id": channel["id"], "scopes": scopes});
    let shop = desk.with_key(&desk.key(key).await);
    let ticket = path(&client.ticket);
    for named in [
        json!({"contact_id": client.contact["id"]}),
        json!({"account_id": client.account["id"]}),
        json!({"contact_id": channel["id"]}),
    ] {
        let refused = async |reply: lambdesk_tests::Reply| reply.problem(403, "channel_may_not_name");
        let mut new = named.clone();
        new["subject"] = json!("S");
        for dry in ["", "?dry_run=true"] {
            refused(shop.post(&format!("/v1/tickets{dry}"), new.clone()).await).await;
            refused(shop.patch(&format!("{ticket}{dry}"), named.clone()).await).await;
            refused(shop.put(&format!("{ticket}{dry}"), new.clone()).await).await;
        }
        let (member, value) = named.as_object().unwrap().iter().next().unwrap();
        let operations = json!([{"op": "add", "path": format!("/{member}"), "value": value}]);
        let other = shop.post("/v1/tickets", json!({"subject": "T"})).await.created();
        let body = Some(operations.to_string().into_bytes());
        let patched = shop.send_raw(reqwest::Method::PATCH, &path(&other), "application/json-patch+json", body).await;
        refused(patched).await;
    }
    // What it may not name it does not clear by leaving it out.
    let put = shop.put(&ticket, json!({"subject": "Put"})).await.ok();
    assert_eq!((&put["contact"]["id"], &put["account"]["id"]), (&client.contact["id"], &client.account["id"]));
}

/// A machine key with all scopes and this end, and a caller with it.
async fn ending(maker: &Api, desk: &Desk, expires_at: &str) -> (Json, Api) {
    let scopes = ["tickets:read", "tickets:write", "admin"];
    let body = json!({"name": "E", "kind": "machine", "scopes": scopes, "expires_at": expires_at});
    let key = maker.post("/v1/api-keys", body).await.created();
    let caller = desk.with_key(key["key"].as_str().unwrap());
    (key, caller)
}

fn key_path(key: &Json) -> String {
    format!("/v1/api-keys/{}", key["id"].as_str().unwrap())
}

#[tokio::test]
async fn k2_what_a_key_makes_ends_no_later_than_itself() {
    let desk = Desk::start().await;
    let (own, program) = ending(&desk.owner, &desk, "2090-01-01T00:00:00Z").await;
    let new = |expires_at: Json| json!({"name": "N", "kind": "machine", "scopes": ["tickets:read"], "expires_at": expires_at});
    for later in [json!("2090-01-01T00:00:01Z"), Json::Null] {
        for dry in ["", "?dry_run=true"] {
            let made = program.post(&format!("/v1/api-keys{dry}"), new(later.clone())).await;
            assert_eq!(made.bad_fields(), ["/expires_at"]);
            let changed = program.patch(&format!("{}{dry}", key_path(&own)), json!({"expires_at": later})).await;
            assert_eq!(changed.bad_fields(), ["/expires_at"]);
        }
    }
    program.post("/v1/api-keys", new(json!("2089-01-01T00:00:00Z"))).await.created();
    let silent = json!({"name": "N", "kind": "machine", "scopes": ["tickets:read"]});
    let made = program.post("/v1/api-keys", silent.clone()).await.created();
    assert_eq!(made["expires_at"], "2090-01-01T00:00:00.000Z", "left out: with its maker");
    assert_eq!(desk.owner.post("/v1/api-keys", silent).await.created()["expires_at"], Json::Null);
    program.patch(&key_path(&own), json!({"expires_at": "2080-01-01T00:00:00Z"})).await.ok();
}

#[tokio::test]
async fn k2_no_key_gives_the_use_of_one_that_outlives_it() {
    let desk = Desk::start().await;
    let (_, program) = ending(&desk.owner, &desk, "2090-01-01T00:00:00Z").await;
    let endless = json!({"name": "L", "kind": "machine", "scopes": ["tickets:read"]});
    let endless = desk.owner.post("/v1/api-keys", endless).await.created();
    let rotate = format!("{}/rotate", key_path(&endless));
    program.post(&rotate, json!({})).await.problem(403, "outlives_own");
    program.post(&format!("{rotate}?dry_run=true"), json!({})).await.problem(403, "outlives_own");
    program.patch(&key_path(&endless), json!({"scopes": ["tickets:read", "admin"]})).await.problem(403, "outlives_own");
    // Less, and sooner, is no gift.
    program.patch(&key_path(&endless), json!({"name": "M", "expires_at": "2085-01-01T00:00:00Z"})).await.ok();

    // The secret before a rotation lives on for an hour: it gets itself no other.
    let scopes = ["tickets:read", "admin"];
    let key = json!({"name": "R", "kind": "machine", "scopes": scopes});
    let key = desk.owner.post("/v1/api-keys", key).await.created();
    let old = desk.with_key(key["key"].as_str().unwrap());
    let rotate = format!("{}/rotate", key_path(&key));
    desk.owner.post(&rotate, json!({"overlap_hours": 1})).await.ok();
    old.post(&rotate, json!({})).await.problem(403, "outlives_own");
    old.post("/v1/api-keys", json!({"name": "N", "kind": "machine", "scopes": scopes, "expires_at": null}))
        .await
        .expect(422);
}

#[tokio::test]
async fn k2_a_user_who_is_switched_off_leaves_no_key_behind_unseen() {
    let desk = Desk::start().await;
    let (admin, _) = desk.user("Ada Admin", "admin").await;
    let key = json!({"name": "Ada", "kind": "user", "user_id": admin["id"], "scopes": ["tickets:read", "admin"]});
    let ada = desk.with_key(&desk.key(key).await);
    let machine = json!({"name": "Bot", "kind": "machine", "scopes": ["tickets:read", "admin"]});
    let bot = ada.post("/v1/api-keys", machine).await.created();
    assert_eq!(bot["created_by"], json!({"kind": "user", "id": admin["id"]}));
    let program = desk.with_key(bot["key"].as_str().unwrap());
    let second = json!({"name": "Bot of the bot", "kind": "machine", "scopes": ["tickets:read"]});
    let second = program.post("/v1/api-keys", second).await.created();
    assert_eq!(second["created_by"], json!({"kind": "machine", "id": bot["id"]}));
    let others = json!({"name": "Other", "kind": "machine", "scopes": ["tickets:read"]});
    let other = desk.owner.post("/v1/api-keys", others).await.created();
    let rotated = ada.post(&format!("{}/rotate", key_path(&other)), json!({})).await.ok();
    let listed = ada.get(&format!("/v1/api-keys?created_by={}", admin["id"].as_str().unwrap())).await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");

    let user = format!("/v1/users/{}", admin["id"].as_str().unwrap());
    let off = json!({"is_enabled": false});
    let names = |told: &Json| -> Vec<(String, bool)> {
        let keys = told["made_keys"].as_array().unwrap().iter();
        keys.map(|key| (key["name"].as_str().unwrap().to_owned(), key["is_ended"].as_bool().unwrap())).collect()
    };
    let all = |is_ended| ["Bot", "Bot of the bot", "Other"].map(|name| (name.to_owned(), is_ended)).to_vec();
    let tried = desk.owner.patch(&format!("{user}?dry_run=true&end_keys=true"), off.clone()).await.ok();
    assert!(tried["changes"].as_array().unwrap().iter().any(|change| change["field"] == "made_keys"), "{tried}");
    program.get("/v1/tickets").await.ok();
    // What is refused ends nothing.
    let taken = json!({"is_enabled": false, "email": "owner@desk.example"});
    desk.owner.patch(&format!("{user}?end_keys=true"), taken).await.problem(409, "taken");
    assert_eq!(desk.owner.get("/v1/api-keys?kind=machine").await.ok().as_array().unwrap().len(), 3);
    let mut told = names(&desk.owner.patch(&user, off.clone()).await.ok());
    told.sort();
    assert_eq!(told, all(false));
    program.get("/v1/tickets").await.ok();
    let mut told = names(&desk.owner.patch(&format!("{user}?end_keys=true"), off).await.ok());
    told.sort();
    assert_eq!(told, all(true));
    let left = desk.owner.get("/v1/api-keys?kind=machine").await.ok();
    assert_eq!(left.as_array().unwrap().len(), 0, "{left}");
    for secret in [&bot["key"], &second["key"], &rotated["key"]] {
        desk.with_key(secret.as_str().unwrap()).get("/v1/tickets").await.expect(401);
    }
    let on = desk.owner.patch(&user, json!({"is_enabled": true})).await.ok();
    assert!(on.get("made_keys").is_none(), "{on}");
}

#[tokio::test]
async fn k5_a_star_over_hosts_that_anybody_can_have_is_refused() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let path = format!("/v1/channels/{}", channel["id"].as_str().unwrap());
    for public in ["*.com", "*.co.uk", "*.COM:8443", "*.github.io", "*.compute.amazonaws.com", "*.рф", "*.kawasaki.jp"]
    {
        let hosts = json!({"hostnames": ["shop.example", public]});
        assert_eq!(desk.owner.patch(&path, hosts.clone()).await.bad_fields(), ["/hostnames/1"], "{public}");
        let new = json!({"name": "N", "type": "form", "hostnames": [public]});
        assert_eq!(desk.owner.post("/v1/channels", new).await.bad_fields(), ["/hostnames/0"], "{public}");
    }
    let own = json!({"hostnames": ["*.shop.example", "*.shop.co.uk", "*.me.github.io", "*.localhost:5173"]});
    desk.owner.patch(&path, own).await.ok();
}
