//! Reading a thread.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::fixtures::{caller, owner, thread, ticket};
use lambdesk_domain::{
    access::{Role, Scope},
    command::ReplyKind,
    id::{MessageId, TicketId},
};
use lambdesk_testkit::{Client, Desk, texts};
use serde_json::{Value as Json, json};

/// A ticket with "Where is it?", reply 1, note 1, reply 2, note 2.
async fn busy(desk: &Desk) -> TicketId {
    let id = ticket(desk, &desk.channel(|_| ()).await).await;
    for number in 1..=2 {
        desk.write(id, ReplyKind::Reply, &format!("reply {number}"), false).await;
        desk.write(id, ReplyKind::Note, &format!("note {number}"), false).await;
    }
    id
}

const ALL: [&str; 5] = ["Where is it?", "reply 1", "note 1", "reply 2", "note 2"];

#[tokio::test]
async fn a_thread_is_oldest_first_unless_asked_otherwise() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let grace = owner(&desk);
    let answer = grace.get(&thread(id)).await;
    assert_eq!(texts(&answer.data()), ALL);
    assert_eq!(answer.json()["page"], json!({"next_cursor": null, "prev_cursor": null, "size": 25}));
    assert_eq!(answer.header("link"), format!("<{}>; rel=\"first\"", thread(id)));
    let mut newest_first = ALL;
    newest_first.reverse();
    assert_eq!(texts(&grace.get(&format!("{}?order=desc", thread(id))).await.data()), newest_first);
}

#[tokio::test]
async fn kinds_are_filtered_by_one_or_several() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let grace = owner(&desk);
    for (query, expected) in [
        ("kind=note", vec!["note 1", "note 2"]),
        ("kind=inbound,outbound", vec!["Where is it?", "reply 1", "reply 2"]),
        ("kind=inbound&kind[]=note", vec!["Where is it?", "note 1", "note 2"]),
        ("kind=system", vec![]),
    ] {
        let answer = grace.get(&format!("{}?{query}", thread(id))).await;
        assert_eq!(texts(&answer.data()), expected, "{query}");
    }
}

/// Walks a list to its end and back; what was told on the way.
async fn walk(caller: &Client, list: &str) -> (Vec<String>, Vec<String>) {
    let page = async |path: &str| {
        let answer = caller.get(path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let texts: Vec<String> = texts(&answer.data()).into_iter().map(str::to_owned).collect();
        (texts, answer.json()["page"].clone())
    };
    let cursor = |page: &Json, name: &str| page[name].as_str().map(|cursor| format!("{list}&cursor={cursor}"));
    let (mut forward, mut info) = page(list).await;
    while let Some(next) = cursor(&info, "next_cursor") {
        let (texts, next_info) = page(&next).await;
        forward.extend(texts);
        info = next_info;
    }
    let mut backward = Vec::new();
    while let Some(prev) = cursor(&info, "prev_cursor") {
        let (texts, prev_info) = page(&prev).await;
        backward.splice(0..0, texts);
        info = prev_info;
    }
    (forward, backward)
}

#[tokio::test]
async fn pages_go_forward_and_back_without_losing_or_repeating() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let grace = owner(&desk);
    for (query, all) in [
        ("limit=2", vec!["Where is it?", "reply 1", "note 1", "reply 2", "note 2"]),
        ("limit=2&order=desc", vec!["note 2", "reply 2", "note 1", "reply 1", "Where is it?"]),
        ("limit=1&kind=note", vec!["note 1", "note 2"]),
        ("limit=1&kind=outbound&order=desc", vec!["reply 2", "reply 1"]),
    ] {
        let (forward, backward) = walk(&grace, &format!("{}?{query}", thread(id))).await;
        assert_eq!(forward, all, "{query}");
        let last_page = forward.len() - backward.len();
        assert!(last_page <= 2, "{query}");
        assert_eq!(backward, all[..backward.len()], "{query}");
    }
}

#[tokio::test]
async fn cursors_are_good_for_their_own_thread_and_question_only() {
    let desk = Desk::open().await;
    let (one, other) = (busy(&desk).await, busy(&desk).await);
    let grace = owner(&desk);
    let page = grace.get(&format!("{}?limit=1", thread(one))).await.json()["page"].clone();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    for path in [
        format!("{}?cursor={cursor}", thread(other)),
        format!("{}?cursor={cursor}&order=desc", thread(one)),
        format!("{}?cursor={cursor}&kind=note", thread(one)),
        format!("{}?cursor={cursor}x", thread(one)),
    ] {
        assert_eq!(grace.get(&path).await.problem(), (400, "invalid_cursor".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn bad_and_unknown_parameters_are_named() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let grace = owner(&desk);
    let query = "limit=101&order=up&kind=letter&page=2&with_total=true&colour=red";
    let answer = grace.get(&format!("{}?{query}", thread(id))).await;
    let mut pointers = answer.pointers();
    pointers.sort();
    let expected = ["?colour", "?kind", "?limit", "?order", "?page", "?with_total"];
    assert_eq!((answer.status, pointers), (400, expected.map(str::to_owned).to_vec()));
    let one = format!("{}/{}?x=1", thread(id), MessageId::new(desk.clock.new_uuid()));
    assert_eq!(grace.get(&one).await.status, 400);
}

#[tokio::test]
async fn a_thread_and_a_message_are_read_at_one_depth() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let grace = owner(&desk);
    let list = grace.get(&thread(id)).await.data();
    let one = format!("{}/{}", thread(id), list[0]["id"].as_str().unwrap());
    for path in [thread(id), one] {
        let answer = grace.get(&path).await;
        assert_eq!((answer.status, answer.usage.round_trips(), answer.usage.depth()), (200, 2, 1), "{path}");
    }
}

#[tokio::test]
async fn a_secure_body_is_shown_to_people_alone() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let message = desk.write(id, ReplyKind::Reply, "code 1234", true).await;
    let (grace, machine) = (owner(&desk), caller(&desk, &desk.machine_key(Scope::ALL).await));
    for path in [thread(id), format!("{}/{message}", thread(id))] {
        assert!(grace.get(&path).await.text.contains("code 1234"));
        let answer = machine.get(&path).await;
        assert!(answer.status == 200 && !answer.text.contains("1234"), "{answer:?}");
    }
}

#[tokio::test]
async fn out_of_reach_trashed_and_absent_are_the_same_404() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let message = desk.write(id, ReplyKind::Reply, "Hi", false).await;
    let one = format!("{}/{message}", thread(id));
    let restricted = caller(&desk, &desk.user_key(Role::Restricted).await);
    let phone = caller(&desk, &desk.channel_key(&desk.channel(|_| ()).await).await);
    let grace = owner(&desk);
    for path in [thread(id), one.clone()] {
        assert_eq!(grace.get(&path).await.status, 200);
        for caller in [&restricted, &phone] {
            assert_eq!(caller.get(&path).await.problem(), (404, "not_found".to_owned()));
        }
    }
    let other = busy(&desk).await;
    for path in [
        format!("{}/{message}", thread(other)),
        format!("{}/x", thread(id)),
        thread(TicketId::new(desk.clock.new_uuid())),
    ] {
        assert_eq!(grace.get(&path).await.status, 404, "{path}");
    }
    desk.trash(id).await;
    for path in [thread(id), one] {
        assert_eq!(grace.get(&path).await.status, 404);
    }
}

#[tokio::test]
async fn reading_needs_a_key_with_its_scope() {
    let desk = Desk::open().await;
    let id = busy(&desk).await;
    let writer = caller(&desk, &desk.machine_key(&[Scope::TicketsWrite]).await);
    let message = desk.write(id, ReplyKind::Reply, "Hi", false).await;
    for path in [thread(id), format!("{}/{message}", thread(id))] {
        assert_eq!(writer.get(&path).await.problem(), (403, "missing_scope".to_owned()));
        assert_eq!(writer.nobody().get(&path).await.problem(), (401, "unauthorized".to_owned()));
    }
}
