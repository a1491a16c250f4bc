//! One page of a list: the plan of the query, carried out. At most 50 units.

use crate::{
    error::ListError,
    lists::Lists,
    page,
    plan::{Plan, plan},
    query::{ListPage, ListQuery},
};
use lambdesk_table::Tenant;

impl Lists {
    /// One page of tickets.
    ///
    /// # Errors
    /// When the table fails, or a search finds too much to be sorted by anything but the
    /// number.
    pub async fn list(&self, tenant: &Tenant, query: &ListQuery) -> Result<ListPage, ListError> {
        Ok(match plan(query) {
            Plan::Nothing => page::cut(query, Vec::new()),
            Plan::Search(search) => return self.searched(tenant, query, search).await,
            Plan::Ordered(walk) => self.walk(tenant, query, &walk).await?,
            Plan::Days(days, walk) => match self.walk_days(tenant, query, &days).await? {
                Some(page) => page,
                None => self.walk(tenant, query, &walk).await?,
            },
            Plan::Selective(selective, walk) => self.selective_or_walk(tenant, query, &selective, &walk).await?,
        })
    }
}
