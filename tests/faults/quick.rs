//! P1: what a search reads.

use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::words,
    time::Timestamp,
};
use lambdesk_store_search::{CompactionBudget, Search, SearchFrom, TicketWords};
use lambdesk_table::{Tenant, Usage, measured};
use lambdesk_testkit::{TestTable, workspace};
use lambdesk_tests::text::{text, word};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// Messages of a batch, and how soon the next one follows, while very many are written.
const TOGETHER: u64 = 40;
const PACE: Duration = Duration::from_millis(185);
/// Messages, three of a ticket.
const MESSAGES: u64 = 6_000;
/// 100 KB, read eventually consistent.
const MOST_UNITS: f64 = 12.5;

fn said(message: u64) -> TicketWords {
    let number = message / 3 + 1;
    TicketWords {
        number: TicketNumber(number),
        id: TicketId::new(Uuid::from_u128(u128::from(number))),
        is_whole: false,
        is_new: message.is_multiple_of(3),
        public: words(&text(message, 60)),
        noted: BTreeSet::new(),
    }
}

#[tokio::test]
async fn p1_once_many_writes_have_ended_a_search_reads_little_and_what_it_knows_not_again() {
    let (table, workspace) = (TestTable::new().await, workspace(1));
    let (index, tenant) = (&table.store.search, Tenant::new(workspace));
    let mut now = Timestamp::from_millis(1_000_000);
    for batch in 0..MESSAGES / TOGETHER {
        let tickets: Vec<_> = (batch * TOGETHER..(batch + 1) * TOGETHER).map(said).collect();
        now = now.plus(PACE);
        index.add_words(workspace, &format!("{batch:021}"), &tickets, now).await.unwrap();
        // As the fan-out does it.
        if batch.is_multiple_of(16) {
            index.compact(workspace, CompactionBudget::Brief, now).await.unwrap();
        }
    }
    // As the sweep does it: when it is due, once a minute at most. Nothing else is written.
    let mut next = Some(now);
    while let Some(due) = next {
        now = due.max(now.plus(Duration::from_mins(1)));
        next = index.compact(workspace, CompactionBudget::Steps(1_000), now).await.unwrap().next;
    }
    let search = async |query: &str| -> (usize, Usage) {
        let search = Search { query: query.parse().unwrap(), sees_notes: true, sees_clients: true };
        let (hits, usage) = measured(index.search(&tenant, &search, SearchFrom::Newest, now)).await;
        (hits.unwrap().numbers.len(), usage)
    };
    for rank in [1_000, 1_500, 700] {
        let (found, first) = search(&word(rank)).await;
        assert!(found > 0 && first.units() <= MOST_UNITS, "{found} hits for {first:?}");
        let (again, second) = search(&word(rank)).await;
        // The manifest and the write buffer.
        assert_eq!((again, second.round_trips(), second.depth()), (found, 2, 1), "{second:?}");
    }
}
