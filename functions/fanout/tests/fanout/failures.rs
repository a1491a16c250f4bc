//! Records that can't be handled, now or ever.

use crate::support::{FanoutDesk, nothing_failed};
use lambdesk_domain::{events::EventSubject, id::TicketId, status::Status, webhook::Subscription};
use lambdesk_store_events::Due;
use lambdesk_table::keys;
use lambdesk_testkit::Fault;
use serde_json::{Value, json};
use std::time::Duration;

/// A failure of the table that may pass.
const AWAY: Fault = Fault::Error("InternalServerError");

async fn versions(desk: &FanoutDesk, ticket: TicketId) -> Vec<u64> {
    let events = desk.store.events.activities(desk.workspace, ticket, None, 10).await.unwrap().items;
    events.iter().rev().map(|event| event.sequence.0).collect()
}

/// The sequence numbers of the records of a ticket item, in order.
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
    let desk = FanoutDesk::open().await;
    let (one, other) = (desk.ticket().await, desk.ticket().await);
    desk.set_status_later(&one, Status::Closed).await;
    desk.set_status_later(&other, Status::Closed).await;
    let batch = desk.table.batch(desk.opened);
    desk.table.faults.naming(&keys::short(one.id.uuid()), AWAY);
    let answer = desk.handle(batch.clone()).await;
    desk.table.faults.end();

    let failed = json!({ "batchItemFailures": [{ "itemIdentifier": numbers(&batch, one.id)[0] }] });
    assert_eq!(answer, failed);
    assert_eq!(versions(&desk, one.id).await, [] as [u64; 0]);
    assert_eq!(versions(&desk, other.id).await, [1, 2]);

    desk.handle(batch).await;
    assert_eq!(versions(&desk, one.id).await, [1, 2]);
}

#[tokio::test]
async fn nothing_of_a_version_counts_until_its_event_is_there() {
    let desk = FanoutDesk::open().await;
    let endpoint = desk.endpoint(&[Subscription::All]).await;
    let ticket = desk.ticket().await;
    let batch = desk.table.batch(desk.opened);
    // Of all that is written, only the event is under the ticket's own key.
    let event_key = format!("#t#{}", keys::short(ticket.id.uuid()));
    desk.table.faults.naming(&event_key, AWAY);
    let answer = desk.handle(batch.clone()).await;
    desk.table.faults.end();
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    assert_eq!(desk.hints(), []);
    assert_eq!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 9).await.unwrap().items.len(), 1);

    desk.handle(batch).await;
    assert_eq!(versions(&desk, ticket.id).await, [1]);
    assert_eq!(desk.hints().len(), 1);
    assert_eq!(desk.store.webhooks.deliveries(desk.workspace, endpoint.id, None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn an_unreadable_record_is_checked_later_and_holds_up_nothing() {
    let desk = FanoutDesk::open().await;
    let (one, other) = (desk.ticket().await, desk.ticket().await);
    desk.set_status_later(&one, Status::Closed).await;
    let mut batch = desk.table.batch(desk.opened);
    let first = &mut batch["Records"][0]["dynamodb"]["NewImage"];
    first.as_object_mut().unwrap().retain(|name, _| name == "pk" || name == "sk");
    let answer = desk.handle(batch).await;

    assert_eq!(answer, nothing_failed());
    assert_eq!(versions(&desk, one.id).await, [2]);
    assert_eq!(versions(&desk, other.id).await, [1]);
    let at = desk.now().plus(Duration::from_mins(5));
    let row = Due::Retry { workspace: desk.workspace, of: EventSubject::Ticket(one.id), at };
    assert_eq!(desk.store.due(at).await, [row]);
}

#[tokio::test]
async fn a_table_that_is_away_fails_the_first_record_of_every_ticket() {
    let desk = FanoutDesk::open().await;
    let (one, other) = (desk.ticket().await, desk.ticket().await);
    desk.set_status_later(&one, Status::Closed).await;
    let batch = desk.table.batch(desk.opened);
    desk.table.faults.naming("", AWAY);
    let answer = desk.handle(batch.clone()).await;
    let mut failed: Vec<_> = answer["batchItemFailures"].as_array().unwrap().iter().collect();
    failed.sort_by_key(|failure| failure["itemIdentifier"].as_str());
    let expected = [numbers(&batch, one.id)[0], numbers(&batch, other.id)[0]];
    assert_eq!(failed, expected.map(|number| json!({ "itemIdentifier": number })).each_ref());
}

#[tokio::test]
async fn an_event_without_records_fails_as_a_whole() {
    let desk = FanoutDesk::open().await;
    let answer = desk.handle(json!({})).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }));
}
