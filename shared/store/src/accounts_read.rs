//! Accounts as the tickets that are about them show them: as they are now.

use crate::{client::Store, error::StoreError, item::read_document, keys::Tenant};
use lambdesk_domain::{
    contact::Account,
    id::{AccountId, WorkspaceId},
};
use std::collections::BTreeSet;

/// The most keys that one request takes.
const BATCH: usize = 100;

impl Store {
    /// Those of the accounts that are there: no request for none, one read for one,
    /// one request for each hundred of them.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn accounts(
        &self,
        workspace: WorkspaceId,
        ids: &BTreeSet<AccountId>,
    ) -> Result<Vec<Account>, StoreError> {
        if let (Some(only), 1) = (ids.first(), ids.len()) {
            return Ok(self.account(workspace, *only).await?.into_iter().collect());
        }
        let tenant = Tenant::new(workspace);
        let keys: Vec<_> = ids.iter().map(|id| tenant.account(*id)).collect();
        let mut accounts = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            for item in self.batch_get(keys.to_vec()).await? {
                accounts.push(read_document(&item)?);
            }
        }
        Ok(accounts)
    }
}
