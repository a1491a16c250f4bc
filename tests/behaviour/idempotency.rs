//! The same key and body give the same answer, once done.

use lambdesk_tests::{Desk, json};

#[tokio::test]
async fn a_repeated_create_gives_the_same_answer_and_one_ticket() {
    let desk = Desk::start().await;
    let caller = desk.owner.with("idempotency-key", "abc");
    let body = json!({"subject": "S", "message": {"body_text": "x"}});
    let first = caller.post("/v1/tickets", body.clone()).await;
    let again = caller.post("/v1/tickets", body).await;
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    assert_eq!((first.header("location"), first.header("etag")), (again.header("location"), again.header("etag")));
    assert_eq!(first.created(), again.created());
    assert_eq!(desk.owner.get("/v1/tickets").await.ok().as_array().unwrap().len(), 1);
    caller.post("/v1/tickets", json!({"subject": "Other"})).await.problem(422, "idempotency_key_reused");
    let stranger = desk.machine(&["tickets:write"]).await.with("idempotency-key", "abc");
    stranger.post("/v1/tickets", json!({"subject": "Mine"})).await.created();
}

#[tokio::test]
async fn sixteen_repeats_at_once_make_one_reply() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    let caller = desk.owner.with("idempotency-key", "once");
    let repeats: Vec<_> = (0..16)
        .map(|_| {
            let (caller, path) = (caller.clone(), path.clone());
            tokio::spawn(async move { caller.post(&path, json!({"body_text": "Hi"})).await.created() })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for repeat in repeats {
        ids.insert(repeat.await.unwrap()["id"].to_string());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(desk.owner.get(&path).await.ok().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_repeated_verb_answers_the_ticket_as_it_was_then() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let caller = desk.owner.with("idempotency-key", "v");
    let first = caller.post(&format!("{path}/archive"), json!({})).await.ok();
    desk.owner.patch(&path, json!({"subject": "T"})).await.ok();
    let again = caller.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(), first);
}
