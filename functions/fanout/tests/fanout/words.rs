//! Words that can't be indexed, now or ever.

use crate::support::{FanoutDesk, nothing_failed};
use lambdesk_domain::{
    access::Actor,
    command::{Fields, NewTicket},
    events::EventSubject,
    id::{TeamId, TicketId, TicketNumber},
    set::Set,
    testing::samples::new_ticket,
    ticket::Ticket,
};
use lambdesk_engine::Position;
use lambdesk_runtime::new_uuid;
use lambdesk_store_events::Due;
use lambdesk_store_search::{Search, SearchFrom};
use lambdesk_table::{
    Tenant,
    item::primary,
    keys::{self, IndexedValue},
};
use lambdesk_testkit::Fault;
use serde_json::{Value, json};
use std::time::Duration;

/// A failure of the table that may pass.
const AWAY: Fault = Fault::Error("InternalServerError");
/// The write buffer of the index.
const BUFFER: &str = "#s#fresh";

async fn ticket(desk: &FanoutDesk, number: u64, subject: &str) -> Ticket {
    let new = new_ticket(desk.workspace, TicketId::new(new_uuid()));
    let new = NewTicket { number: TicketNumber(number), subject: subject.parse().unwrap(), ..new };
    desk.ticket_of(new, Actor::System).await
}

/// The numbers of the tickets that the index has under a word.
async fn found(desk: &FanoutDesk, word: &str) -> Vec<u64> {
    let asked = Search { query: word.parse().unwrap(), sees_notes: true, sees_clients: true };
    let search = desk.table.elsewhere().search;
    let hits = search.search(&Tenant::new(desk.workspace), &asked, SearchFrom::Newest, desk.now()).await.unwrap();
    hits.numbers.iter().map(|number| number.0).collect()
}

/// Purges a ticket; answers the records of it.
async fn purged(desk: &FanoutDesk, ticket: TicketId) -> Value {
    let trashed = desk.trash(ticket).await;
    assert_eq!(desk.fan_out(desk.opened).await, nothing_failed());
    let end = desk.table.end_of_stream();
    assert!(desk.store.tickets.begin_purge(&trashed, desk.now()).await.unwrap());
    desk.table.batch(end)
}

fn failures(answer: &Value) -> usize {
    answer["batchItemFailures"].as_array().unwrap().len()
}

/// The kinds of items that were written since, by the first letter of their sort keys.
fn written(desk: &FanoutDesk, after: Position) -> Vec<String> {
    let batch = desk.table.batch(after);
    let kind = |record: &Value| record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap()[..1].to_owned();
    batch["Records"].as_array().unwrap().iter().map(kind).collect()
}

fn retry_of(desk: &FanoutDesk, ticket: &Ticket) -> Due {
    let at = desk.now().plus(Duration::from_mins(1));
    Due::Retry { workspace: desk.workspace, of: EventSubject::Ticket(ticket.id), at }
}

#[tokio::test]
async fn the_words_of_a_purged_ticket_go_however_the_table_fails_meanwhile() {
    let desk = FanoutDesk::open().await;
    let lamp = ticket(&desk, 1, "A broken lamp").await;
    let batch = purged(&desk, lamp.id).await;
    assert_eq!(found(&desk, "lamp").await, [1]);
    desk.table.faults.naming(BUFFER, AWAY);
    for _ in 0..2 {
        assert_eq!(failures(&desk.handle(batch.clone()).await), 1, "nothing of it could be read later");
    }
    desk.table.faults.end();
    assert_eq!(desk.handle(batch).await, nothing_failed());
    assert_eq!(found(&desk, "lamp").await, [0; 0]);
}

#[tokio::test]
async fn the_rows_of_a_purged_ticket_go_however_long_the_table_fails() {
    let desk = FanoutDesk::open().await;
    let team = TeamId::new(new_uuid());
    let ticket = ticket(&desk, 1, "A broken lamp").await;
    let ticket = desk.set_later(&ticket, Fields::of([Set::Team(Some(team))])).await;
    let mut batch = purged(&desk, ticket.id).await;
    // Longer ago than others are waited for.
    for record in batch["Records"].as_array_mut().unwrap() {
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(desk.now().seconds() - 60 * 60);
    }
    desk.table.faults.naming("#f#team#", AWAY);
    assert_eq!(failures(&desk.handle(batch.clone()).await), 1);
    desk.table.faults.end();
    assert_eq!(desk.handle(batch).await, nothing_failed());
    let team = IndexedValue::Team(team);
    let rows = lambdesk_store_tickets::index_entries(&desk.table.table, desk.workspace, &team, (None, 10)).await;
    assert_eq!(rows.unwrap().items, []);
}

#[tokio::test]
async fn a_ticket_that_cannot_be_read_keeps_no_other_from_being_indexed() {
    let desk = FanoutDesk::open().await;
    let lamp = ticket(&desk, 1, "A broken lamp").await;
    ticket(&desk, 2, "A red kettle").await;
    desk.store.tickets.request_reindex(desk.workspace, lamp.id, desk.now()).await.unwrap();
    let batch = desk.table.batch(desk.opened);
    desk.table.put(primary(Tenant::new(desk.workspace).ticket(lamp.id))).await;
    assert_eq!(desk.handle(batch).await, nothing_failed());
    assert_eq!((found(&desk, "kettle").await, found(&desk, "lamp").await), (vec![2], vec![]));
    assert_eq!(desk.store.due(desk.now().plus(Duration::from_hours(1))).await, [retry_of(&desk, &lamp)]);
}

#[tokio::test]
async fn a_request_that_can_never_be_fulfilled_asks_for_no_other() {
    let desk = FanoutDesk::open().await;
    let lamp = ticket(&desk, 1, "A broken lamp").await;
    desk.table.put(primary(Tenant::new(desk.workspace).ticket(lamp.id))).await;
    let end = desk.table.end_of_stream();
    desk.store.tickets.request_reindex(desk.workspace, lamp.id, desk.now()).await.unwrap();
    let batch = desk.table.batch(end);
    let end = desk.table.end_of_stream();
    assert_eq!(desk.handle(batch).await, nothing_failed());
    assert_eq!(written(&desk, end), [] as [&str; 0]);
}

#[tokio::test]
async fn what_fails_for_now_waits_for_the_sweep() {
    let desk = FanoutDesk::open().await;
    let lamp = ticket(&desk, 1, "A broken lamp").await;
    assert_eq!(desk.fan_out(desk.opened).await, nothing_failed());
    let end = desk.table.end_of_stream();
    desk.store.tickets.request_reindex(desk.workspace, lamp.id, desk.now()).await.unwrap();
    let batch = desk.table.batch(end);
    let end = desk.table.end_of_stream();
    desk.table.faults.naming(BUFFER, AWAY);
    assert_eq!(desk.handle(batch).await, nothing_failed());
    desk.table.faults.end();
    assert_eq!(written(&desk, end), ["V"], "its retry row, and no other request");
    assert_eq!(desk.store.due(desk.now().plus(Duration::from_hours(1))).await, [retry_of(&desk, &lamp)]);
}

#[tokio::test]
async fn where_the_row_of_a_retry_fails_too_the_records_are_repeated() {
    let desk = FanoutDesk::open().await;
    let lamp = ticket(&desk, 1, "A broken lamp").await;
    desk.store.tickets.request_reindex(desk.workspace, lamp.id, desk.now()).await.unwrap();
    let requests = json!({ "Records": [desk.table.batch(desk.opened)["Records"].as_array().unwrap().last()] });
    // Of both: the index, and the ticket's own partition.
    desk.table.faults.naming(&keys::short(desk.workspace.uuid()), AWAY);
    assert_eq!(failures(&desk.handle(requests.clone()).await), 1);
    desk.table.faults.end();
    assert_eq!(desk.handle(requests).await, nothing_failed());
    assert_eq!(found(&desk, "lamp").await, [1]);
}
