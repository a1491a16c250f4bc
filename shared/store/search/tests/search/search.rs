//! The search index: whatever is added, merged, forgotten and left undone, a search
//! finds what was said.

use lambdesk_domain::{
    contact::Requester,
    id::{MessageId, TicketId, TicketNumber, WorkspaceId},
    message::{Content, Message, MessageKind, Sender, SenderKind},
    search::words,
    status::Source,
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_search::{
    CompactionBudget, Hits, Search, SearchFrom, SearchIndex, TOMBSTONE_TTL, TicketDelta, TicketWords,
};
use lambdesk_store_tickets::message::MessageItem;
use lambdesk_table::{Tenant, Value, Write};
use lambdesk_testkit::{Fault, TestTable, check, sample, workspace};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

/// A record of the stream as the tests make them up: its sequence number, its ticket and
/// what it means to the ticket's words.
type Record = (String, TicketId, TicketDelta);

/// Makes records in their order.
#[derive(Default)]
struct Stream {
    next: u64,
}

impl Stream {
    fn record(&mut self, ticket: TicketId, delta: TicketDelta) -> Record {
        self.next += 1;
        (format!("{:021}", self.next), ticket, delta)
    }

    /// A new message in the stream alone, not in the table.
    fn message(&mut self, message: &Message) -> Record {
        let mut delta = TicketDelta::default();
        delta.add_message(None, Some(MessageItem { message: message.clone(), body: None }));
        self.record(message.ticket_id, delta)
    }

    /// The request that a ticket be indexed anew.
    fn reindex_request(&mut self, ticket: TicketId) -> Record {
        let mut delta = TicketDelta::default();
        delta.add_reindex();
        self.record(ticket, delta)
    }
}

fn message(ticket: TicketId, number: u128, kind: MessageKind, text: &str) -> Message {
    Message {
        id: MessageId::new(Uuid::from_u128(number)),
        ticket_id: ticket,
        kind,
        is_secure: false,
        is_forward: false,
        sender: Sender { kind: SenderKind::System, id: None, name: None },
        source: Source::Api,
        content: Content::from_text(text).expect("a text"),
        attachments: Vec::new(),
        created_at: Timestamp::EPOCH,
    }
}

/// A ticket without words of its own.
fn ticket(workspace: WorkspaceId, number: u64) -> Ticket {
    let ticket = sample(&testing::ticket());
    Ticket {
        workspace_id: workspace,
        id: TicketId::new(Uuid::from_u128(u128::from(number) << 64)),
        number: TicketNumber(number),
        subject: "-".parse().expect("a subject"),
        requester: Requester::default(),
        contact: None,
        account: None,
        tags: BTreeSet::new(),
        ..ticket
    }
}

fn search(query: &str, sees_notes: bool) -> Search {
    Search { query: query.parse().expect("a search"), sees_notes, sees_clients: true }
}

async fn found(index: &SearchIndex, workspace: WorkspaceId, asked: &Search, now: Timestamp) -> Vec<u64> {
    let hits = index.search(&Tenant::new(workspace), asked, SearchFrom::Newest, now).await.expect("it searches");
    assert_eq!(hits.more, None);
    numbers(&hits)
}

fn numbers(hits: &Hits) -> Vec<u64> {
    hits.numbers.iter().map(|number| number.0).collect()
}

async fn index(index: &SearchIndex, workspace: WorkspaceId, records: &[Record], now: Timestamp) {
    let (sequence, ..) = records.last().expect("a batch is not empty");
    let deltas = records.iter().map(|(_, ticket, delta)| (*ticket, delta.clone()));
    index.index(workspace, sequence, deltas, now).await.expect("it is indexed");
}

/// Something that happens to an index.
#[derive(Debug, Clone)]
enum Deed {
    /// A ticket says something more.
    Say { ticket: u64, is_note: bool, words: Vec<u8> },
    /// A ticket says this and nothing else any more.
    Unsay { ticket: u64, words: Vec<u8> },
    /// So much time passes.
    Wait { seconds: u64 },
    /// The index is compacted, and that is cut off after so many requests.
    Compact { steps: u32, requests: Option<usize> },
}

fn deed() -> impl Strategy<Value = Deed> {
    let some = || prop::collection::vec(0..12_u8, 1..6);
    prop_oneof![
        12 => (1..9_u64, any::<bool>(), some()).prop_map(|(ticket, is_note, words)| Deed::Say { ticket, is_note, words }),
        2 => (1..9_u64, some()).prop_map(|(ticket, words)| Deed::Unsay { ticket, words }),
        2 => prop_oneof![Just(1), Just(20), Just(90), Just(90_000)].prop_map(|seconds| Deed::Wait { seconds }),
        4 => (1..6_u32, prop::option::of(0..14_usize)).prop_map(|(steps, requests)| Deed::Compact { steps, requests }),
    ]
}

/// What was said, kept plainly: by ticket, word and whether others than notes say it.
#[derive(Default)]
struct Plain(BTreeMap<u64, BTreeMap<String, bool>>);

impl Plain {
    fn found(&self, asked: &str, sees_notes: bool) -> Vec<u64> {
        let asked = search(asked, sees_notes);
        let says = |said: &BTreeMap<String, bool>| {
            asked.query.words().all(|asked| {
                said.iter().any(|(word, is_public)| {
                    (sees_notes || *is_public) && lambdesk_domain::search::SearchQuery::meets(asked, word)
                })
            })
        };
        self.0.iter().rev().filter(|(_, said)| says(said)).map(|(ticket, _)| *ticket).collect()
    }
}

fn text(words: &[u8]) -> String {
    const WORDS: [&str; 12] =
        ["lamp", "lampe", "lampshade", "la", "é", "printer", "print", "3.14", "a@b.example", "zoo", "zoom", "z"];
    words.iter().map(|word| WORDS[usize::from(*word)]).collect::<Vec<_>>().join(" ")
}

#[test]
fn whatever_is_said_unsaid_merged_and_cut_off_a_search_finds_what_is_said() {
    let next = std::cell::Cell::new(1_u128);
    check(10, &prop::collection::vec(deed(), 1..70), async |table, deeds| {
        next.set(next.get() + 1);
        let workspace = workspace(next.get());
        let (mut stream, mut plain, mut now) = (Stream::default(), Plain::default(), Timestamp::from_millis(1_000));
        table.fill(&(1..9).map(|number| ticket(workspace, number)).collect::<Vec<_>>()).await;
        for (place, deed) in (0_u128..).zip(&deeds) {
            now = now.plus(Duration::from_millis(10));
            match deed {
                Deed::Say { ticket, is_note, words } => {
                    say((table, workspace), &mut stream, &mut plain, (*ticket, place, *is_note), words, now).await;
                }
                Deed::Unsay { ticket, words } => {
                    unsay((table, workspace), &mut stream, &mut plain, *ticket, words, now).await;
                }
                Deed::Wait { seconds } => now = now.plus(Duration::from_secs(*seconds)),
                Deed::Compact { steps, requests } => {
                    if let Some(requests) = requests {
                        table.faults.after(*requests, std::iter::repeat_n(Fault::Error("ValidationException"), 40));
                    }
                    let _ = table.store.search.compact(workspace, CompactionBudget::Steps(*steps), now).await;
                    table.faults.next([]);
                }
            }
        }
        compare(table, workspace, &plain, now).await?;
        // Whoever comes last brings everything to its end.
        for _ in 0..3 {
            now = now.plus(TOMBSTONE_TTL + TOMBSTONE_TTL);
            table.store.search.compact(workspace, CompactionBudget::Steps(200), now).await.expect("it is compacted");
        }
        compare(table, workspace, &plain, now).await
    });
}

async fn say(
    (table, workspace): (&TestTable, WorkspaceId),
    stream: &mut Stream,
    plain: &mut Plain,
    (number, place, is_note): (u64, u128, bool),
    said: &[u8],
    now: Timestamp,
) {
    let id = ticket(workspace, number).id;
    let kind = if is_note { MessageKind::Note } else { MessageKind::Inbound };
    let message = message(id, place + 1, kind, &text(said));
    let record = stream.message(&message);
    // Told twice now and then, as the stream does.
    for _ in 0..=place % 2 {
        index(&table.store.search, workspace, std::slice::from_ref(&record), now).await;
    }
    let known = plain.0.entry(number).or_default();
    for word in words(&text(said)) {
        *known.entry(word.as_str().to_owned()).or_default() |= !is_note;
    }
}

async fn unsay(
    (table, workspace): (&TestTable, WorkspaceId),
    stream: &mut Stream,
    plain: &mut Plain,
    number: u64,
    said: &[u8],
    now: Timestamp,
) {
    // In the table stays a ticket with only this as its subject.
    let fresh = Ticket { subject: text(said).parse().expect("a subject"), ..ticket(workspace, number) };
    let delete = Write::delete(Tenant::new(workspace).ticket(fresh.id));
    assert!(table.table.write(delete).await.expect("the ticket goes"));
    table.fill(std::slice::from_ref(&fresh)).await;
    let record = stream.reindex_request(fresh.id);
    index(&table.store.search, workspace, &[record], now).await;
    let known = plain.0.entry(number).or_default();
    known.clear();
    for word in words(&text(said)) {
        known.insert(word.as_str().to_owned(), true);
    }
}

async fn compare(
    table: &TestTable,
    workspace: WorkspaceId,
    plain: &Plain,
    now: Timestamp,
) -> Result<(), TestCaseError> {
    let elsewhere = table.elsewhere().search;
    for asked in ["lamp", "lamp print", "la", "zoo", "z", "e", "3 14", "a@b", "lampe z", "printer lampshade zoom"] {
        for sees_notes in [true, false] {
            let expected = plain.found(asked, sees_notes);
            let search = search(asked, sees_notes);
            prop_assert_eq!(&found(&table.store.search, workspace, &search, now).await, &expected, "{}", asked);
            prop_assert_eq!(&found(&elsewhere, workspace, &search, now).await, &expected, "{} elsewhere", asked);
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_unsaid_is_physically_gone_a_day_later() {
    let table = TestTable::new().await;
    let workspace = workspace(1);
    let (mut stream, mut now) = (Stream::default(), Timestamp::from_millis(1_000_000));
    let tickets: Vec<_> = (1..=40).map(|number| ticket(workspace, number)).collect();
    table.fill(&tickets).await;
    for ticket in &tickets {
        let record = stream.message(&message(ticket.id, 1, MessageKind::Inbound, "secretword lamp"));
        index(&table.store.search, workspace, &[record], now).await;
    }
    table.store.search.compact(workspace, CompactionBudget::Steps(9), now).await.expect("it is compacted");
    let requests: Vec<_> = tickets.iter().map(|ticket| stream.reindex_request(ticket.id)).collect();
    index(&table.store.search, workspace, &requests, now).await;
    assert_eq!(found(&table.store.search, workspace, &search("secretword", true), now).await, [0; 0]);
    assert!(holds(&table, "secretword").await, "nothing was there to begin with");

    // The sweep comes when the row says, as often as it says.
    let mut visits = 0;
    while let Some(next) =
        table.store.search.compact(workspace, CompactionBudget::Steps(1), now).await.expect("it is compacted").next
    {
        now = now.max(next);
        visits += 1;
        assert!(visits < 50, "it never comes to an end");
    }
    assert!(now >= Timestamp::from_millis(1_000_000).plus(TOMBSTONE_TTL));
    assert!(!holds(&table, "secretword").await);
}

/// Whether any item of the table has these bytes.
async fn holds(table: &TestTable, bytes: &str) -> bool {
    let has = |value: &Value| match value {
        Value::B(held) => held.as_ref().windows(bytes.len()).any(|window| window == bytes.as_bytes()),
        other => format!("{other:?}").contains(bytes),
    };
    table.items().await.iter().flat_map(|item| item.values()).any(has)
}

#[tokio::test]
async fn a_search_walks_all_hits_in_both_directions() {
    let table = TestTable::new().await;
    let (workspace, now) = (workspace(2), Timestamp::from_millis(1_000));
    let (mut stream, tenant) = (Stream::default(), Tenant::new(workspace));
    for batch in 0..30_u64 {
        let tickets: Vec<_> = (1..=100).map(|place| ticket(workspace, batch * 100 + place)).collect();
        table.fill(&tickets).await;
        let said = tickets.iter().map(|ticket| message(ticket.id, 1, MessageKind::Inbound, "lamp"));
        let records: Vec<_> = said.map(|message| stream.message(&message)).collect();
        index(&table.store.search, workspace, &records, now).await;
    }
    let asked = search("lamp", true);
    let (mut seen, mut from) = (Vec::new(), SearchFrom::Newest);
    loop {
        let hits = table.store.search.search(&tenant, &asked, from, now).await.expect("it searches");
        assert!(hits.numbers.len() <= 2_000);
        seen.extend(numbers(&hits));
        let Some(more) = hits.more else { break };
        from = SearchFrom::Below(more);
    }
    assert_eq!(seen, (1..=3_000).rev().collect::<Vec<_>>());
    let hits = table
        .store
        .search
        .search(&tenant, &asked, SearchFrom::Above(TicketNumber(500)), now)
        .await
        .expect("it searches");
    assert_eq!(numbers(&hits), (501..=2_500).rev().collect::<Vec<_>>());
    assert_eq!(hits.more, Some(TicketNumber(2_500)));
}

#[tokio::test]
async fn hits_are_identified_by_what_the_index_says_and_by_rows() {
    let table = TestTable::new().await;
    let (workspace, now) = (workspace(3), Timestamp::from_millis(1_000));
    let (mut stream, tenant) = (Stream::default(), Tenant::new(workspace));
    let tickets: Vec<_> = (1..=3).map(|number| ticket(workspace, number)).collect();
    table.fill(&tickets).await;
    let requests: Vec<_> = tickets.iter().map(|ticket| stream.reindex_request(ticket.id)).collect();
    index(&table.store.search, workspace, &requests, now).await;
    let said: Vec<_> =
        tickets.iter().map(|ticket| stream.message(&message(ticket.id, 1, MessageKind::Note, "lamp"))).collect();
    index(&table.store.search, workspace, &said, now).await;
    let asked = search("lamp", true);
    let expected: Vec<_> = tickets.iter().rev().map(|ticket| (ticket.number, ticket.id)).collect();
    for later in [Duration::ZERO, TOMBSTONE_TTL, TOMBSTONE_TTL * 2] {
        let now = now.plus(later);
        table.store.search.compact(workspace, CompactionBudget::Steps(20), now).await.expect("it is compacted");
        let hits = table.store.search.search(&tenant, &asked, SearchFrom::Newest, now).await.expect("it searches");
        let named = table.store.search.identify(&tenant, &hits, &hits.numbers).await.expect("they have ids");
        assert_eq!(named, expected);
    }
    let ids: BTreeSet<_> = expected.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids.len(), 3);
}

/// A batch of the stream: one new ticket that says a word of its own.
async fn add_word(index: &SearchIndex, workspace: WorkspaceId, number: u64, now: Timestamp) {
    let said = TicketWords {
        number: TicketNumber(number),
        id: ticket(workspace, number).id,
        is_whole: false,
        is_new: true,
        public: words(&format!("word{number}")),
        noted: BTreeSet::new(),
    };
    index.add_words(workspace, &number.to_string(), &[said], now).await.expect("it adds");
}

/// Deleting what was merged and beginning the next merge in the same turn: the job
/// must not be about what this turn has deleted, or nobody could ever end it.
#[tokio::test]
async fn an_index_that_is_left_after_any_step_can_always_be_finished() {
    let (begin, hour) = (Timestamp::from_millis(1_000), Duration::from_hours(1));
    for steps in 1..6 {
        let table = TestTable::new().await;
        let workspace = workspace(1);
        let mut now = begin;
        for number in 1..=192 {
            add_word(&table.store.search, workspace, number, now).await;
            if number % 64 == 0 {
                table
                    .store
                    .search
                    .compact(workspace, CompactionBudget::Steps(steps), now)
                    .await
                    .expect("it is compacted");
                now = now.plus(hour);
                table
                    .store
                    .search
                    .compact(workspace, CompactionBudget::Steps(steps), now)
                    .await
                    .expect("it is compacted");
                now = now.plus(hour);
            }
        }
        for _ in 0..3 {
            table.store.search.compact(workspace, CompactionBudget::Steps(100), now).await.expect("it is compacted");
            now = now.plus(hour);
        }
        let compacted =
            table.store.search.compact(workspace, CompactionBudget::Steps(100), now).await.expect("it is compacted");
        assert_eq!(compacted.next, None, "after turns of {steps} steps");
        for number in [1, 100, 192] {
            let asked = search(&format!("word{number}"), true);
            assert!(found(&table.store.search, workspace, &asked, now).await.contains(&number));
        }
    }
}
