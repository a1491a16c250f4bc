//! Search indexes that are due for compaction.

use crate::support::SweepDesk;
use lambdesk_domain::{events::EventSubject, search::words, ticket::Ticket, time::Timestamp};
use lambdesk_store_search::{TOMBSTONE_TTL, TicketWords};
use lambdesk_table::{Tenant, item::read_document};
use serde_json::{Value, json};
use std::{collections::BTreeSet, pin::pin, time::Duration};

const MINUTE: Duration = Duration::from_mins(1);

/// Indexes words of a ticket: all that it has, or some more.
async fn index(desk: &SweepDesk, sequence: &str, ticket: &Ticket, text: &str, is_whole: bool) {
    let words = TicketWords {
        number: ticket.number,
        id: ticket.id,
        is_whole,
        is_new: true,
        public: words(text),
        noted: BTreeSet::new(),
    };
    desk.store.search.add_words(desk.workspace, sequence, &[words], desk.now()).await.unwrap();
}

/// How many items of the index are in the table, by what the stream tells of them.
fn items(desk: &SweepDesk) -> usize {
    let mut there = BTreeSet::new();
    for record in desk.records() {
        let stream = &record["dynamodb"];
        let key = stream["Keys"].to_string();
        let is_of_the_index = stream["NewImage"]["b"].is_object();
        if is_of_the_index {
            there.insert(key)
        } else {
            there.remove(&key)
        };
    }
    there.len()
}

#[tokio::test]
async fn words_with_a_tombstone_are_gone_when_the_sweep_comes_a_day_later() {
    let desk = SweepDesk::open().await;
    let ticket = desk.ticket().await;
    index(&desk, "1", &ticket, "a secret word", false).await;
    index(&desk, "2", &ticket, "", true).await;
    desk.run().await;
    assert_eq!(items(&desk), 2);
    desk.wait(TOMBSTONE_TTL);
    // The first run merges; what was merged stays for those who are reading it.
    for run in 0..3 {
        let run_now = desk.run().await;
        assert_eq!((run_now.errors, run_now.is_complete), (0, true), "run {run}");
        desk.wait(MINUTE);
    }
    assert_eq!(items(&desk), 0);
}

/// When the index is due for compaction.
async fn compaction(desk: &SweepDesk) -> Option<Timestamp> {
    let row = desk.table.item(Tenant::new(desk.workspace).compaction()).await?;
    Some(read_document(&row).unwrap())
}

#[tokio::test]
async fn a_compaction_that_breaks_off_stays_due() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = desk.ticket().await;
    index(&desk, "1", &ticket, "a secret word", false).await;
    index(&desk, "2", &ticket, "", true).await;
    desk.wait(TOMBSTONE_TTL);
    // The process ends with the nth request.
    for requests in 1..200 {
        let mut run = pin!(desk.run());
        let broke_off = desk.is_halted(run.as_mut(), requests).await;
        assert!(compaction(&desk).await.is_some() || items(&desk) == 0, "after {requests} requests");
        if !broke_off {
            assert!(requests > 10, "it has broken off before");
            break;
        }
    }
    for _ in 0..3 {
        desk.wait(MINUTE);
        desk.run().await;
    }
    assert_eq!((items(&desk), compaction(&desk).await), (0, None));
}

#[tokio::test]
async fn words_that_go_while_their_index_is_compacted_have_their_own_compaction() {
    let desk = SweepDesk::open().await;
    let ticket = desk.ticket().await;
    index(&desk, "1", &ticket, "", true).await;
    let at = compaction(&desk).await.unwrap();
    desk.wait(TOMBSTONE_TTL);
    // It has come to an end, but for its row, when a batch of the stream is indexed.
    index(&desk, "2", &ticket, "", true).await;
    assert_eq!(compaction(&desk).await, Some(at));
    desk.store.search.end_compaction(desk.workspace, at, None, desk.now()).await.unwrap();
    let next = compaction(&desk).await;
    assert!(next.is_some_and(|next| next <= desk.now().plus(TOMBSTONE_TTL)), "{next:?}");
}

#[tokio::test]
async fn an_index_without_tombstones_is_left_alone() {
    let desk = SweepDesk::open().await;
    let ticket = desk.ticket().await;
    index(&desk, "1", &ticket, "a lamp", false).await;
    desk.wait(TOMBSTONE_TTL * 2);
    desk.run().await;
    assert_eq!(items(&desk), 1);
}

/// The tickets whose indexing anew was requested, by the stream's records.
fn reindexed(desk: &SweepDesk) -> BTreeSet<String> {
    let keys = desk.records().into_iter().map(|record| record["dynamodb"]["Keys"].clone());
    let requests = keys.filter(|key| key["sk"]["S"] == "Y");
    requests.map(|key| key["pk"]["S"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_retry_has_the_words_of_its_ticket_indexed_anew() {
    let desk = SweepDesk::open().await;
    desk.run().await;
    let ticket = desk.ticket().await;
    desk.project_all(ticket.id).await;
    desk.store.events.schedule_retry(desk.workspace, EventSubject::Ticket(ticket.id), desk.now()).await.unwrap();
    assert_eq!(reindexed(&desk).len(), 0);
    assert_eq!(desk.run().await.rechecks.found, 1);
    assert_eq!(reindexed(&desk).len(), 1);
}

#[tokio::test]
async fn after_a_change_of_the_normal_form_every_ticket_is_indexed_anew_once() {
    let desk = SweepDesk::open().await;
    for _ in 0..3 {
        desk.ticket().await;
    }
    desk.run().await;
    assert_eq!(reindexed(&desk).len(), 0, "a new table has nothing older");

    // As a program before this one left its state.
    let events = &desk.store.events;
    let now = events.sweep_state::<Value>().await.unwrap().state;
    assert!(events.put_sweep_state(&json!({}), now.as_ref(), None).await.unwrap());
    desk.wait(MINUTE);
    assert_eq!(desk.run().await.errors, 0);
    assert_eq!(reindexed(&desk).len(), 3);

    let requests = desk.records().len();
    desk.wait(MINUTE);
    desk.run().await;
    let again = desk.records().len() - requests;
    assert!(again < 3, "once: {again} records");
}
