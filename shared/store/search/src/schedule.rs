//! The compaction row: when the sweep is to compact a workspace's index although nothing
//! is written to it. One write of one item each.

use lambdesk_domain::time::Timestamp;
use lambdesk_table::{
    Item, Table, TableError, Tenant, Write,
    item::{document, json, text},
    keys,
};

/// Has the sweep compact the index at this time, or before if it was to already.
pub async fn schedule_compaction(table: &Table, tenant: &Tenant, at: Timestamp) -> Result<(), TableError> {
    let (row, due) = row_at(tenant, at);
    let put = Write::put(row).when("attribute_not_exists(pk) OR x_sk > :due").value(":due", text(due));
    table.write(put).await.map(drop)
}

/// Moves the row of a compaction that was due at this time, unless it is another by now.
pub async fn move_compaction(table: &Table, tenant: &Tenant, at: Timestamp, to: Timestamp) -> Result<(), TableError> {
    let put = Write::put(row_at(tenant, to).0).when("doc = :at").value(":at", json(&at));
    table.write(put).await.map(drop)
}

/// Removes the row of a compaction that was due at this time, unless it is another by now.
pub async fn unschedule_compaction(table: &Table, tenant: &Tenant, at: Timestamp) -> Result<(), TableError> {
    let delete = Write::delete(tenant.compaction()).when("doc = :at").value(":at", json(&at));
    table.write(delete).await.map(drop)
}

/// The row of a compaction at this time, and where it is due.
fn row_at(tenant: &Tenant, at: Timestamp) -> (Item, String) {
    let key = tenant.compaction();
    let (hour, due) = keys::due(at, &key);
    let mut row = document(key, &at);
    row.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(&due))]);
    (row, due)
}
