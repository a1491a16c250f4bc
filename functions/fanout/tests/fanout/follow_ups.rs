//! The row that makes a follow-up findable when it is due.

use crate::support::{Desk, due};
use lambdesk_domain::{command::Fields, patch::Field, set::Set, ticket::Ticket, time::Timestamp};
use lambdesk_engine::Position;
use lambdesk_store::Due;
use serde_json::{Value, json};
use std::time::Duration;

async fn put_off(desk: &Desk, ticket: &Ticket, until: Field<Timestamp>) -> Ticket {
    desk.change(ticket, Fields::of(until.assign(Set::FollowUpAt)), false).await
}

/// When the ticket's follow-up is due by its row.
async fn rows(desk: &Desk) -> Vec<Timestamp> {
    let rows = due(&desk.store, desk.clock.now().plus(Duration::from_hours(20))).await;
    rows.into_iter()
        .map(|row| match row {
            Due::FollowUp { at, .. } => at,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn the_row_follows_the_ticket() {
    let desk = Desk::open().await;
    let first = desk.ticket().await;
    let (soon, later) =
        (desk.clock.now().plus(Duration::from_hours(1)), desk.clock.now().plus(Duration::from_hours(9)));
    let second = put_off(&desk, &first, Field::Set(soon)).await;
    desk.fan_out(Position::START).await;
    assert_eq!(rows(&desk).await, [soon]);
    let third = put_off(&desk, &second, Field::Set(later)).await;
    desk.fan_out(Position::START).await;
    assert_eq!(rows(&desk).await, [later]);
    let fourth = put_off(&desk, &third, Field::Clear).await;
    desk.fan_out(Position::START).await;
    assert_eq!(rows(&desk).await, []);
    put_off(&desk, &fourth, Field::Set(soon)).await;
    desk.fan_out(Position::START).await;
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
    let desk = Desk::open().await;
    let first = desk.ticket().await;
    let soon = desk.clock.now().plus(Duration::from_hours(1));
    let second = put_off(&desk, &first, Field::Set(soon)).await;
    let third = put_off(&desk, &second, Field::Clear).await;
    let batch = desk.batch(Position::START);
    let fanout = desk.fanout(&desk.store);
    fanout.handle(batch.clone()).await;
    fanout.handle(only(&batch, 1)).await;
    assert_eq!(rows(&desk).await, []);

    put_off(&desk, &third, Field::Set(soon)).await;
    desk.fan_out(Position::START).await;
    fanout.handle(only(&batch, 2)).await;
    assert_eq!(rows(&desk).await, [soon]);
}
