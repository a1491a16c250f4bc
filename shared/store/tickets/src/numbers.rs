//! Ticket numbers: leased in blocks of ten, so that no counter gets hot. One update for
//! each block.

use crate::Tickets;
use lambdesk_domain::id::{TicketNumber, WorkspaceId};
use lambdesk_table::{
    Corrupt, TableError, Tenant, Updated, Write,
    item::{Reader, number},
};
use std::{collections::HashMap, ops::Range};
use tokio::sync::Mutex;

/// Numbers taken at a time. What an instance doesn't use is a gap.
const BLOCK: u64 = 10;
/// Beyond so many workspaces the leases start over.
const LEASED: usize = 1_000;

#[derive(Debug, Default)]
pub struct Leases(Mutex<HashMap<WorkspaceId, Range<u64>>>);

impl Tickets {
    /// A number that no other ticket of the workspace has or will have.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn next_number(&self, workspace: WorkspaceId) -> Result<TicketNumber, TableError> {
        let mut leases = self.numbers.0.lock().await;
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

    async fn lease_numbers(&self, workspace: WorkspaceId) -> Result<Range<u64>, TableError> {
        let lease = Write::update(Tenant::new(workspace).numbers(), "ADD #next :block");
        let lease = lease.name("#next", "next").value(":block", number(BLOCK));
        let Updated::Now(item) = self.table.update(lease).await? else {
            return Err(Corrupt("next").into());
        };
        let last = Reader(&item).number("next")?;
        Ok(last + 1 - BLOCK..last + 1)
    }
}
