//! One page of a list: the plan of the query, carried out. At most 50 units.

use crate::{
    lists::Lists,
    page,
    plan::{Plan, plan},
    position::ListStart,
    query::{ListPage, ListQuery, Total},
    sort::SortBy,
};
use futures_util::future::try_join;
use lambdesk_table::{TableError, Tenant, meter};

/// How often a page by number is read on.
const MORE_OF_A_NUMBER: usize = 4;

impl Lists {
    /// One page of tickets.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn list(&self, tenant: &Tenant, query: &ListQuery) -> Result<ListPage, TableError> {
        // Boxed: few lists are of a search.
        Ok(match plan(query) {
            Plan::Nothing => page::cut(query, Vec::new()),
            Plan::Search(search) if query.sort.by == SortBy::Number => {
                Box::pin(self.searched(tenant, query, search)).await?
            }
            Plan::Search(search) => Box::pin(self.searched_in_parts(tenant, query, search)).await?,
            Plan::Ordered(walk) => self.walk(tenant, query, &walk).await?,
            Plan::Days(days, walk) => match self.walk_days(tenant, query, &days).await? {
                Some(page) => page,
                None => self.walk(tenant, query, &walk).await?,
            },
            Plan::Selective(selective, walk) => self.selective_or_walk(tenant, query, &selective, &walk).await?,
        })
    }

    /// A page that was asked for by its number. Where the budget ends before the page is full
    /// it is read on, a few times: the next number would pass what it lacks.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn numbered_page(&self, tenant: &Tenant, query: &ListQuery) -> Result<ListPage, TableError> {
        let mut page = self.list(tenant, query).await?;
        for _ in 0..MORE_OF_A_NUMBER {
            let Some(rest) = page.rest(query) else { break };
            let (more, _) = Box::pin(meter::measured(self.list(tenant, &rest))).await;
            page = page::join(query, page, more?);
        }
        Ok(page)
    }

    /// One page of tickets, and how many there are in all. A list that ends on its first
    /// page has been counted by it.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn with_total(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        page: impl Future<Output = Result<ListPage, TableError>>,
    ) -> Result<(ListPage, Total), TableError> {
        // Each has a budget of its own: a page is not shorter because its list is counted.
        let page = async { meter::measured(page).await.0 };
        let total = async { meter::measured(self.count(tenant, query)).await.0 };
        let (page, total) = Box::pin(try_join(page, total)).await?;
        let ListStart::First { skip } = query.start else {
            return Ok((page, total));
        };
        let seen = (skip + page.tickets.len()) as u64;
        let is_end = page.next.is_none() && (skip == 0 || !page.tickets.is_empty());
        let total = match total {
            _ if is_end => Total { count: seen, is_exact: true },
            Total { is_exact: true, .. } => total,
            Total { count, .. } if page.tickets.is_empty() => Total { count, is_exact: false },
            Total { count, .. } => Total { count: count.max(seen), is_exact: false },
        };
        Ok((page, total))
    }
}
