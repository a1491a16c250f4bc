//! A ticket by its id and by its number, with its thread; its activity log.

use crate::fixtures::{TICKETS, caller, id_of, open, owner, verb};
use lambdesk_domain::{
    access::{Role, Scope},
    command::ReplyKind,
};
use lambdesk_testkit::{Client, Desk, texts};
use serde_json::{Value as Json, json};

const NOBODY: &str = "/v1/tickets/01890a5d-ac96-774b-bcce-b302099a8057";

fn not_found() -> (u16, String) {
    (404, "not_found".to_owned())
}

async fn number(caller: &Client, path: &str) -> String {
    format!("{TICKETS}/number/{}", caller.get(path).await.ok()["number"])
}

#[tokio::test]
async fn by_number_a_ticket_is_found_before_its_row_is_there_and_after() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let (first, second) = (open(&owner, json!({"subject": "a"})).await, open(&owner, json!({"subject": "b"})).await);
    for _ in 0..2 {
        for path in [&first, &second] {
            let (by_id, by_number) = (owner.get(path).await, owner.get(&number(&owner, path).await).await);
            assert_eq!((by_number.ok(), by_number.header("etag")), (by_id.ok(), by_id.header("etag")));
        }
        desk.project().await;
    }
    for none in ["0", "3", "999999", "-1", "1.5", "x", "99999999999999999999999"] {
        assert_eq!(owner.get(&format!("{TICKETS}/number/{none}")).await.problem(), not_found(), "{none}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    for path in [NOBODY, "/v1/tickets/7", "/v1/tickets/x%2Fy", &format!("{NOBODY}/activities")] {
        assert_eq!(owner.get(path).await.problem(), not_found(), "{path}");
    }
}

#[tokio::test]
async fn the_newest_20_messages_come_with_a_ticket_the_oldest_of_them_first() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S", "message": {"body_text": "opening"}})).await;
    for count in 1..20 {
        desk.write(id_of(&path), ReplyKind::Reply, &count.to_string(), false).await;
    }
    let ticket = owner.get(&path).await.ok();
    assert_eq!((texts(&ticket["messages"]).len(), &ticket["has_more_messages"]), (20, &json!(false)));
    desk.write(id_of(&path), ReplyKind::Reply, "20", false).await;
    let ticket = owner.get(&path).await.ok();
    assert_eq!(texts(&ticket["messages"]), (1..=20).map(|count| count.to_string()).collect::<Vec<_>>());
    assert_eq!(ticket["has_more_messages"], true);
    assert_eq!(ticket["opening_message"], Json::Null);
    desk.project().await;
    for path in [&path, &number(&owner, &path).await] {
        let with_opening = owner.get(&format!("{path}?include=opening_message")).await.ok();
        assert_eq!(with_opening["opening_message"]["body_text"], "opening", "although it is beyond the newest");
    }
}

#[tokio::test]
async fn a_ticket_without_an_opening_message_says_so_when_asked() {
    let desk = Desk::open().await;
    let path = open(&owner(&desk), json!({"subject": "S"})).await;
    let asked = owner(&desk).get(&format!("{path}?include=opening_message")).await.ok();
    assert_eq!(asked.as_object().unwrap().get("opening_message"), Some(&Json::Null));
    let unasked = owner(&desk).get(&path).await.ok();
    assert_eq!(unasked.as_object().unwrap().get("opening_message"), None);
}

#[tokio::test]
async fn notes_are_kept_from_channel_keys() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let path = open(&owner(&desk), json!({"subject": "S", "channel_id": channel.id})).await;
    desk.write(id_of(&path), ReplyKind::Note, "among us", false).await;
    desk.write(id_of(&path), ReplyKind::Reply, "to you", false).await;
    let program = caller(&desk, &desk.channel_key(&channel).await);
    assert_eq!(texts(&program.get(&path).await.ok()["messages"]), ["to you"]);
    assert_eq!(texts(&owner(&desk).get(&path).await.ok()["messages"]), ["among us", "to you"]);
}

#[tokio::test]
async fn a_ticket_in_the_trash_is_shown_when_asked_for_alone() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    let by_number = number(&owner, &path).await;
    owner.delete(&path).await;
    desk.project().await;
    for path in [path, by_number] {
        assert_eq!(owner.get(&path).await.problem(), not_found());
        let shown = owner.get(&format!("{path}?include=trashed,opening_message")).await.ok();
        assert_eq!(shown["trashed_at"], json!(desk.now()));
    }
}

#[tokio::test]
async fn unknown_parameters_and_words_are_refused() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    for bad in ["x=1", "include=messages", "include=", "limit=1", "dry_run=true"] {
        for path in [&path, &number(&owner, &path).await] {
            assert_eq!(owner.get(&format!("{path}?{bad}")).await.problem(), (400, "invalid_query".to_owned()), "{bad}");
        }
    }
    for bad in ["page=1", "with_total=true", "limit=0", "limit=101", "sort=number", "include=trashed"] {
        let log = owner.get(&format!("{path}/activities?{bad}")).await;
        assert_eq!(log.problem(), (400, "invalid_query".to_owned()), "{bad}");
    }
    let log = owner.get(&format!("{path}/activities?cursor=AAAA")).await;
    assert_eq!(log.problem(), (400, "invalid_cursor".to_owned()));
}

#[tokio::test]
async fn the_activity_log_tells_every_version_newest_first_in_pages() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    owner.put(&format!("{path}/status"), json!({"status": "closed"})).await.ok();
    verb(&owner, &format!("{path}/archive")).await.ok();
    desk.project().await;
    let log = owner.get(&format!("{path}/activities")).await;
    let told: Vec<_> = log.ok().as_array().unwrap().iter().map(|event| event["sequence"].clone()).collect();
    assert_eq!((told, &log.json()["page"]["next_cursor"]), (vec![json!(3), json!(2), json!(1)], &Json::Null));
    assert_eq!(log.data()[1]["changes"], json!([{"field": "status", "from": "open", "to": "closed"}]));
    assert_eq!(log.data()[0]["actor"], json!({"kind": "user", "id": desk.owner}));

    let first = owner.get(&format!("{path}/activities?limit=2")).await;
    let next = first.json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    let second = owner.get(&format!("{path}/activities?limit=2&cursor={next}")).await;
    assert_eq!((second.ok().as_array().unwrap().len(), &second.data()[0]["type"]), (1, &json!("ticket.created")));
    let other = open(&owner, json!({"subject": "T"})).await;
    let foreign = owner.get(&format!("{other}/activities?limit=2&cursor={next}")).await;
    assert_eq!(foreign.problem(), (400, "invalid_cursor".to_owned()), "a cursor is good for its own ticket");
}

#[tokio::test]
async fn the_activity_log_is_for_those_who_see_the_ticket() {
    let desk = Desk::open().await;
    let path = open(&owner(&desk), json!({"subject": "S"})).await;
    desk.project().await;
    let log = format!("{path}/activities");
    let stranger = caller(&desk, &desk.other_workspace().await.1);
    let restricted = caller(&desk, &desk.user_key(Role::Restricted).await);
    for caller in [stranger, restricted] {
        assert_eq!(caller.get(&log).await.problem(), not_found());
    }
    let writer = caller(&desk, &desk.machine_key(&[Scope::TicketsWrite]).await);
    assert_eq!(writer.get(&log).await.problem(), (403, "missing_scope".to_owned()));
    owner(&desk).delete(&path).await;
    assert_eq!(owner(&desk).get(&log).await.status, 200, "in the trash too: it tells who deleted it");
}
