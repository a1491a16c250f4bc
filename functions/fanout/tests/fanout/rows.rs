//! The rows that lists read.

use crate::support::Desk;
use lambdesk_domain::{
    command::Fields,
    id::{TagId, TeamId, TicketId},
    patch::TagChange,
    set::Set,
    status::Status,
};
use lambdesk_engine::Position;
use lambdesk_runtime::new_uuid;
use lambdesk_store::keys::Posting;
use serde_json::json;

async fn posted(desk: &Desk, posting: Posting) -> Vec<TicketId> {
    desk.store.posted(desk.workspace, &posting, 10).await.unwrap().items
}

#[tokio::test]
async fn a_tickets_rows_follow_it_and_go_with_it() {
    let desk = Desk::open().await;
    let (tag, team) = (TagId::new(new_uuid()), TeamId::new(new_uuid()));
    let ticket = desk.ticket().await;
    desk.fan_out(Position::START).await;
    assert_eq!(posted(&desk, Posting::Tag(tag)).await, []);
    let tags = TagChange::Replace([tag].into());
    let fields = Fields { tags, ..Fields::of([Set::Team(Some(team))]) };
    let ticket = desk.change(&ticket, fields, false).await;
    desk.fan_out(Position::START).await;
    assert_eq!(posted(&desk, Posting::Tag(tag)).await, [ticket.id]);
    assert_eq!(posted(&desk, Posting::Team(team)).await, [ticket.id]);
    let fields = Fields { tags: TagChange::Replace([].into()), ..Fields::default() };
    let ticket = desk.change(&ticket, fields, true).await;
    let ticket = desk.set_status(&ticket, Status::Closed).await;
    desk.fan_out(Position::START).await;
    assert_eq!(posted(&desk, Posting::Tag(tag)).await, [], "also after a silent change");
    assert_eq!(posted(&desk, Posting::Team(team)).await, [ticket.id]);
    assert_eq!(desk.store.numbered(desk.workspace, ticket.number).await.unwrap(), Some(ticket.id));
    desk.purge(&ticket).await;
    // From the beginning, as if all had failed.
    assert_eq!(desk.fan_out(Position::START).await, json!({"batchItemFailures": []}));
    assert_eq!(posted(&desk, Posting::Team(team)).await, []);
    assert_eq!(desk.store.numbered(desk.workspace, ticket.number).await.unwrap(), None);
}
