//! What indexing and searching cost as messages grow in number, and how soon what was
//! written is found.

use crate::{
    bed::{Bed, is_million},
    ledger::units,
    report::{Cell, Table},
    sample::{Times, millis, sample},
    seed,
    targets::{self, Targets},
};
use axum::http::Method;
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::{Word, words},
    time::Timestamp,
};
use lambdesk_runtime::clock;
use lambdesk_store_search::{CompactionBudget, TicketWords};
use lambdesk_store_tickets::NewItems;
use lambdesk_table::measured;
use lambdesk_tests::{
    Desk, json,
    text::{text, word},
};
use std::{
    collections::BTreeSet,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
const MILLION: u64 = 1_000_000;
/// So many messages come one by one, the dearest way; those after them ten at a time.
const ONE_BY_ONE: u64 = 10_000;
const TOGETHER: u64 = 10;
/// Messages of a ticket. The last ones come much later than the first.
const PER_TICKET: u64 = 4;
const LATER: [u64; 4] = [0, 1, 7, 400];
/// Words of a message.
const WORDS: usize = 80;
/// Of so many batches one compacts the index, as in fanout.
const COMPACTED: u64 = 16;
/// Searches of each kind that are timed.
const SAMPLES: usize = 100;
/// Messages whose way into the index is timed.
const WRITTEN: usize = 50;

const TWO_WORDS: &str = "two words";

/// At each size: index up to it, then search.
pub async fn tables(targets: &mut Targets) -> Vec<Table> {
    let columns = ["messages", "search", "rows", "round trips", "depth", "read units", "p50 ms"];
    let mut searches = Table::new("search", "Searches as messages grow in number, 25 rows asked for", &columns);
    let columns = ["messages", "a batch", "units a message", "of them reads", "seconds"];
    let mut indexing = Table::new("indexing", "Indexing, merges and deletions counted in", &columns);
    let bed = Arc::new(Bed::growing().await);
    let mut feed = Feed::new(&bed);
    let largest = std::env::var("LARGEST").map_or(u64::MAX, |largest| largest.parse().unwrap());
    let sizes = SIZES.into_iter().chain(is_million().then_some(MILLION)).filter(|size| *size <= largest);
    for size in sizes {
        feed.index(size, &mut indexing, targets).await;
        for (name, query) in queries() {
            search(&bed, size, name, &query, &mut searches, targets).await;
        }
    }
    searches.note(
        "Manifest and fresh items in one round, with the blocks of the segments that were there before; ids; heads. A process \
         that has not searched this workspace before needs one round more.",
    );
    vec![searches, indexing, fresh(targets)]
}

/// Words by how common they are; the first is in every second message.
fn queries() -> [(&'static str, String); 6] {
    [
        (TWO_WORDS, format!("{}%20{}", word(300), word(450))),
        ("two common words", format!("{}%20{}", word(3), word(5))),
        ("a common and a rare word", format!("{}%20{}", word(2), word(20_000))),
        ("one word", word(1_000)),
        ("three letters", word(700).chars().take(3).collect()),
        ("a word that nobody says", "nobodysaysthis".to_owned()),
    ]
}

/// The words of a message, always the same.
fn words_of(message: u64) -> BTreeSet<Word> {
    words(&text(message, WORDS))
}

/// Messages on their way into the index.
struct Feed {
    bed: Arc<Bed>,
    begin: Timestamp,
    /// In the order of their creation.
    tickets: Vec<(TicketNumber, TicketId)>,
    indexed: u64,
    batches: u64,
}

impl Feed {
    fn new(bed: &Arc<Bed>) -> Self {
        let begin = clock::now().minus(Duration::from_secs(2 * MILLION));
        Self { bed: Arc::clone(bed), begin, tickets: Vec::new(), indexed: 0, batches: 0 }
    }

    /// Indexes on, up to so many messages.
    async fn index(&mut self, size: u64, table: &mut Table, targets: &mut Targets) {
        let (first, started) = (self.indexed, Instant::now());
        let together = if size > ONE_BY_ONE { TOGETHER } else { 1 };
        let (mut read, mut written) = (0.0, 0.0);
        while self.indexed < size {
            let tickets = self.write(size.min(self.indexed + together)).await;
            let ((), usage) = measured(self.batch(&tickets)).await;
            let (more_read, more_written) = units(&usage);
            (read, written) = (read + more_read, written + more_written);
        }
        #[expect(clippy::cast_precision_loss, reason = "a few millions")]
        let (read, all) = (read / (size - first) as f64, (read + written) / (size - first) as f64);
        let batch = if together == 1 { "1 message" } else { "10 messages" };
        targets.hold(format!("units to index a message, up to {size}, {batch} a batch"), all, targets::INDEXING, 2);
        table.row([
            usize::try_from(size).unwrap().into(),
            batch.into(),
            Cell::Figure(all, 2),
            Cell::Figure(read, 2),
            Cell::Figure(millis(started.elapsed()) / 1e3, 1),
        ]);
    }

    /// The words of the next messages, whose new tickets are written before.
    async fn write(&mut self, end: u64) -> Vec<TicketWords> {
        let mut tickets = Vec::new();
        for message in self.indexed..end {
            let number = ticket_of(message);
            let is_new = message.is_multiple_of(PER_TICKET);
            if is_new {
                let ticket = seed::ticket(self.bed.workspace, self.begin, number);
                self.bed.stores.tickets.create_ticket(&ticket, NewItems::default()).await.unwrap();
                self.tickets.push((ticket.number, ticket.id));
            }
            let (number, id) = self.tickets[usize::try_from(number).unwrap()];
            let (public, noted) = (words_of(message), BTreeSet::new());
            tickets.push(TicketWords { number, id, is_whole: false, is_new, public, noted });
        }
        self.indexed = end;
        tickets
    }

    /// One batch of the stream: its words, and now and then a compaction.
    async fn batch(&mut self, tickets: &[TicketWords]) {
        self.batches += 1;
        let now = self.begin.plus(Duration::from_secs(self.batches));
        let (index, workspace) = (&self.bed.stores.search, self.bed.workspace);
        index.add_words(workspace, &self.batches.to_string(), tickets, now).await.unwrap();
        if self.batches.is_multiple_of(COMPACTED) {
            let next = index.compact(workspace, CompactionBudget::Brief, now).await.unwrap().next;
            if next.is_some_and(|next| next <= now) {
                index.compact(workspace, CompactionBudget::Steps(1_000), now).await.unwrap();
            }
        }
    }
}

/// The first message of every ticket is a multiple of four; the others answer older
/// ones.
const fn ticket_of(message: u64) -> u64 {
    let (ticket, place) = (message / PER_TICKET, message % PER_TICKET);
    #[expect(clippy::cast_possible_truncation, reason = "below four")]
    ticket.saturating_sub(LATER[place as usize])
}

async fn search(bed: &Arc<Bed>, size: u64, name: &str, query: &str, table: &mut Table, targets: &mut Targets) {
    let path = format!("/v1/tickets?q={query}");
    // The first call reads key, directory and manifest again, if they were forgotten meanwhile.
    bed.call(Method::GET, &path, None).await;
    let called = bed.call(Method::GET, &path, None).await;
    let rows = called.data().as_array().map_or(0, Vec::len);
    let (read, _) = units(&called.usage);
    let shared = (Arc::clone(bed), path);
    let run = move |_, _| {
        let (bed, path) = shared.clone();
        async move { bed.call(Method::GET, &path, None).await.time }
    };
    let times = sample(1, SAMPLES, run).await.times;
    let depth = called.usage.depth();
    if name == TWO_WORDS {
        targets.hold(format!("read units: search, two words, {size} messages"), read, targets::SEARCH, 1);
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        targets.hold(format!("rounds: search, two words, {size} messages"), depth as f64, targets::SEARCH_ROUNDS, 0);
    }
    table.row([
        usize::try_from(size).unwrap().into(),
        name.into(),
        rows.into(),
        called.usage.round_trips().into(),
        depth.into(),
        Cell::Figure(read, 1),
        Cell::Figure(times.median(), 2),
    ]);
}

/// Over the whole local stack, as `make run` runs it.
fn fresh(targets: &mut Targets) -> Table {
    let measured = thread::spawn(|| Runtime::new().unwrap().block_on(written()));
    let times = measured.join().expect("a stack that fails ends the benchmark");
    let title = "From the answer of a write to the first search that finds it, local stack";
    let mut table = Table::new("freshness", title, &["samples", "p50 ms", "p99 ms"]);
    table.row([times.count().into(), Cell::Figure(times.median(), 1), Cell::Figure(times.percentile(99), 1)]);
    table.note("The search is repeated without a pause. Lambda polls a real stream about four times a second.");
    targets.hold("written to found, p50 ms", times.median(), targets::FRESH, 1);
    table
}

async fn written() -> Times {
    let desk = Desk::start().await;
    let mut times = Vec::new();
    for number in 0..WRITTEN {
        let word = format!("uniqueword{number}");
        let body = json!({"subject": "A subject", "message": {"body_text": format!("Hello, this is {word}.")}});
        desk.owner.post("/v1/tickets", body).await.created();
        let written = Instant::now();
        let path = format!("/v1/tickets?q={word}");
        while desk.owner.get(&path).await.ok().as_array().is_none_or(Vec::is_empty) {}
        times.push(written.elapsed());
    }
    times.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_made_in_order_and_answered_later() {
        let tickets: Vec<_> = (4_000..4_004).map(ticket_of).collect();
        assert_eq!(tickets, [1_000, 999, 993, 600]);
    }
}
