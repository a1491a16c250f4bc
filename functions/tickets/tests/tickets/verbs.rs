//! Setters, tags, and verbs: what each does to a ticket and answers.

use crate::fixtures::{caller, id_of, open, owner, tag, team, verb};
use lambdesk_domain::{
    access::{Role, Scope},
    directory::{Days, DeletionPolicy, Entry, KeyHolder, User},
};
use lambdesk_testkit::{Client, Desk};
use serde_json::{Value as Json, json};
use std::time::Duration;

async fn ticket(desk: &Desk) -> (Client, String) {
    let owner = owner(desk);
    let path = open(&owner, json!({"subject": "S", "message": {"body_text": "?"}})).await;
    (owner, path)
}

fn names(ticket: &Json) -> Vec<&str> {
    ticket["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_setter_sets_its_field_and_null_clears_it() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let (support, jane) = (team(&desk, "Support").await, desk.user(Role::Agent).await.id);
    let set = async |field: &str, body: Json| {
        let answer = owner.put(&format!("{path}/{field}"), body).await;
        assert_eq!(answer.header("etag"), format!("\"{}\"", answer.ok()["version"]));
        answer.ok()
    };
    assert_eq!(set("status", json!({"status": "in_progress"})).await["in_progress_at"], json!(desk.now()));
    assert_eq!(set("assignee", json!({"assignee_id": jane})).await["assignee"]["id"], json!(jane));
    assert_eq!(set("team", json!({"team_id": support})).await["team"]["name"], "Support");
    let later = json!({"follow_up_at": "2026-02-01T01:00:00+01:00"});
    assert_eq!(set("follow_up", later).await["follow_up_at"], "2026-02-01T00:00:00.000Z");
    assert_eq!(set("assignee", json!({"assignee_id": null})).await["assignee"], Json::Null);
    assert_eq!(set("team", json!({"team_id": null})).await["team"], Json::Null);
    let last = set("follow_up", json!({"follow_up_at": null})).await;
    assert_eq!((&last["follow_up_at"], &last["version"]), (&Json::Null, &json!(8)));
    assert_eq!(last["status"], "in_progress", "one field each");
}

#[tokio::test]
async fn a_setter_must_be_told_its_value_and_nothing_else() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let none = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (field, body, errors) in [
        ("status", json!({}), vec![("/status", "required")]),
        ("status", json!({"status": null}), vec![("/status", "not_nullable")]),
        ("status", json!({"status": "gone", "x": 1}), vec![("/status", "invalid"), ("/x", "unknown_field")]),
        ("assignee", json!({}), vec![("/assignee_id", "required")]),
        ("assignee", json!({"assignee_id": none}), vec![("/assignee_id", "no_such_reference")]),
        ("team", json!({}), vec![("/team_id", "required")]),
        ("team", json!({"team_id": none}), vec![("/team_id", "no_such_reference")]),
        ("tags", json!({}), vec![("/tags", "required")]),
        ("tags", json!({"tags": "vip"}), vec![("/tags", "wrong_type")]),
        ("tags", json!({"tags": ["none"]}), vec![("/tags/0", "no_such_reference")]),
        ("follow_up", json!({}), vec![("/follow_up_at", "required")]),
        ("follow_up", json!({"follow_up_at": "soon"}), vec![("/follow_up_at", "invalid")]),
    ] {
        let answer = owner.put(&format!("{path}/{field}"), body.clone()).await;
        assert_eq!((answer.status, answer.errors()), (422, errors), "{field} {body}");
    }
    assert_eq!(owner.get(&path).await.ok()["version"], 1);
}

#[tokio::test]
async fn nobody_who_is_switched_off_is_assigned() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let jane = desk.user(Role::Agent).await;
    let id = jane.id;
    desk.replace(&Entry::User(User { is_enabled: false, ..jane })).await;
    let refused = owner.put(&format!("{path}/assignee"), json!({"assignee_id": id})).await;
    assert_eq!((refused.status, refused.errors()), (422, vec![("/assignee_id", "no_such_reference")]));
}

#[tokio::test]
async fn tags_are_attached_replaced_and_detached_by_name_or_id() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let (bug, late) = (tag(&desk, "bug").await, tag(&desk, "late").await);
    tag(&desk, "vip").await;
    let tags = format!("{path}/tags");
    assert_eq!(names(&owner.post(&tags, json!({"tags": ["VIP", bug]})).await.ok()), ["bug", "vip"]);
    assert_eq!(names(&owner.post(&tags, json!({"tags": ["late"]})).await.ok()), ["bug", "late", "vip"]);
    let unchanged = owner.post(&tags, json!({"tags": ["late", "bug"]})).await;
    assert_eq!((names(&unchanged.ok()).len(), unchanged.header("etag")), (3, "\"3\""));
    let detached = owner.delete(&format!("{tags}/{late}")).await;
    assert_eq!((detached.status, detached.text.as_str()), (204, ""));
    assert_eq!(owner.delete(&format!("{tags}/{late}")).await.status, 204, "it is so already");
    assert_eq!(names(&owner.get(&path).await.ok()), ["bug", "vip"]);
    assert_eq!(names(&owner.put(&tags, json!({"tags": ["late"]})).await.ok()), ["late"]);
    let none: [&str; 0] = [];
    let cleared = owner.put(&tags, json!({"tags": []})).await.ok();
    assert_eq!((names(&cleared), &cleared["version"]), (none.to_vec(), &json!(6)));
}

#[tokio::test]
async fn a_ticket_has_at_most_50_tags() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let mut all = Vec::new();
    for number in 0..51 {
        all.push(tag(&desk, &format!("tag {number}")).await);
    }
    let tags = format!("{path}/tags");
    let too_many = owner.put(&tags, json!({"tags": all})).await;
    assert_eq!((too_many.status, too_many.errors()), (422, vec![("/tags", "too_many")]));
    owner.put(&tags, json!({"tags": all[..50]})).await.ok();
    let one_more = owner.post(&tags, json!({"tags": [all[50]]})).await;
    assert_eq!(one_more.problem(), (409, "too_many_tags".to_owned()));
    assert_eq!(owner.post(&tags, json!({"tags": [all[7]]})).await.header("etag"), "\"2\"");
}

#[tokio::test]
async fn who_assigns_to_themselves_must_be_a_person() {
    let desk = Desk::open().await;
    let (_, path) = ticket(&desk).await;
    let jane = desk.user(Role::Agent).await.id;
    let key = desk.key(KeyHolder::User { user_id: jane }, Scope::ALL).await;
    let assigned = verb(&caller(&desk, &key), &format!("{path}/assign")).await.ok();
    assert_eq!(assigned["assignee"]["id"], json!(jane));
    let program = caller(&desk, &desk.machine_key(Scope::ALL).await);
    assert_eq!(verb(&program, &format!("{path}/assign")).await.problem(), (403, "not_a_person".to_owned()));
}

#[tokio::test]
async fn archiving_puts_away_and_restoring_brings_back() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let act = async |name: &str| verb(&owner, &format!("{path}/{name}")).await;
    assert_eq!(act("restore").await.problem(), (409, "not_put_away".to_owned()));
    let archived = act("archive").await.ok();
    assert_eq!((&archived["is_archived"], &archived["archived_at"]), (&json!(true), &json!(desk.now())));
    assert_eq!(act("archive").await.header("etag"), "\"2\"", "it is there already");
    let back = act("restore").await.ok();
    assert_eq!((&back["is_archived"], &back["archived_at"], &back["version"]), (&json!(false), &Json::Null, &json!(3)));
}

#[tokio::test]
async fn reading_is_remembered_for_the_organization() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    let act = async |name: &str| verb(&owner, &format!("{path}/{name}")).await.ok();
    assert_eq!(act("read").await["is_read_by_organization"], true);
    assert_eq!(act("unread").await["is_read_by_organization"], false);
    assert_eq!(act("unread").await["version"], 3);
}

#[tokio::test]
async fn deleting_needs_the_workspaces_leave_and_is_undone_within_its_window() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    desk.change_settings(|workspace| workspace.deletion = DeletionPolicy::Off).await;
    assert_eq!(owner.delete(&path).await.problem(), (409, "deletion_off".to_owned()));
    desk.change_settings(|workspace| {
        workspace.deletion = DeletionPolicy::Trash;
        workspace.retention.restore_window = Days::new(7).unwrap();
    })
    .await;
    let deleted = owner.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(owner.delete(&path).await.problem(), (404, "not_found".to_owned()));
    let refused = owner.put(&format!("{path}/status"), json!({"status": "closed"})).await;
    assert_eq!(refused.problem(), (409, "trashed".to_owned()));
    let restore = async || verb(&owner, &format!("{path}/restore")).await;
    desk.wait(Duration::from_hours(7 * 24 - 1));
    assert_eq!(restore().await.ok()["trashed_at"], Json::Null);
    owner.delete(&path).await;
    desk.wait(Duration::from_hours(7 * 24));
    assert_eq!(restore().await.problem(), (409, "restore_window_passed".to_owned()));
    assert!(desk.ticket_now(id_of(&path)).await.trashed_at.is_some());
}

#[tokio::test]
async fn verbs_take_no_body() {
    let desk = Desk::open().await;
    let (owner, path) = ticket(&desk).await;
    for name in ["assign", "archive", "restore", "read", "unread"] {
        let refused = owner.post(&format!("{path}/{name}"), json!({"status": "closed"})).await;
        assert_eq!((refused.status, refused.errors()), (422, vec![("/status", "unknown_field")]), "{name}");
        assert_eq!(owner.get(&format!("{path}/{name}")).await.problem(), (405, "method_not_allowed".to_owned()));
    }
    assert_eq!(owner.post(&format!("{path}/read"), json!({})).await.status, 200, "an empty object says nothing");
}
