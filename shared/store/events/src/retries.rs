//! What is due, page by page, and the end of a recheck.

use crate::{
    client::{CAPACITY, Store, failure, is_condition_failure, primary},
    due::{Due, due_of},
    error::StoreError,
    item::{Item, json, text},
    keys::{self, Index, Tenant},
};
use lambdesk_domain::{events::Subject, id::WorkspaceId, time::Timestamp};

/// Some of what is due in one hour and shard, the earliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePage {
    /// What is due.
    pub rows: Vec<Due>,
    /// Where the next page begins; none after the last.
    pub next: Option<DuePlace>,
}

/// A place in what is due in one hour and shard.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePlace(Item);

impl Store {
    /// What is due in one hour and shard up to a time, in pages of at most `limit`.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn due_page(
        &self,
        (hour, shard): (u64, u8),
        until: Timestamp,
        from: Option<DuePlace>,
        limit: u16,
    ) -> Result<DuePage, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::Lookup.name());
        let request = request
            .key_condition_expression("x_pk = :pk AND x_sk < :until")
            .expression_attribute_values(":pk", text(keys::due_partition(hour, shard)))
            .expression_attribute_values(":until", text(keys::due_until(until)))
            .set_exclusive_start_key(from.map(|DuePlace(key)| key))
            .limit(i32::from(limit))
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let rows = output.items.unwrap_or_default().iter().filter_map(due_of).collect();
        Ok(DuePage { rows, next: output.last_evaluated_key.map(DuePlace) })
    }

    /// Takes back the recheck that was due at this time; a later one stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn settle_recheck(&self, workspace: WorkspaceId, of: Subject, at: Timestamp) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let request = self.client.delete_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(Tenant::new(workspace).recheck(of))))
            .condition_expression("doc = :at")
            .expression_attribute_values(":at", json(&at))
            .return_consumed_capacity(CAPACITY);
        match request.send().await {
            Ok(output) => self.record("DeleteItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("DeleteItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }
}
