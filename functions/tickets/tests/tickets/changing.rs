//! PATCH and PUT: what they change, what they leave, what must fit.

use crate::fixtures::{account, category, contact, field, open, owner, tag, team};
use lambdesk_domain::access::Role;
use lambdesk_testkit::{Client, Desk};
use serde_json::{Value as Json, json};

/// A ticket that has everything, its path and the fields it was given.
async fn full(desk: &Desk) -> (Client, String, Json) {
    let owner = owner(desk);
    let grace = contact(desk, "grace@customer.example").await;
    tag(desk, "vip").await;
    field(desk, "plan", false, &["gold", "silver"]).await;
    let fields = json!({
        "subject": "S", "status": "on_hold", "priority": "high",
        "category_id": category(desk, "Billing").await, "team_id": team(desk, "Support").await,
        "assignee_id": desk.user(Role::Agent).await.id,
        "contact_id": grace, "account_id": account(desk, Some(grace)).await,
        "requester": {"name": "Grace", "email": "grace@customer.example", "phone": "+49 1"},
        "tags": ["vip"], "custom": {"plan": "gold"}, "uid": "user-7", "summary": "Two\nlines",
        "follow_up_at": "2026-02-01T00:00:00.000Z", "is_read_by_customer": true, "is_read_by_organization": true,
    });
    let path = open(&owner, json!({"subject": "T"})).await;
    assert_eq!(owner.put(&path, fields.clone()).await.ok()["version"], 2);
    (owner, path, fields)
}

/// What of a ticket is as these fields say.
fn holds(ticket: &Json, fields: &Json) {
    for (name, value) in fields.as_object().unwrap() {
        match name.strip_suffix("_id") {
            Some(reference) => assert_eq!(&ticket[reference]["id"], value, "{name}"),
            None if name == "tags" => assert_eq!(&ticket["tags"][0]["name"], &value[0]),
            None => assert_eq!(&ticket[name], value, "{name}"),
        }
    }
}

#[tokio::test]
async fn a_put_sets_every_field_and_clears_what_it_leaves_out() {
    let desk = Desk::open().await;
    let (owner, path, fields) = full(&desk).await;
    holds(&owner.get(&path).await.ok(), &fields);
    let bare = owner.put(&path, json!({"subject": "S"})).await.ok();
    for name in ["category", "team", "assignee", "contact", "account", "uid", "summary", "follow_up_at"] {
        assert_eq!(bare[name], Json::Null, "{name}");
    }
    assert_eq!((&bare["requester"], &bare["tags"], &bare["custom"]), (&json!({}), &json!([]), &json!({})));
    assert_eq!((&bare["status"], &bare["priority"]), (&json!("on_hold"), &json!("high")), "these can't be empty");
}

#[tokio::test]
async fn a_part_of_the_requester_that_a_put_leaves_out_is_cleared_and_that_a_patch_leaves_out_stays() {
    let desk = Desk::open().await;
    let (owner, path, _) = full(&desk).await;
    let patched = owner.patch(&path, json!({"requester": {"name": "Ada"}})).await.ok();
    assert_eq!(patched["requester"], json!({"name": "Ada", "email": "grace@customer.example", "phone": "+49 1"}));
    let replaced = owner.put(&path, json!({"subject": "S", "requester": {"name": "Ada"}})).await.ok();
    assert_eq!(replaced["requester"], json!({"name": "Ada"}));
}

#[tokio::test]
async fn a_patch_changes_one_field_at_a_time_and_null_clears_it() {
    let desk = Desk::open().await;
    let (owner, path, fields) = full(&desk).await;
    for name in ["category_id", "team_id", "assignee_id", "account_id", "contact_id", "uid", "summary", "follow_up_at"]
    {
        let before = owner.get(&path).await.ok();
        let after = owner.patch(&path, json!({ name: null })).await.ok();
        let member = name.strip_suffix("_id").unwrap_or(name);
        assert_eq!(
            (&after[member], after["version"].as_u64()),
            (&Json::Null, before["version"].as_u64().map(|v| v + 1))
        );
        for other in before.as_object().unwrap().keys().filter(|other| !ALWAYS_NEW.contains(&other.as_str())) {
            assert!(other == member || after[other] == before[other] || other == "messages", "{name} changes {other}");
        }
        let back = owner.patch(&path, json!({ name: fields[name] })).await.ok();
        assert_ne!(back[member], Json::Null, "{name}");
    }
    holds(&owner.get(&path).await.ok(), &fields);
    assert_eq!(owner.patch(&path, json!({"requester": null})).await.ok()["requester"], json!({}));
    assert_eq!(owner.patch(&path, json!({"tags": null})).await.ok()["tags"], json!([]));
    assert_eq!(owner.patch(&path, json!({"custom": {"plan": null}})).await.ok()["custom"], json!({}));
}

/// What changes with every version, and what lists and writes don't answer.
const ALWAYS_NEW: [&str; 4] = ["version", "updated_at", "last_activity_at", "has_more_messages"];

#[tokio::test]
async fn what_is_so_already_is_not_written_again() {
    let desk = Desk::open().await;
    let (owner, path, fields) = full(&desk).await;
    for body in [json!({}), fields.clone(), json!({"follow_up_at": "2026-02-01T01:00:00+01:00"})] {
        let patched = owner.patch(&path, body).await;
        assert_eq!((patched.status, patched.header("etag")), (200, "\"2\""));
    }
    assert_eq!(owner.put(&path, fields).await.header("etag"), "\"2\"");
}

#[tokio::test]
async fn contact_and_account_must_fit_each_other() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let (grace, ada) = (contact(&desk, "grace@customer.example").await, contact(&desk, "ada@customer.example").await);
    let (hers, nobodys) = (account(&desk, Some(grace)).await, account(&desk, None).await);
    let path = open(&owner, json!({"subject": "S", "contact_id": ada})).await;
    let refused = async |body: Json| {
        let answer = owner.patch(&path, body.clone()).await;
        assert_eq!(answer.status, 422, "{body}");
        answer.errors().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect::<Vec<_>>()
    };
    assert_eq!(refused(json!({"account_id": hers})).await, ["/account_id foreign_account"]);
    assert_eq!(refused(json!({"account_id": hers, "contact_id": ada})).await, ["/account_id foreign_account"]);
    owner.patch(&path, json!({"account_id": nobodys})).await.ok();
    owner.patch(&path, json!({"account_id": hers, "contact_id": grace})).await.ok();
    assert_eq!(refused(json!({"contact_id": ada})).await, ["/contact_id foreign_account"]);
    let both = owner.patch(&path, json!({"contact_id": ada, "account_id": null})).await.ok();
    assert_eq!((&both["contact"]["id"], &both["account"]), (&json!(ada), &Json::Null));
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once_and_nothing_is_changed() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    field(&desk, "order", true, &[]).await;
    let path = open(&owner, json!({"subject": "S", "custom": {"order": "A-1"}})).await;
    let none = "01890a5d-ac96-774b-bcce-b302099a8057";
    let body = json!({
        "subject": "", "status": null, "priority": "x", "category_id": none, "team_id": none, "assignee_id": none,
        "contact_id": none, "account_id": none, "requester": {"email": "no", "x": 1}, "tags": ["none"],
        "custom": {"order": null, "plan": 1}, "uid": 7, "summary": [], "follow_up_at": "soon",
        "is_read_by_customer": null, "is_read_by_organization": "yes", "number": 7, "messages": [],
    });
    let every = [
        "/account_id",
        "/assignee_id",
        "/category_id",
        "/contact_id",
        "/custom/order",
        "/custom/plan",
        "/follow_up_at",
        "/is_read_by_customer",
        "/is_read_by_organization",
        "/messages",
        "/number",
        "/priority",
        "/requester/email",
        "/requester/x",
        "/status",
        "/subject",
        "/summary",
        "/tags/0",
        "/team_id",
        "/uid",
    ];
    for answer in [owner.patch(&path, body.clone()).await, owner.put(&path, body).await] {
        let mut pointers = answer.pointers();
        pointers.sort_unstable();
        assert_eq!((answer.status, pointers), (422, every.map(str::to_owned).to_vec()));
    }
    let missing = owner.put(&path, json!({})).await;
    let mut errors = missing.errors();
    errors.sort_unstable();
    assert_eq!(errors, [("/custom/order", "invalid_custom_field"), ("/subject", "required")]);
    assert_eq!(owner.get(&path).await.ok()["version"], 1);
}

#[tokio::test]
async fn a_status_by_another_systems_word_is_ours() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    assert_eq!(owner.patch(&path, json!({"status": "answered"})).await.ok()["status"], "waiting");
    let resolved = owner.patch(&path, json!({"status": "completed"})).await.ok();
    assert_eq!((&resolved["status"], &resolved["resolved_at"]), (&json!("resolved"), &json!(desk.now())));
    let reopened = owner.patch(&path, json!({"status": "open"})).await.ok();
    assert_eq!(reopened["resolved_at"], Json::Null);
}
