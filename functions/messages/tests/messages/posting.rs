//! Replies, notes and relayed words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::fixtures::{caller, owner, say, thread, ticket};
use lambdesk_domain::{
    access::{Role, Scope},
    id::TicketId,
    status::{Awaiting, Status},
};
use lambdesk_testkit::{Desk, texts};
use serde_json::json;

#[tokio::test]
async fn a_reply_is_answered_with_the_message_and_its_place() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    let body = json!({"body_html": "<p>On its <b>way</b><script>x</script></p>", "is_forward": true});
    let answer = grace.post(&thread(id), body).await;
    let message = answer.data();
    let expected = json!({
        "id": message["id"], "ticket_id": id, "kind": "outbound",
        "body_text": "On its way", "body_html": "<p>On its <b>way</b></p>", "is_secure": false, "is_forward": true,
        "source": "agent", "sender": {"kind": "user", "id": desk.owner, "name": "Grace", "email": message["sender"]["email"]},
        "attachments": [], "created_at": "2026-01-15T14:30:00.000Z",
    });
    assert_eq!((answer.status, &message), (201, &expected));
    let place = format!("{}/{}", thread(id), message["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), place);
    assert_eq!(grace.get(&place).await.data(), expected);
    let now = desk.ticket_now(id).await;
    assert_eq!((now.status, now.awaiting, now.replies_count), (Status::Waiting, Awaiting::Customer, 1));
    assert_eq!(now.preview.as_str(), "On its way");
}

#[tokio::test]
async fn a_reply_is_one_transaction_and_one_round_trip() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    say(&grace, id, "note", "The key is remembered from now on").await;
    for kind in ["reply", "note"] {
        let answer =
            grace.with("idempotency-key", kind).post(&thread(id), json!({"kind": kind, "body_text": "Hi"})).await;
        assert_eq!((answer.status, answer.operations()), (201, vec!["TransactWriteItems"]), "{kind}");
    }
}

#[tokio::test]
async fn a_note_stays_among_us() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let answer = say(&owner(&desk), id, "note", "A difficult one").await;
    assert_eq!((answer.status, &answer.data()["kind"]), (201, &json!("note")));
    let now = desk.ticket_now(id).await;
    assert_eq!((now.status, now.awaiting, now.replies_count), (Status::Open, Awaiting::Agent, 0));
    assert_eq!(now.preview.as_str(), "Where is it?");
}

#[tokio::test]
async fn a_status_in_the_same_call_wins_over_the_automatic_move() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    for (word, status) in [("resolved", Status::Resolved), ("ongoing", Status::InProgress), ("closed", Status::Closed)]
    {
        let answer = grace.post(&thread(id), json!({"body_text": "So.", "status": word})).await;
        assert_eq!((answer.status, desk.ticket_now(id).await.status), (201, status));
    }
}

#[tokio::test]
async fn what_programs_relay_is_the_customers_and_reopens() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let id = ticket(&desk, &channel).await;
    let (machine, phone) =
        (caller(&desk, &desk.machine_key(Scope::ALL).await), caller(&desk, &desk.channel_key(&channel).await));
    for (caller, kind) in [(&machine, "inbound"), (&phone, "inbound"), (&phone, "reply")] {
        desk.set_status(id, Status::Resolved).await;
        let answer = say(caller, id, kind, "Still broken").await;
        assert_eq!((answer.status, &answer.data()["kind"]), (201, &json!("inbound")));
        let sender = &answer.data()["sender"];
        // Channel keys are told nobody's address.
        assert_eq!((&sender["kind"], &sender["name"]), (&json!("contact"), &json!("Ada")), "{sender}");
        assert_eq!(desk.ticket_now(id).await.status, Status::Open);
    }
}

#[tokio::test]
async fn who_wrote_what_is_relayed_is_the_customer_unless_the_program_names_somebody() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let (grace, machine) = (owner(&desk), caller(&desk, &desk.machine_key(Scope::ALL).await));
    say(&machine, id, "inbound", "Still broken").await;
    let body = json!({"kind": "inbound", "body_text": "Here too", "from": {"name": "Bo"}});
    assert_eq!(machine.post(&thread(id), body).await.data()["sender"], json!({"kind": "contact", "name": "Bo"}));
    let contact = desk.ticket_now(id).await.contact.unwrap();
    let listed = grace.get(&thread(id)).await.data();
    let senders: Vec<_> = listed.as_array().unwrap().iter().map(|message| message["sender"].clone()).collect();
    let ada = json!({"kind": "contact", "id": contact.id, "name": "Ada"});
    assert_eq!(senders, [ada.clone(), ada, json!({"kind": "contact", "name": "Bo"})]);
    for (kind, from) in [("reply", json!({"name": "Bo"})), ("note", json!({"name": "Bo"})), ("inbound", json!({}))] {
        let body = json!({"kind": kind, "body_text": "x", "from": from});
        let refused = machine.post(&thread(id), body).await;
        assert!(refused.pointers()[0].starts_with("/from"), "{kind}");
    }
}

#[tokio::test]
async fn what_the_customer_says_on_a_closed_ticket_starts_one_that_continues_it() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let machine = caller(&desk, &desk.machine_key(Scope::ALL).await);
    desk.set_status(id, Status::Closed).await;
    let closed = desk.ticket_now(id).await;
    let body = json!({"kind": "inbound", "body_text": "Broken again", "is_secure": true});
    let dry = machine.post(&format!("{}?dry_run=true", thread(id)), body.clone()).await;
    assert_eq!(dry.data()["events"][0]["type"], "ticket.created");
    let once = machine.with("idempotency-key", "one");
    let answer = once.post(&thread(id), body.clone()).await;
    let next: TicketId = answer.data()["ticket_id"].as_str().unwrap().parse().unwrap();
    assert_ne!(next, id);
    assert_eq!(answer.header("location"), format!("{}/{}", thread(next), answer.data()["id"].as_str().unwrap()));
    let new = desk.ticket_now(next).await;
    assert_eq!((new.origin.continues, new.status, new.version.0), (Some(id), Status::Open, 1));
    assert_eq!(
        (new.channel, &new.subject, &new.requester, &new.uid),
        (closed.channel, &closed.subject, &closed.requester, &closed.uid)
    );
    assert_eq!(new.preview.as_str(), "");
    let named = desk.ticket_now(id).await;
    assert_eq!((named.continued_by, named.status, named.version), (Some(next), Status::Closed, closed.version.next()));
    let again = once.post(&thread(id), body).await;
    assert_eq!((again.data(), again.header("idempotent-replayed")), (answer.data(), "true"));
}

#[tokio::test]
async fn an_agent_may_write_on_a_closed_ticket() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    desk.set_status(id, Status::Closed).await;
    let grace = owner(&desk);
    assert_eq!(say(&grace, id, "reply", "One more thing").await.data()["ticket_id"], json!(id));
    assert_eq!(desk.ticket_now(id).await.status, Status::Closed);
}

#[tokio::test]
async fn nobody_speaks_for_others_or_out_of_turn() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let id = ticket(&desk, &channel).await;
    let reader = caller(&desk, &desk.machine_key(&[Scope::TicketsRead]).await);
    let (grace, phone) = (owner(&desk), caller(&desk, &desk.channel_key(&channel).await));
    let before = desk.table.size().await;
    assert_eq!(say(&grace, id, "inbound", "As if").await.status, 403);
    assert_eq!(say(&phone, id, "note", "As if").await.status, 403);
    assert_eq!(say(&reader, id, "reply", "As if").await.problem(), (403, "missing_scope".to_owned()));
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn what_is_out_of_reach_is_404_and_what_is_in_the_trash_can_be_restored_first() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let restricted = caller(&desk, &desk.user_key(Role::Restricted).await);
    let phone = caller(&desk, &desk.channel_key(&desk.channel(|_| ()).await).await);
    let grace = owner(&desk);
    let before = desk.table.size().await;
    for caller in [&restricted, &phone] {
        assert_eq!(say(caller, id, "reply", "Hi").await.problem(), (404, "not_found".to_owned()));
    }
    for path in [thread(TicketId::new(desk.clock.new_uuid())), "/v1/tickets/x/messages".to_owned()] {
        assert_eq!(grace.post(&path, json!({"body_text": "Hi"})).await.status, 404);
    }
    desk.trash(id).await;
    assert_eq!(say(&grace, id, "reply", "Hi").await.problem(), (409, "trashed".to_owned()));
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn a_key_of_another_workspace_finds_nothing() {
    let desk = Desk::open().await;
    let other = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let (_, key) = desk.other_workspace().await;
    let stranger = caller(&desk, &key);
    assert_eq!(say(&stranger, id, "reply", "Hi").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(stranger.get(&thread(id)).await.status, 404);
    assert_eq!(caller(&other, &key).get(&thread(id)).await.status, 401);
}

#[tokio::test]
async fn a_retry_writes_once_and_another_body_is_refused() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let once = owner(&desk).with("idempotency-key", "one");
    let first = once.post(&thread(id), json!({"body_text": "Hi"})).await;
    let again = once.post(&thread(id), json!({"body_text": "Hi"})).await;
    assert_eq!((again.status, again.data()), (201, first.data()));
    assert_eq!((again.header("location"), again.header("idempotent-replayed")), (first.header("location"), "true"));
    let other = once.post(&thread(id), json!({"body_text": "Ho"})).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    let list = once.get(&thread(id)).await.data();
    assert_eq!(texts(&list), ["Where is it?", "Hi"]);
}

#[tokio::test]
async fn a_dry_run_tells_the_event_and_writes_nothing() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    let before = desk.table.size().await;
    let answer = grace.post(&format!("{}?dry_run=true", thread(id)), json!({"body_text": "Hi"})).await;
    let types = &answer.data()["events"][0]["types"];
    assert_eq!((answer.status, types), (200, &json!(["message.created", "ticket.status_changed", "ticket.updated"])));
    assert_eq!((desk.table.size().await, desk.ticket_now(id).await.version.0), (before, 1));
}

#[tokio::test]
async fn a_stale_version_is_412_and_a_silent_write_says_so() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    let path = format!("{}?silent=true", thread(id));
    let fits = grace.with("if-match", "\"1\"").post(&path, json!({"body_text": "Hi"})).await;
    assert_eq!((fits.status, desk.ticket_now(id).await.cause.is_silent), (201, true));
    let stale = grace.with("if-match", "\"1\"").post(&path, json!({"body_text": "Hi"})).await;
    assert_eq!(stale.problem(), (412, "stale".to_owned()));
}

#[tokio::test]
async fn bad_messages_are_refused_and_store_nothing() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    let before = desk.table.size().await;
    let json_type = [("content-type", "application/json")];
    let long = json!({"body_text": "x".repeat(64 * 1024 + 1)}).to_string();
    let huge = json!({"body_text": "x".repeat(256 * 1024)}).to_string();
    for (body, status) in [
        ("", 400),
        ("{", 400),
        (r#"{"kind": "note", "kind": "reply", "body_text": "x"}"#, 400),
        ("[]", 422),
        ("{}", 422),
        (r#"{"body_text": " "}"#, 422),
        (r#"{"body_html": "<script>x</script>"}"#, 422),
        (r#"{"body_text": "x", "body_html": "x"}"#, 422),
        (&long, 413),
        (&huge, 413),
    ] {
        let answer = grace.send("POST", &thread(id), &json_type, body.to_owned()).await;
        assert_eq!(answer.problem().0, status, "{}", &body[..body.len().min(60)]);
    }
    let several = json!({"kind": "outbound", "body_text": 1, "is_secure": "yes", "status": "done", "sender": {}, "is_forward": null});
    let answer = grace.post(&thread(id), several).await;
    let expected = ["/body_text", "/kind", "/is_secure", "/is_forward", "/status", "/sender"];
    assert_eq!((answer.status, answer.pointers()), (422, expected.map(str::to_owned).to_vec()));
    let plain = [("content-type", "text/plain")];
    assert_eq!(grace.send("POST", &thread(id), &plain, r#"{"body_text": "x"}"#).await.status, 415);
    let query = format!("{}?colour=red", thread(id));
    assert_eq!(grace.post(&query, json!({"body_text": "x"})).await.status, 400);
    assert_eq!((desk.table.size().await, desk.ticket_now(id).await.version.0), (before, 1));
}

#[tokio::test]
async fn concurrent_replies_are_all_kept() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    let all = (0..8).map(|_| say(&grace, id, "reply", "Hi"));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(written(&desk, id).await, (9, 8));
}

/// The ticket's version, and how many replies it counts.
async fn written(desk: &Desk, id: TicketId) -> (u64, u64) {
    let ticket = desk.ticket_now(id).await;
    (ticket.version.0, ticket.replies_count)
}
