//! G · Grow CRM: what creates and changes tickets.

use lambdesk_tests::{Api, Desk, Json, json};
use reqwest::Method;

const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// Two clients, each with a project.
async fn clients(owner: &Api) -> [(Json, Json); 2] {
    let mut clients = Vec::new();
    for name in ["Acme", "Globex"] {
        let email = format!("{}@client.example", name.to_lowercase());
        let client = owner.post("/v1/contacts", json!({"name": name, "email": email})).await.created();
        let project = json!({"kind": "project", "name": name, "contact_id": client["id"]});
        let project = owner.post("/v1/accounts", project).await.created();
        clients.push((client, project));
    }
    clients.try_into().unwrap()
}

#[tokio::test]
async fn g3_references_must_exist_here_and_a_project_must_belong_to_the_client() {
    let desk = Desk::start().await;
    let [(acme, acmes), (globex, globexs)] = clients(&desk.owner).await;
    let other = desk.other_workspace().await;
    let foreign_category = other.post("/v1/categories", json!({"name": "Sales"})).await.created();
    let foreign_contact = other.post("/v1/contacts", json!({"email": "x@other.example"})).await.created();
    let foreign_account = other.post("/v1/accounts", json!({"kind": "project"})).await.created();
    let ticket = desk.ticket("S").await;
    for (category, contact, account) in [
        (json!(ABSENT), json!(ABSENT), json!(ABSENT)),
        (foreign_category["id"].clone(), foreign_contact["id"].clone(), foreign_account["id"].clone()),
    ] {
        let body = json!({"subject": "S", "category_id": category, "contact_id": contact, "account_id": account});
        let expected = ["/account_id", "/category_id", "/contact_id"];
        assert_eq!(desk.owner.post("/v1/tickets", body.clone()).await.bad_fields(), expected);
        assert_eq!(desk.owner.patch(&path(&ticket), body.clone()).await.bad_fields(), expected);
        assert_eq!(desk.owner.put(&path(&ticket), body).await.bad_fields(), expected);
    }

    let mismatched = json!({"subject": "S", "contact_id": acme["id"], "account_id": globexs["id"]});
    assert_eq!(desk.owner.post("/v1/tickets", mismatched.clone()).await.bad_fields(), ["/account_id"]);
    assert_eq!(desk.owner.put(&path(&ticket), mismatched).await.bad_fields(), ["/account_id"]);
    let fitting = json!({"subject": "S", "contact_id": acme["id"], "account_id": acmes["id"]});
    let ticket = desk.owner.post("/v1/tickets", fitting).await.created();
    let path = path(&ticket);
    assert_eq!(desk.owner.patch(&path, json!({"account_id": globexs["id"]})).await.bad_fields(), ["/account_id"]);
    assert_eq!(desk.owner.patch(&path, json!({"contact_id": globex["id"]})).await.bad_fields(), ["/contact_id"]);
    assert_eq!(desk.owner.get(&path).await.ok()["version"], 1, "nothing was written");
    let both = json!({"contact_id": globex["id"], "account_id": globexs["id"]});
    let moved = desk.owner.patch(&path, both).await.ok();
    assert_eq!((&moved["contact"]["id"], &moved["account"]["id"]), (&globex["id"], &globexs["id"]));
    desk.owner.patch(&path, json!({"account_id": null})).await.ok();
    desk.owner.patch(&path, json!({"contact_id": acme["id"]})).await.ok();
    let back = desk.owner.patch(&path, json!({"account_id": acmes["id"]})).await.ok();
    assert_eq!(back["account"]["name"], "Acme");
}

#[tokio::test]
async fn g3_a_channel_may_demand_a_known_client_and_a_department() {
    let desk = Desk::start().await;
    let channel = json!({
        "name": "Clients", "type": "form", "require_existing_contact": true, "require_category": true,
    });
    let channel = desk.owner.post("/v1/channels", channel).await.created();
    let category = desk.owner.post("/v1/categories", json!({"name": "Sales"})).await.created();
    let [(acme, _), _] = clients(&desk.owner).await;
    let base = json!({"subject": "S", "channel_id": channel["id"]});
    let with = |more: Json| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(desk.owner.post("/v1/tickets", base.clone()).await.bad_fields(), ["/category_id", "/contact_id"]);
    let stranger = with(json!({"category_id": category["id"], "from": {"email": "stranger@else.example"}}));
    assert_eq!(desk.owner.post("/v1/tickets", stranger).await.bad_fields(), ["/from/email"]);
    let known = with(json!({"category_id": category["id"], "from": {"email": "acme@client.example"}}));
    assert_eq!(desk.owner.post("/v1/tickets", known).await.created()["contact"]["id"], acme["id"]);
    let named = with(json!({"category_id": category["id"], "contact_id": acme["id"]}));
    desk.owner.post("/v1/tickets", named).await.created();
}

#[tokio::test]
async fn g4_a_silent_write_is_recorded_and_told_to_nobody() {
    let desk = Desk::start().await;
    let tag = desk.owner.post("/v1/tags", json!({"name": "billing"})).await.created();
    desk.owner.patch("/v1/workspace", json!({"deletion": "trash"})).await.ok();
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let team = desk.owner.post("/v1/teams", json!({"name": "Sales"})).await.created();
    let mut receiver = desk.receiver(&["*"]).await;
    let body = json!({"subject": "S", "message": {"body_text": "I get an error."}});
    let ticket = desk.owner.post("/v1/tickets?silent=true", body).await.created();
    let path = path(&ticket);
    let writes = [
        (Method::PATCH, String::new(), json!({"subject": "T"})),
        (Method::PUT, String::new(), json!({"subject": "U"})),
        (Method::PUT, "/status".to_owned(), json!({"status": "on_hold"})),
        (Method::PUT, "/assignee".to_owned(), json!({"assignee_id": jane["id"]})),
        (Method::POST, "/assign".to_owned(), json!({})),
        (Method::PUT, "/team".to_owned(), json!({"team_id": team["id"]})),
        (Method::PUT, "/tags".to_owned(), json!({"tags": ["billing"]})),
        (Method::DELETE, format!("/tags/{}", tag["id"].as_str().unwrap()), Json::Null),
        (Method::POST, "/tags".to_owned(), json!({"tags": ["billing"]})),
        (Method::PUT, "/follow_up".to_owned(), json!({"follow_up_at": "2031-01-01T00:00:00Z"})),
        (Method::POST, "/read".to_owned(), json!({})),
        (Method::POST, "/unread".to_owned(), json!({})),
        (Method::POST, "/messages".to_owned(), json!({"body_text": "We are looking into it."})),
        (Method::POST, "/messages".to_owned(), json!({"body_text": "She called.", "kind": "note"})),
        (Method::POST, "/archive".to_owned(), json!({})),
        (Method::POST, "/restore".to_owned(), json!({})),
        (Method::DELETE, String::new(), Json::Null),
        (Method::POST, "/restore".to_owned(), json!({})),
    ];
    let count = writes.len() + 1;
    for (method, verb, body) in writes {
        let body = (!body.is_null()).then_some(body);
        let reply = desk.owner.send(method.clone(), &format!("{path}{verb}?silent=true"), body).await;
        assert!(reply.status.is_success(), "{method} {verb}: {}", reply.body);
    }
    let log = format!("{path}/activities?limit=100");
    let log = desk.owner.eventually(&log, |body| body["data"].as_array().is_some_and(|d| d.len() >= count)).await;
    let events = log["data"].as_array().unwrap();
    assert_eq!(events.len(), count, "each of them changed something");
    assert!(events.iter().all(|event| event["is_silent"] == true), "{log}");
    receiver.silence().await;
    desk.owner.patch(&path, json!({"subject": "aloud"})).await.ok();
    assert_eq!(receiver.next().await.event["sequence"], count + 1);
}

#[tokio::test]
async fn g6_a_ticket_tells_its_opening_message_creator_replies_status_time_and_tag_titles() {
    let desk = Desk::start().await;
    desk.owner.post("/v1/tags", json!({"name": "billing", "color": "#ff0000"})).await.created();
    let body = json!({
        "subject": "Cannot log in", "tags": ["billing"], "priority": "high",
        "message": {"body_text": "I get an error on the login page."},
    });
    let created = desk.owner.post("/v1/tickets", body).await.created();
    assert_eq!(created["messages"][0]["body_text"], "I get an error on the login page.");
    assert_eq!(created["opening_message_id"], created["messages"][0]["id"]);
    assert_eq!(created["creator"]["kind"], "user");
    assert_eq!((&created["tags"][0]["name"], &created["tags"][0]["color"]), (&json!("billing"), &json!("#ff0000")));
    assert_eq!((&created["priority"], &created["replies_count"]), (&json!("high"), &json!(0)));
    assert_eq!(created["status_changed_at"], created["created_at"]);
    let path = path(&created);
    for number in 1..=22 {
        desk.owner.post(&format!("{path}/messages"), json!({"body_text": number.to_string()})).await.created();
    }
    let ticket = desk.owner.get(&path).await.ok();
    assert_eq!(ticket["replies_count"], 22);
    assert_eq!(ticket["messages"][0]["body_text"], "3", "the newest twenty");
    let whole = desk.owner.get(&format!("{path}?include=opening_message")).await.ok();
    assert_eq!(whole["opening_message"], created["messages"][0], "though the thread is longer than what is embedded");
    assert!(ticket["status_changed_at"].as_str() > created["status_changed_at"].as_str(), "answered");
    let bare = desk.owner.post("/v1/tickets", json!({"subject": "S"})).await.created();
    assert_eq!(bare["opening_message_id"], Json::Null);
    let bare = format!("/v1/tickets/{}?include=opening_message", bare["id"].as_str().unwrap());
    assert_eq!(desk.owner.get(&bare).await.ok().get("opening_message"), Some(&Json::Null));
}

#[tokio::test]
async fn g7_words_of_other_systems_are_taken_everywhere_and_answered_in_ours() {
    let desk = Desk::start().await;
    for (theirs, ours) in [
        ("pending", "open"),
        ("ongoing", "in_progress"),
        ("answered", "waiting"),
        ("customer_replied", "open"),
        ("completed", "resolved"),
    ] {
        let created = desk.owner.post("/v1/tickets", json!({"subject": theirs, "status": theirs})).await.created();
        assert_eq!(created["status"], ours);
        let path = path(&created);
        desk.owner.put(&format!("{path}/status"), json!({"status": "on_hold"})).await.ok();
        assert_eq!(desk.owner.put(&format!("{path}/status"), json!({"status": theirs})).await.ok()["status"], ours);
        desk.owner.patch(&path, json!({"status": "on_hold"})).await.ok();
        assert_eq!(desk.owner.patch(&path, json!({"status": theirs})).await.ok()["status"], ours);
        desk.owner.patch(&path, json!({"status": "on_hold"})).await.ok();
        let put = desk.owner.put(&path, json!({"subject": theirs, "status": theirs})).await.ok();
        assert_eq!(put["status"], ours);
        let found = desk.owner.get(&format!("/v1/tickets?status={theirs}")).await.ok();
        let found: Vec<_> = found.as_array().unwrap().iter().map(|row| &row["status"]).collect();
        assert!(!found.is_empty() && found.iter().all(|status| *status == ours), "{found:?}");
    }
}

#[tokio::test]
async fn g7_awaiting_tells_who_spoke_last() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let opened = crate::answerpal::chat(&desk, &channel, "S").await;
    let ticket = desk.owner.get("/v1/tickets").await.ok()[0].clone();
    let path = path(&ticket);
    let turn = async || {
        let ticket = desk.owner.get(&path).await.ok();
        (ticket["status"].as_str().unwrap().to_owned(), ticket["awaiting"].as_str().unwrap().to_owned())
    };
    let is = |status: &str, awaiting: &str| (status.to_owned(), awaiting.to_owned());
    assert_eq!(turn().await, is("open", "agent"));
    desk.owner.post(&format!("{path}/messages"), json!({"body_text": "Hello!"})).await.created();
    assert_eq!(turn().await, is("waiting", "customer"));
    desk.owner.post(&format!("{path}/messages"), json!({"body_text": "?", "kind": "note"})).await.created();
    assert_eq!(turn().await, is("waiting", "customer"), "a note is among ourselves");
    let visitor = desk.nobody().with("origin", "https://shop.example");
    let messages = format!("/intake/tickets/{}/messages", opened["public_token"].as_str().unwrap());
    visitor.post(&messages, json!({"body_text": "Thanks, but no."})).await.created();
    assert_eq!(turn().await, is("open", "agent"));
    let silent = desk.owner.post("/v1/tickets", json!({"subject": "nothing said"})).await.created();
    assert_eq!(silent["awaiting"], "none");
}

#[tokio::test]
async fn g8_priorities_are_set_sorted_out_and_held_to_their_words() {
    let desk = Desk::start().await;
    for priority in ["low", "normal", "high", "urgent"] {
        let body = json!({"subject": priority, "priority": priority});
        assert_eq!(desk.owner.post("/v1/tickets", body).await.created()["priority"], priority);
    }
    let plain = desk.owner.post("/v1/tickets", json!({"subject": "plain"})).await.created();
    assert_eq!(plain["priority"], "normal");
    let channel = json!({"name": "Hot line", "type": "phone", "default_priority": "urgent"});
    let channel = desk.owner.post("/v1/channels", channel).await.created();
    let hot = desk.owner.post("/v1/tickets", json!({"subject": "hot", "channel_id": channel["id"]})).await.created();
    assert_eq!(hot["priority"], "urgent");
    assert_eq!(desk.owner.patch(&path(&plain), json!({"priority": "high"})).await.ok()["priority"], "high");
    let high = desk.owner.get("/v1/tickets?priority=high").await.ok();
    assert_eq!(high.as_array().unwrap().len(), 2);
    for bad in [json!("critical"), json!(1), json!(null)] {
        assert_eq!(desk.owner.patch(&path(&plain), json!({"priority": bad})).await.bad_fields(), ["/priority"]);
        assert_eq!(
            desk.owner.post("/v1/tickets", json!({"subject": "S", "priority": bad})).await.bad_fields(),
            ["/priority"]
        );
    }
}

#[tokio::test]
async fn g17_an_archived_ticket_is_out_of_the_lists_but_can_be_read_and_edited() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = path(&ticket);
    let listed =
        async |query: &str| desk.owner.get(&format!("/v1/tickets{query}")).await.ok().as_array().unwrap().len();
    let archived = desk.owner.post(&format!("{path}/archive"), json!({})).await.ok();
    assert!(archived["is_archived"] == true && archived["archived_at"].is_string());
    assert_eq!((listed("").await, listed("?include=archived").await), (0, 1));
    let twice = desk.owner.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!(twice.header("etag"), "\"2\"", "archiving what is archived changes nothing");
    assert_eq!(desk.owner.get(&path).await.ok()["subject"], "S", "still readable");
    assert_eq!(desk.owner.patch(&path, json!({"subject": "T"})).await.ok()["is_archived"], true, "and editable");
    desk.owner.post(&format!("/v1/tickets/{ABSENT}/archive"), json!({})).await.problem(404, "not_found");
}

#[tokio::test]
async fn g18_an_archived_ticket_is_restored_as_it_was() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = path(&ticket);
    let listed =
        async |query: &str| desk.owner.get(&format!("/v1/tickets{query}")).await.ok().as_array().unwrap().len();
    desk.owner.put(&format!("{path}/status"), json!({"status": "on_hold"})).await.ok();
    desk.owner.post(&format!("{path}/archive"), json!({})).await.ok();
    assert_eq!(listed("?status=on_hold").await, 0);
    let restored = desk.owner.post(&format!("{path}/restore"), json!({})).await.ok();
    assert_eq!((listed("?status=on_hold").await, &restored["status"]), (1, &json!("on_hold")));
    assert_eq!((&restored["is_archived"], &restored["archived_at"]), (&json!(false), &Json::Null));
    assert_eq!((listed("").await, listed("?include=archived").await), (1, 1));
    desk.owner.post(&format!("{path}/restore"), json!({})).await.problem(409, "not_put_away");
    desk.owner.post(&format!("/v1/tickets/{ABSENT}/restore"), json!({})).await.problem(404, "not_found");
}
