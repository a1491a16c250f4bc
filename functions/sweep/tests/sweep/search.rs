//! Search indexes that want to be looked after.

use crate::support::{Desk, TABLE};
use lambdesk_domain::{search::words, ticket::Ticket};
use lambdesk_engine::Position;
use lambdesk_store::{FORGET_WITHIN, TicketWords};
use std::{collections::BTreeSet, time::Duration};

const MINUTE: Duration = Duration::from_mins(1);

/// What the index is told of a ticket: all that it says, or something more.
async fn tell(desk: &Desk, sequence: &str, ticket: &Ticket, text: &str, is_whole: bool) {
    let words = TicketWords {
        number: ticket.number,
        id: ticket.id,
        is_whole,
        is_new: true,
        public: words(text),
        noted: BTreeSet::new(),
    };
    desk.store.add_words(desk.workspace, sequence, &[words], desk.clock.now()).await.unwrap();
}

/// How many items of the index are in the table, by what the stream tells of them.
fn items(desk: &Desk) -> usize {
    let mut there = BTreeSet::new();
    for record in desk.engine().read_stream(TABLE, Position::START, 10_000).unwrap() {
        let stream = &record.event["dynamodb"];
        let key = stream["Keys"].to_string();
        let is_posting = stream["NewImage"]["b"].is_object();
        if is_posting {
            there.insert(key)
        } else {
            there.remove(&key)
        };
    }
    there.len()
}

#[tokio::test]
async fn words_to_be_forgotten_are_gone_when_the_sweep_comes_a_day_later() {
    let desk = Desk::open().await;
    let ticket = desk.ticket().await;
    tell(&desk, "1", &ticket, "a secret word", false).await;
    tell(&desk, "2", &ticket, "", true).await;
    desk.run().await;
    assert_eq!(items(&desk), 2);
    desk.clock.advance(FORGET_WITHIN);
    // The first run merges; what was merged stays for those who are reading it.
    for run in 0..3 {
        let run_now = desk.run().await;
        assert_eq!((run_now.errors, run_now.is_complete), (0, true), "run {run}");
        desk.clock.advance(MINUTE);
    }
    assert_eq!(items(&desk), 0);
}

#[tokio::test]
async fn an_index_without_anything_to_forget_is_left_alone() {
    let desk = Desk::open().await;
    let ticket = desk.ticket().await;
    tell(&desk, "1", &ticket, "a lamp", false).await;
    desk.clock.advance(FORGET_WITHIN * 2);
    desk.run().await;
    assert_eq!(items(&desk), 1);
}
