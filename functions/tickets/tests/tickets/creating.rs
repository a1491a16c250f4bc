//! `POST /v1/tickets`: what a new ticket is made of, and who its contact is.

use crate::fixtures::{TICKETS, account, caller, category, contact, field, id_of, open, owner, path_of, tag, team};
use lambdesk_domain::{
    access::{Role, Scope},
    contact::Contact,
    directory::{Entry, Tag},
    id::{TagId, Version},
    status::{ChannelType, Priority},
};
use lambdesk_store_contacts::ContactPlan;
use lambdesk_testkit::{ClientAnswer, Desk};
use serde_json::{Value as Json, json};

/// Types of the events that a dry run tells.
fn types(tried: &ClientAnswer) -> Vec<String> {
    let events = tried.data()["events"].as_array().unwrap().clone();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_new_ticket_is_answered_whole_with_its_place_and_version() {
    let desk = Desk::open().await;
    let body = json!({
        "subject": "Where is it?", "from": {"name": "Ada", "email": "Ada@Customer.example", "phone": "+49 30 1"},
        "message": {"body_text": "My order has not come."},
    });
    let answer = owner(&desk).post(TICKETS, body).await;
    let ticket = answer.created();
    assert_eq!((answer.header("location"), answer.header("etag")), (path_of(&ticket).as_str(), "\"1\""));
    for (member, value) in [
        ("number", json!(1)),
        ("version", json!(1)),
        ("subject", json!("Where is it?")),
        ("status", json!("open")),
        ("priority", json!("normal")),
        ("source", json!("agent")),
        ("awaiting", json!("agent")),
        ("preview", json!("My order has not come.")),
        ("replies_count", json!(0)),
        ("creator", json!({"kind": "user", "id": desk.owner})),
        ("is_processed", json!(true)),
        ("created_at", json!(desk.now())),
        ("last_activity_at", json!(desk.now())),
        ("requester", json!({"name": "Ada", "email": "ada@customer.example", "phone": "+49 30 1"})),
        ("assignee", Json::Null),
        ("channel", Json::Null),
        ("has_more_messages", json!(false)),
    ] {
        assert_eq!(ticket[member], value, "{member}");
    }
    assert_eq!(
        (&ticket["contact"]["name"], &ticket["contact"]["email"]),
        (&json!("Ada"), &json!("ada@customer.example"))
    );
    let message = &ticket["messages"][0];
    assert_eq!((&message["body_text"], &message["kind"]), (&json!("My order has not come."), &json!("inbound")));
    assert_eq!(ticket["opening_message_id"], message["id"]);
    assert_eq!(owner(&desk).get(&path_of(&ticket)).await.ok(), ticket, "and read just so");
}

#[tokio::test]
async fn a_subject_is_enough() {
    let desk = Desk::open().await;
    let ticket = owner(&desk).post(TICKETS, json!({"subject": "S"})).await.created();
    assert_eq!((&ticket["contact"], &ticket["messages"]), (&Json::Null, &json!([])));
    assert_eq!((&ticket["preview"], &ticket["awaiting"]), (&json!(""), &json!("none")));
    assert_eq!(ticket["requester"], json!({}));
}

#[tokio::test]
async fn everything_that_can_be_given_is_taken() {
    let desk = Desk::open().await;
    let grace = contact(&desk, "grace@customer.example").await;
    let (late, vip) = (tag(&desk, "late").await, tag(&desk, "VIP").await);
    field(&desk, "plan", false, &["gold", "silver"]).await;
    let jane = desk.user(Role::Agent).await;
    let body = json!({
        "channel_id": desk.channel(|_| ()).await.id, "subject": "S", "status": "on_hold", "priority": "urgent",
        "category_id": category(&desk, "Billing").await, "team_id": team(&desk, "Second line").await,
        "assignee_id": jane.id, "contact_id": grace, "account_id": account(&desk, Some(grace)).await,
        "tags": ["vip", late], "custom": {"plan": "gold"}, "uid": "user-7", "summary": "In short",
        "follow_up_at": "2026-02-01T00:00:00Z",
    });
    let ticket = owner(&desk).post(TICKETS, body.clone()).await.created();
    for member in ["channel", "category", "team", "assignee", "contact", "account"] {
        assert_eq!(ticket[member]["id"], body[format!("{member}_id")], "{member}");
        assert!(ticket[member]["name"].is_string(), "{member} is shown by name: {ticket}");
    }
    for member in ["subject", "status", "priority", "custom", "uid", "summary"] {
        assert_eq!(ticket[member], body[member], "{member}");
    }
    assert_eq!(ticket["follow_up_at"], "2026-02-01T00:00:00.000Z");
    let tags: Vec<_> = ticket["tags"].as_array().unwrap().iter().map(|tag| tag["id"].clone()).collect();
    assert_eq!(tags, [json!(late), json!(vip)]);
}

#[tokio::test]
async fn a_channel_gives_what_is_left_out() {
    let desk = Desk::open().await;
    let (support, billing) = (team(&desk, "Support").await, category(&desk, "Billing").await);
    let phone = desk.channel(|channel| {
        channel.kind = ChannelType::Phone;
        channel.default_priority = Priority::High;
        channel.opening.default_team = Some(support);
        channel.opening.default_category = Some(billing);
    });
    let phone = phone.await;
    let machine = caller(&desk, &desk.machine_key(&[Scope::TicketsWrite]).await);
    let ticket = machine.post(TICKETS, json!({"subject": "S", "channel_id": phone.id})).await.created();
    assert_eq!((&ticket["priority"], &ticket["source"]), (&json!("high"), &json!("phone")));
    assert_eq!((&ticket["team"]["id"], &ticket["category"]["id"]), (&json!(support), &json!(billing)));
    let own = team(&desk, "Second line").await;
    let body = json!({"subject": "S", "channel_id": phone.id, "team_id": own, "priority": "low"});
    let ticket = owner(&desk).post(TICKETS, body).await.created();
    assert_eq!((&ticket["priority"], &ticket["team"]["id"]), (&json!("low"), &json!(own)));
    assert_eq!(ticket["source"], "agent", "a person's ticket is an agent's on every channel");
}

#[tokio::test]
async fn a_channel_key_opens_on_its_own_channel_and_on_no_other() {
    let desk = Desk::open().await;
    let (own, other) = (desk.channel(|channel| channel.kind = ChannelType::Chat).await, desk.channel(|_| ()).await);
    let program = caller(&desk, &desk.channel_key(&own).await);
    let ticket = program.post(TICKETS, json!({"subject": "S"})).await.created();
    assert_eq!((&ticket["channel"]["id"], &ticket["source"]), (&json!(own.id), &json!("chat")));
    let foreign = program.post(TICKETS, json!({"subject": "S", "channel_id": other.id})).await;
    assert_eq!(foreign.problem(), (403, "foreign_channel".to_owned()));
}

#[tokio::test]
async fn what_a_channel_requires_must_be_there() {
    let desk = Desk::open().await;
    let strict = desk.channel(|channel| {
        channel.opening.require_category = true;
        channel.opening.require_contact = true;
    });
    let strict = strict.await.id;
    let owner = owner(&desk);
    let refused = owner.post(TICKETS, json!({"subject": "S", "channel_id": strict})).await;
    assert_eq!(
        (refused.status, refused.errors()),
        (422, vec![("/category_id", "required"), ("/contact_id", "required")])
    );
    let billing = category(&desk, "Billing").await;
    let from = json!({"subject": "S", "channel_id": strict, "category_id": billing, "from": {"email": "a@b.example"}});
    owner.post(TICKETS, from).await.created();

    let known = desk.channel(|channel| channel.require_existing_contact = true).await.id;
    let from = async |email: &str| {
        let body = json!({"subject": "S", "channel_id": known, "from": {"email": email}});
        owner.post(TICKETS, body).await
    };
    assert_eq!(from("nobody@b.example").await.errors(), [("/from/email", "no_such_reference")]);
    assert_eq!(from("a@b.example").await.status, 201);
    let off = desk.channel(|channel| channel.is_enabled = false).await.id;
    let refused = owner.post(TICKETS, json!({"subject": "S", "channel_id": off})).await;
    assert_eq!((refused.status, refused.errors()), (422, vec![("/channel_id", "channel_off")]));
}

#[tokio::test]
async fn one_address_is_one_contact() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let from = async |email: &str| {
        let ticket = owner.post(TICKETS, json!({"subject": "S", "from": {"email": email}})).await.created();
        ticket["contact"]["id"].clone()
    };
    let ada = from("ada@customer.example").await;
    assert_eq!(from("ADA@customer.example").await, ada);
    assert_ne!(from("bo@customer.example").await, ada);
    let grace = contact(&desk, "grace@customer.example").await;
    assert_eq!(from("grace@customer.example").await, json!(grace), "whoever has it already");
}

#[tokio::test]
async fn what_a_blocked_contact_opens_is_kept_back() {
    let desk = Desk::open().await;
    let grace = contact(&desk, "grace@customer.example").await;
    let found = desk.store.contacts.contact(desk.workspace, grace).await.unwrap().unwrap();
    let blocked = Contact { is_blocked: true, ..found };
    let slot = desk.store.contacts.slot(desk.workspace, grace).await.unwrap();
    let plan = ContactPlan::change(&slot, &blocked, None, None);
    assert!(desk.store.contacts.write_contacts(desk.workspace, &plan, None, None, desk.now()).await.unwrap());
    for body in [
        json!({"subject": "S", "from": {"email": "grace@customer.example"}}),
        json!({"subject": "S", "contact_id": grace}),
    ] {
        let ticket = owner(&desk).post(TICKETS, body).await.created();
        assert_eq!(ticket["is_processed"], false, "{ticket}");
        desk.project().await;
        let event = desk.store.events.event(desk.workspace, id_of(&path_of(&ticket)), Version::FIRST);
        assert!(event.await.unwrap().unwrap().is_silent);
    }
}

#[tokio::test]
async fn an_account_brings_its_owner_and_fits_nobody_else() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let (grace, ada) = (contact(&desk, "grace@customer.example").await, contact(&desk, "ada@customer.example").await);
    let (hers, nobodys) = (account(&desk, Some(grace)).await, account(&desk, None).await);
    let ticket = owner.post(TICKETS, json!({"subject": "S", "account_id": hers})).await.created();
    assert_eq!((&ticket["contact"]["id"], &ticket["account"]["contact_id"]), (&json!(grace), &json!(grace)));
    let ticket = owner.post(TICKETS, json!({"subject": "S", "account_id": nobodys, "contact_id": ada})).await.created();
    assert_eq!((&ticket["contact"]["id"], &ticket["account"]["id"]), (&json!(ada), &json!(nobodys)));
    for body in [
        json!({"subject": "S", "account_id": hers, "contact_id": ada}),
        json!({"subject": "S", "account_id": hers, "from": {"email": "ada@customer.example"}}),
    ] {
        let refused = owner.post(TICKETS, body).await;
        assert_eq!((refused.status, refused.errors()), (422, vec![("/account_id", "foreign_account")]));
    }
}

#[tokio::test]
async fn a_message_may_be_ours_and_may_be_secure() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let ours = json!({"subject": "S", "message": {"body_html": "<p>We <b>call</b></p>", "kind": "outbound"}});
    let ticket = owner.post(TICKETS, ours).await.created();
    assert_eq!((&ticket["awaiting"], &ticket["messages"][0]["sender"]["kind"]), (&json!("customer"), &json!("user")));
    assert_eq!((&ticket["messages"][0]["body_text"], &ticket["preview"]), (&json!("We call"), &json!("We call")));
    let secret = json!({"subject": "S", "message": {"body_text": "PIN 1234", "is_secure": true}});
    let ticket = owner.post(TICKETS, secret).await.created();
    assert_eq!((&ticket["messages"][0]["body_text"], &ticket["preview"]), (&json!("PIN 1234"), &json!("")));
    let program = caller(&desk, &desk.machine_key(&[Scope::TicketsRead]).await);
    assert!(!program.get(&path_of(&ticket)).await.text.contains("1234"), "people alone read it");
}

#[tokio::test]
async fn required_fields_of_the_workspace_must_be_there() {
    let desk = Desk::open().await;
    field(&desk, "order", true, &[]).await;
    let owner = owner(&desk);
    for body in [json!({"subject": "S"}), json!({"subject": "S", "custom": {"order": null}})] {
        assert_eq!(owner.post(TICKETS, body).await.errors(), [("/custom/order", "invalid_custom_field")]);
    }
    let ticket = owner.post(TICKETS, json!({"subject": "S", "custom": {"order": "A-1"}})).await.created();
    assert_eq!(ticket["custom"], json!({"order": "A-1"}));
}

#[tokio::test]
async fn names_that_another_process_has_just_made_are_known() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    open(&owner, json!({"subject": "the directory is remembered now"})).await;
    let tag = Tag { id: TagId::new(desk.clock.new_uuid()), name: "new".parse().unwrap(), color: None };
    let entry = Entry::Tag(tag);
    let elsewhere = desk.table.elsewhere().directories;
    elsewhere.add_entry(desk.workspace, &entry, None, desk.now()).await.unwrap();
    let ticket = owner.post(TICKETS, json!({"subject": "S", "tags": ["new"]})).await.created();
    assert_eq!(ticket["tags"][0]["name"], "new");
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once_and_nothing_is_stored() {
    let desk = Desk::open().await;
    let none = "01890a5d-ac96-774b-bcce-b302099a8057";
    let body = json!({
        "subject": 7, "from": {"email": "no", "name": {}, "x": 1}, "status": "gone", "priority": [],
        "message": {"body_text": "a", "body_html": "b", "kind": "note", "is_secure": 1},
        "channel_id": none, "category_id": "x", "team_id": none, "assignee_id": none, "contact_id": none,
        "account_id": none, "tags": ["none", none], "custom": {"a/b": 1}, "follow_up_at": "tomorrow",
        "uid": "u".repeat(255), "summary": 1, "number": 1,
    });
    let answer = owner(&desk).post(TICKETS, body).await;
    let mut errors = answer.errors();
    errors.sort_unstable();
    let expected = [
        ("/account_id", "no_such_reference"),
        ("/assignee_id", "no_such_reference"),
        ("/category_id", "invalid"),
        ("/channel_id", "no_such_reference"),
        ("/contact_id", "no_such_reference"),
        ("/custom/a~1b", "invalid_custom_field"),
        ("/follow_up_at", "invalid"),
        ("/from/email", "invalid"),
        ("/from/name", "wrong_type"),
        ("/from/x", "unknown_field"),
        ("/message/body_text", "exclusive"),
        ("/message/is_secure", "wrong_type"),
        ("/message/kind", "invalid"),
        ("/number", "unknown_field"),
        ("/priority", "wrong_type"),
        ("/status", "invalid"),
        ("/subject", "wrong_type"),
        ("/summary", "wrong_type"),
        ("/tags/0", "no_such_reference"),
        ("/tags/1", "no_such_reference"),
        ("/team_id", "no_such_reference"),
        ("/uid", "invalid"),
    ];
    assert_eq!((answer.status, errors), (422, expected.to_vec()));
    desk.project().await;
    assert_eq!(owner(&desk).get(TICKETS).await.data(), json!([]));
}

#[tokio::test]
async fn a_repeated_request_opens_one_ticket_and_answers_the_same() {
    let desk = Desk::open().await;
    let once = owner(&desk).with("idempotency-key", "k-1");
    let body = json!({"subject": "S", "from": {"email": "ada@customer.example"}, "message": {"body_text": "?"}});
    let (first, again) = (once.post(TICKETS, body.clone()).await, once.post(TICKETS, body.clone()).await);
    assert_eq!((first.status, again.status, &first.text), (201, 201, &again.text));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    for header in ["location", "etag"] {
        assert_eq!(first.header(header), again.header(header));
    }
    let other = once.post(TICKETS, json!({"subject": "T"})).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    let machine = caller(&desk, &desk.machine_key(&[Scope::TicketsWrite]).await).with("idempotency-key", "k-1");
    let second = machine.post(TICKETS, body).await.created();
    assert_ne!(second["id"], first.data()["id"], "another caller's key is another");
}

#[tokio::test]
async fn a_dry_run_tells_what_would_follow_and_spends_no_number() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let body = json!({"subject": "Secret", "from": {"email": "ada@customer.example"}, "message": {"body_text": "?"}});
    let tried = owner.post(&format!("{TICKETS}?dry_run=true"), body.clone()).await;
    assert_eq!((tried.status, types(&tried)), (200, vec!["ticket.created".to_owned(), "contact.created".to_owned()]));
    assert!(!tried.text.contains("Secret") && !tried.text.contains("ada@customer.example"), "{}", tried.text);
    let bad = owner.post(&format!("{TICKETS}?dry_run=true"), json!({})).await;
    assert_eq!((bad.status, bad.errors()), (422, vec![("/subject", "required")]));
    assert!(!desk.table.everything().await.contains("ada@customer.example"));
    assert_eq!(owner.post(TICKETS, body.clone()).await.created()["number"], 1);
    let again = owner.post(&format!("{TICKETS}?dry_run=true"), body).await;
    assert_eq!(types(&again), ["ticket.created"], "the contact is there by now");
}

#[tokio::test]
async fn a_silent_ticket_is_recorded_as_silent() {
    let desk = Desk::open().await;
    let ticket = owner(&desk).post(&format!("{TICKETS}?silent=true"), json!({"subject": "S"})).await.created();
    desk.project().await;
    let log = owner(&desk).get(&format!("{}/activities", path_of(&ticket))).await.ok();
    assert_eq!((&log[0]["type"], &log[0]["is_silent"]), (&json!("ticket.created"), &json!(true)));
}
