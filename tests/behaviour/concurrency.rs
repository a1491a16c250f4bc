//! Many writers on one ticket: nothing lost, no gap, every event once.

use lambdesk_tests::{Desk, Json, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_lose_nothing_and_leave_a_sequence_without_gaps() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let writers: Vec<_> = (0..16_usize)
        .map(|writer| {
            let (owner, path) = (desk.owner.clone(), path.clone());
            tokio::spawn(async move {
                for round in 0..4 {
                    match (writer + round) % 4 {
                        0 => drop(owner.post(&format!("{path}/messages"), json!({"body_text": "x"})).await.created()),
                        1 => drop(owner.patch(&path, json!({"uid": format!("{writer}-{round}")})).await.ok()),
                        2 => drop(owner.patch(&path, json!({"summary": format!("{writer}-{round}")})).await.ok()),
                        _ => drop(
                            owner
                                .post(&format!("{path}/messages"), json!({"kind": "note", "body_text": "y"}))
                                .await
                                .created(),
                        ),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let after = desk.owner.get(&path).await.ok();
    assert_eq!((&after["version"], &after["replies_count"]), (&json!(65), &json!(16)));
    assert_eq!(desk.owner.get(&format!("{path}/messages?limit=100")).await.ok().as_array().unwrap().len(), 33);
    let log = format!("{path}/activities?limit=100");
    let events =
        desk.owner.eventually(&log, |body| body["data"].as_array().is_some_and(|events| events.len() == 65)).await;
    let sequences: Vec<_> =
        events["data"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (1..=65).rev().collect::<Vec<_>>());
    let ids: BTreeSet<_> = events["data"].as_array().unwrap().iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), 65);
}

#[tokio::test]
async fn changes_of_different_fields_both_survive() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let (priority, subject) = (json!({"priority": "urgent"}), json!({"subject": "T"}));
    let both = tokio::join!(desk.owner.patch(&path, priority), desk.owner.patch(&path, subject));
    both.0.ok();
    both.1.ok();
    let after = desk.owner.get(&path).await.ok();
    assert_eq!((&after["priority"], &after["subject"], &after["version"]), (&json!("urgent"), &json!("T"), &json!(3)));
}

#[tokio::test]
async fn numbers_are_unique_under_concurrent_creates() {
    let desk = Desk::start().await;
    let creations: Vec<_> = (0..24)
        .map(|_| {
            let owner = desk.owner.clone();
            tokio::spawn(async move { owner.post("/v1/tickets", json!({"subject": "S"})).await.created() })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for creation in creations {
        let ticket: Json = creation.await.unwrap();
        numbers.insert(ticket["number"].as_u64().unwrap());
    }
    assert_eq!(numbers.len(), 24);
}
