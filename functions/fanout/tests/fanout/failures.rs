//! Records that can't be handled, now or ever.

use crate::{
    faults::failing,
    support::{Desk, due, store_at},
};
use lambdesk_domain::{events::Subject, id::TicketId, status::Status, webhook::Subscription};
use lambdesk_engine::Position;
use lambdesk_store::{Due, keys};
use serde_json::{Value, json};
use std::time::Duration;

async fn versions(desk: &Desk, ticket: TicketId) -> Vec<u64> {
    let events = desk.store.activities(desk.workspace, ticket, None, 10).await.unwrap().items;
    events.iter().rev().map(|event| event.sequence.0).collect()
}

/// The sequence numbers of the heads of a ticket, in order.
fn numbers<'a>(batch: &'a Value, ticket: TicketId) -> Vec<&'a str> {
    let of_ticket = |record: &&Value| {
        let key = |name: &str| record.pointer(&format!("/dynamodb/Keys/{name}/S")).and_then(Value::as_str);
        key("sk") == Some("T") && key("pk").unwrap().ends_with(&keys::short(ticket.uuid()))
    };
    let records = batch["Records"].as_array().unwrap();
    let number = |record: &'a Value| record.pointer("/dynamodb/SequenceNumber").unwrap().as_str().unwrap();
    records.iter().filter(of_ticket).map(number).collect()
}

#[tokio::test]
async fn a_record_that_fails_stops_its_ticket_and_no_other() {
    let desk = Desk::open().await;
    let (one, other) = (desk.ticket().await, desk.ticket().await);
    desk.set_status(&one, Status::Closed).await;
    desk.set_status(&other, Status::Closed).await;
    let batch = desk.batch(Position::START);
    let url = failing(&desk.engine.url(), &keys::short(one.id.uuid())).await;
    let answer = desk.fanout(&store_at(&url)).handle(batch.clone()).await;

    let failed = json!({ "batchItemFailures": [{ "itemIdentifier": numbers(&batch, one.id)[0] }] });
    assert_eq!(answer, failed);
    assert_eq!(versions(&desk, one.id).await, [] as [u64; 0]);
    assert_eq!(versions(&desk, other.id).await, [1, 2]);

    desk.fanout(&desk.store).handle(batch).await;
    assert_eq!(versions(&desk, one.id).await, [1, 2]);
}

#[tokio::test]
async fn nothing_of_a_version_counts_until_its_event_is_there() {
    let desk = Desk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ticket = desk.ticket().await;
    let batch = desk.batch(Position::START);
    // Of all that is written, only the event is under the ticket's own key.
    let event_key = format!("#t#{}", keys::short(ticket.id.uuid()));
    let url = failing(&desk.engine.url(), &event_key).await;
    let answer = desk.fanout(&store_at(&url)).handle(batch.clone()).await;
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    assert_eq!(desk.hints(), []);
    assert_eq!(desk.store.deliveries(desk.workspace, endpoint.id, None, 9).await.unwrap().items.len(), 1);

    desk.fanout(&desk.store).handle(batch).await;
    assert_eq!(versions(&desk, ticket.id).await, [1]);
    assert_eq!(desk.hints().len(), 1);
    assert_eq!(desk.store.deliveries(desk.workspace, endpoint.id, None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn an_unreadable_record_is_checked_later_and_holds_up_nothing() {
    let desk = Desk::open().await;
    let (one, other) = (desk.ticket().await, desk.ticket().await);
    desk.set_status(&one, Status::Closed).await;
    let mut batch = desk.batch(Position::START);
    let first = &mut batch["Records"][0]["dynamodb"]["NewImage"];
    first.as_object_mut().unwrap().retain(|name, _| name == "pk" || name == "sk");
    let answer = desk.fanout(&desk.store).handle(batch).await;

    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(versions(&desk, one.id).await, [2]);
    assert_eq!(versions(&desk, other.id).await, [1]);
    let at = desk.clock.now().plus(Duration::from_mins(5));
    let row = Due::Recheck { workspace: desk.workspace, of: Subject::Ticket(one.id), at };
    assert_eq!(due(&desk.store, at).await, [row]);
}

#[tokio::test]
async fn a_table_that_is_away_fails_the_first_record_of_every_ticket() {
    let desk = Desk::open().await;
    let (one, other) = (desk.ticket().await, desk.ticket().await);
    desk.set_status(&one, Status::Closed).await;
    let batch = desk.batch(Position::START);
    let url = failing(&desk.engine.url(), "").await;
    let answer = desk.fanout(&store_at(&url)).handle(batch.clone()).await;
    let mut failed: Vec<_> = answer["batchItemFailures"].as_array().unwrap().iter().collect();
    failed.sort_by_key(|failure| failure["itemIdentifier"].as_str());
    let expected = [numbers(&batch, one.id)[0], numbers(&batch, other.id)[0]];
    assert_eq!(failed, expected.map(|number| json!({ "itemIdentifier": number })).each_ref());
}

#[tokio::test]
async fn an_event_without_records_fails_as_a_whole() {
    let desk = Desk::open().await;
    let answer = desk.fanout(&desk.store).handle(json!({})).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }));
}
