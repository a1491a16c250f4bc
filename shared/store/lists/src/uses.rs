//! Which tickets still use an entry of the directory or an account: those that are
//! posted under it.

use crate::{
    client::Store,
    error::StoreError,
    head,
    keys::{Posting, Tenant},
};
use lambdesk_domain::id::{TicketId, WorkspaceId};

/// Tickets that are looked at.
const LOOKED_AT: u16 = 100;

/// The tickets that use something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// Those that were found.
    pub tickets: Vec<TicketId>,
    /// There may be more.
    pub may_be_more: bool,
}

impl Store {
    /// The tickets that have something: those among the newest 100 that are posted under
    /// it, some 100 ms late.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn users_of(&self, workspace: WorkspaceId, posting: &Posting) -> Result<Users, StoreError> {
        let page = self.posted(workspace, posting, LOOKED_AT).await?;
        let tenant = Tenant::new(workspace);
        let heads = self.batch_get(page.items.iter().map(|ticket| tenant.ticket(*ticket)).collect()).await?;
        let tickets = heads.iter().map(head::decode).collect::<Result<Vec<_>, _>>()?;
        let using = tickets.iter().filter(|ticket| crate::rows::has(ticket, posting)).map(|ticket| ticket.id);
        Ok(Users { tickets: using.collect(), may_be_more: page.has_more })
    }
}
