//! When an index wants to be looked after, though nothing is written.

use super::tend::Pace;
use crate::{
    client::{CAPACITY, Store, failure, is_condition_failure, primary},
    error::StoreError,
    item::{document, json, text},
    keys::{self, Tenant},
};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};

impl Store {
    /// Has the sweep look after the index at this time, or before if it was to already.
    pub(super) async fn care_by(&self, tenant: &Tenant, at: Timestamp) -> Result<(), StoreError> {
        let key = tenant.index_care();
        let (hour, place) = keys::due(at, &key);
        let mut row = document(key, &at);
        row.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(&place))]);
        let after = self.meter.ended();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(row));
        let request = request
            .condition_expression("attribute_not_exists(pk) OR x_sk > :place")
            .expression_attribute_values(":place", text(place))
            .return_consumed_capacity(CAPACITY);
        match self.persist("PutItem", || request.clone().send()).await {
            Ok(output) => self.record("PutItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("PutItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }

    /// Looks after the index that was due at this time; whether it is done for now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn index_due(
        &self,
        workspace: WorkspaceId,
        at: Timestamp,
        pace: Pace,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // The row goes first: what this run leaves to do puts it back.
        let after = self.meter.ended();
        let request = self.client.delete_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(Tenant::new(workspace).index_care())))
            .condition_expression("doc = :at")
            .expression_attribute_values(":at", json(&at))
            .return_consumed_capacity(CAPACITY);
        match self.persist("DeleteItem", || request.clone().send()).await {
            Ok(output) => self.record("DeleteItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("DeleteItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        let tended = self.tend_index(workspace, pace, now).await;
        if tended.is_err() {
            self.care_by(&Tenant::new(workspace), at).await?;
        }
        tended.map(|tended| tended.next.is_none_or(|next| next > now))
    }
}
