//! The rows that lists read.

use crate::support::{FanoutDesk, nothing_failed};
use lambdesk_domain::{
    command::{Fields, Update},
    directory::DeletionPolicy,
    id::{TagId, TeamId, TicketId},
    patch::TagChange,
    set::Set,
    status::Status,
};
use lambdesk_runtime::new_uuid;
use lambdesk_table::keys::IndexedValue;

async fn entries(desk: &FanoutDesk, value: IndexedValue) -> Vec<TicketId> {
    lambdesk_store_tickets::index_entries(&desk.table.table, desk.workspace, &value, (None, 10)).await.unwrap().items
}

#[tokio::test]
async fn a_tickets_rows_follow_it_and_go_with_it() {
    let desk = FanoutDesk::open().await;
    let (tag, team) = (TagId::new(new_uuid()), TeamId::new(new_uuid()));
    let ticket = desk.ticket().await;
    desk.fan_out(desk.opened).await;
    assert_eq!(entries(&desk, IndexedValue::Tag(tag)).await, []);
    let tags = TagChange::Replace([tag].into());
    let fields = Fields { tags, ..Fields::of([Set::Team(Some(team))]) };
    let ticket = desk.set_later(&ticket, fields).await;
    desk.fan_out(desk.opened).await;
    assert_eq!(entries(&desk, IndexedValue::Tag(tag)).await, [ticket.id]);
    assert_eq!(entries(&desk, IndexedValue::Team(team)).await, [ticket.id]);
    let fields = Fields { tags: TagChange::Replace([].into()), ..Fields::default() };
    let ticket = desk.change_later(&ticket, &Update::Fields(Box::new(fields)), true).await;
    let ticket = desk.set_status_later(&ticket, Status::Closed).await;
    desk.fan_out(desk.opened).await;
    assert_eq!(entries(&desk, IndexedValue::Tag(tag)).await, [], "also after a silent change");
    assert_eq!(entries(&desk, IndexedValue::Team(team)).await, [ticket.id]);
    assert_eq!(desk.store.lists.numbered(desk.workspace, ticket.number).await.unwrap(), Some(ticket.id));
    let trashed = desk.change_later(&ticket, &Update::Delete(DeletionPolicy::Trash), false).await;
    assert!(desk.store.tickets.begin_purge(&trashed, desk.now()).await.unwrap());
    // From the beginning, as if all had failed.
    assert_eq!(desk.fan_out(desk.opened).await, nothing_failed());
    assert_eq!(entries(&desk, IndexedValue::Team(team)).await, []);
    assert_eq!(desk.store.lists.numbered(desk.workspace, ticket.number).await.unwrap(), None);
}
