//! Deleting messages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::fixtures::{caller, owner, say, thread, ticket};
use futures_util::future::join_all;
use lambdesk_domain::{
    access::{Role, Scope},
    id::TicketId,
    status::Awaiting,
};
use lambdesk_testkit::{Desk, texts};
use serde_json::Value as Json;

/// The path of a message that was answered with.
fn place(ticket: TicketId, message: &Json) -> String {
    format!("{}/{}", thread(ticket), message["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_deleted_message_is_gone_and_its_ticket_shows_what_is_left() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let grace = owner(&desk);
    let first = say(&grace, id, "reply", "On its way").await.data();
    let second = say(&grace, id, "reply", "A slip of the tongue").await.data();
    let version = desk.ticket_now(id).await.version;
    let answer = grace.delete(&place(id, &second)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let now = desk.ticket_now(id).await;
    assert_eq!((now.preview.as_str(), now.replies_count, now.awaiting), ("On its way", 1, Awaiting::Customer));
    assert_eq!(now.version, version.next());
    assert_eq!(texts(&grace.get(&thread(id)).await.data()), ["Where is it?", "On its way"]);
    assert_eq!(grace.get(&place(id, &second)).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(grace.delete(&place(id, &second)).await.problem(), (404, "not_found".to_owned()));
    assert!(!desk.table.everything().await.contains("slip of the tongue"), "the text is gone from the table");

    grace.delete(&place(id, &first)).await;
    let now = desk.ticket_now(id).await;
    assert_eq!((now.preview.as_str(), now.replies_count, now.awaiting), ("Where is it?", 0, Awaiting::Agent));
    let opening = grace.get(&thread(id)).await.data()[0].clone();
    assert_eq!(grace.delete(&place(id, &opening)).await.status, 204);
    let now = desk.ticket_now(id).await;
    assert_eq!((now.preview.as_str(), now.replies_count, now.awaiting), ("", 0, Awaiting::None));
}

#[tokio::test]
async fn authors_and_administrators_delete_and_nobody_else() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let id = ticket(&desk, &channel).await;
    let [ada, bo] = [desk.user_key(Role::Agent).await, desk.user_key(Role::Agent).await].map(|key| caller(&desk, &key));
    let owner = owner(&desk);
    let program = caller(&desk, &desk.machine_key(&[Scope::TicketsWrite]).await);
    let phone = caller(&desk, &desk.channel_key(&channel).await);
    let hers = say(&ada, id, "reply", "Mine").await.data();
    let relayed = say(&phone, id, "inbound", "The customer's").await.data();
    let note = say(&ada, id, "note", "Among us").await.data();
    let others = (403, "others_message".to_owned());
    for message in [&hers, &relayed] {
        assert_eq!(bo.delete(&place(id, message)).await.problem(), others);
        assert_eq!(phone.delete(&place(id, message)).await.problem(), others);
        assert_eq!(program.delete(&place(id, message)).await.problem(), (403, "missing_scope".to_owned()));
    }
    assert_eq!(phone.delete(&place(id, &note)).await.problem(), (404, "not_found".to_owned()));
    let reader = caller(&desk, &desk.machine_key(&[Scope::TicketsRead, Scope::Admin]).await);
    assert_eq!(reader.delete(&place(id, &hers)).await.problem(), (403, "missing_scope".to_owned()));
    assert_eq!(ada.delete(&place(id, &hers)).await.status, 204);
    assert_eq!(owner.delete(&place(id, &relayed)).await.status, 204);
    assert_eq!(caller(&desk, &desk.machine_key(Scope::ALL).await).delete(&place(id, &note)).await.status, 204);
}

#[tokio::test]
async fn out_of_reach_is_404_in_the_trash_409_and_stale_412() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let (id, other) = (ticket(&desk, &channel).await, ticket(&desk, &channel).await);
    let owner = owner(&desk);
    let message = say(&owner, id, "reply", "Hi").await.data();
    let restricted = caller(&desk, &desk.user_key(Role::Restricted).await);
    assert_eq!(restricted.delete(&place(id, &message)).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(owner.delete(&place(other, &message)).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(owner.delete(&format!("{}/x", thread(id))).await.problem(), (404, "not_found".to_owned()));
    let stale = owner.with("if-match", "\"1\"").delete(&place(id, &message)).await;
    assert_eq!((stale.status, &stale.json()["current_version"]), (412, &Json::from(2)));
    assert_eq!(owner.delete(&format!("{}?x=1", place(id, &message))).await.status, 400);
    let dry = owner.delete(&format!("{}?dry_run=true", place(id, &message))).await;
    assert_eq!(dry.data()["events"][0]["type"], "message.deleted");
    desk.trash(id).await;
    assert_eq!(owner.delete(&place(id, &message)).await.problem(), (409, "trashed".to_owned()));
}

#[tokio::test]
async fn deletions_and_replies_at_once_lose_nothing() {
    let desk = Desk::open().await;
    let id = ticket(&desk, &desk.channel(|_| ()).await).await;
    let owner = owner(&desk);
    let mut doomed = Vec::new();
    for number in 0..4 {
        doomed.push(place(id, &say(&owner, id, "reply", &format!("old {number}")).await.data()));
    }
    let deletions = join_all(doomed.iter().chain(&doomed).map(|path| owner.delete(path)));
    let replies = join_all((0..4).map(|_| say(&owner, id, "reply", "new")));
    let (deletions, replies) = tokio::join!(deletions, replies);
    assert_eq!(deletions.iter().filter(|answer| answer.status == 204).count(), 4, "{deletions:?}");
    assert!(deletions.iter().all(|answer| [204, 404].contains(&answer.status)), "{deletions:?}");
    assert!(replies.iter().all(|answer| answer.status == 201));
    let now = desk.ticket_now(id).await;
    assert_eq!((now.replies_count, now.preview.as_str(), now.version.0), (4, "new", 1 + 4 + 4 + 4));
    assert_eq!(texts(&owner.get(&thread(id)).await.data()), ["Where is it?", "new", "new", "new", "new"]);
}
