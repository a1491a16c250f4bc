//! The row that makes a follow-up findable when it is due.

use crate::support::FanoutDesk;
use lambdesk_domain::{command::Fields, patch::Field, set::Set, ticket::Ticket, time::Timestamp};
use lambdesk_store_events::Due;
use serde_json::{Value, json};
use std::time::Duration;

async fn snooze(desk: &FanoutDesk, ticket: &Ticket, until: Field<Timestamp>) -> Ticket {
    desk.set_later(ticket, Fields::of(until.assign(Set::FollowUpAt))).await
}

/// When the ticket's follow-up is due by its row.
async fn rows(desk: &FanoutDesk) -> Vec<Timestamp> {
    let rows = desk.store.due(desk.now().plus(Duration::from_hours(20))).await;
    rows.into_iter()
        .map(|row| match row {
            Due::FollowUp { at, .. } => at,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn the_row_follows_the_ticket() {
    let desk = FanoutDesk::open().await;
    let first = desk.ticket().await;
    let (soon, later) = (desk.now().plus(Duration::from_hours(1)), desk.now().plus(Duration::from_hours(9)));
    let second = snooze(&desk, &first, Field::Set(soon)).await;
    desk.fan_out(desk.opened).await;
    assert_eq!(rows(&desk).await, [soon]);
    let third = snooze(&desk, &second, Field::Set(later)).await;
    desk.fan_out(desk.opened).await;
    assert_eq!(rows(&desk).await, [later]);
    let fourth = snooze(&desk, &third, Field::Clear).await;
    desk.fan_out(desk.opened).await;
    assert_eq!(rows(&desk).await, []);
    snooze(&desk, &fourth, Field::Set(soon)).await;
    desk.fan_out(desk.opened).await;
    assert_eq!(rows(&desk).await, [soon]);
}

/// The batch with one of its heads' records only.
fn only(batch: &Value, index: usize) -> Value {
    let records = batch["Records"].as_array().unwrap().iter();
    let heads = records.filter(|record| record.pointer("/dynamodb/Keys/sk/S") == Some(&json!("T")));
    json!({ "Records": heads.skip(index).take(1).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_record_that_comes_late_neither_brings_a_row_back_nor_takes_a_newer_one() {
    let desk = FanoutDesk::open().await;
    let first = desk.ticket().await;
    let soon = desk.now().plus(Duration::from_hours(1));
    let second = snooze(&desk, &first, Field::Set(soon)).await;
    let third = snooze(&desk, &second, Field::Clear).await;
    let batch = desk.table.batch(desk.opened);
    desk.handle(batch.clone()).await;
    desk.handle(only(&batch, 1)).await;
    assert_eq!(rows(&desk).await, []);

    snooze(&desk, &third, Field::Set(soon)).await;
    desk.fan_out(desk.opened).await;
    desk.handle(only(&batch, 2)).await;
    assert_eq!(rows(&desk).await, [soon]);
}
