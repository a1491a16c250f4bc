//! Ticket numbers: leased in small blocks, so that no counter gets hot.

use crate::{
    client::{CAPACITY, Store, failure, primary},
    error::{Corrupt, StoreError},
    item::{Reader, number},
    keys::Tenant,
};
use aws_sdk_dynamodb::types::ReturnValue;
use lambdesk_domain::id::{TicketNumber, WorkspaceId};
use std::{collections::HashMap, ops::Range};
use tokio::sync::Mutex;

/// Numbers taken at a time. What an instance doesn't use is a gap.
const BLOCK: u64 = 10;
/// Beyond so many workspaces the leases start over.
const LEASED: usize = 1_000;

#[derive(Debug, Default)]
pub struct Leases(Mutex<HashMap<WorkspaceId, Range<u64>>>);

impl Store {
    /// A number that no other ticket of the workspace has or will have.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn next_number(&self, workspace: WorkspaceId) -> Result<TicketNumber, StoreError> {
        let mut leases = self.memory.numbers.0.lock().await;
        if let Some(next) = leases.get_mut(&workspace).and_then(Iterator::next) {
            return Ok(TicketNumber(next));
        }
        if leases.len() >= LEASED {
            leases.clear();
        }
        let mut block = self.lease_numbers(workspace).await?;
        let next = block.next().ok_or(Corrupt("next"))?;
        leases.insert(workspace, block);
        Ok(TicketNumber(next))
    }

    async fn lease_numbers(&self, workspace: WorkspaceId) -> Result<Range<u64>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.update_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(Tenant::new(workspace).numbers())))
            .update_expression("ADD #next :block")
            .expression_attribute_names("#next", "next")
            .expression_attribute_values(":block", number(BLOCK))
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("UpdateItem", after, output.consumed_capacity());
        let last = Reader(&output.attributes.unwrap_or_default()).number("next")?;
        Ok(last + 1 - BLOCK..last + 1)
    }
}
