//! What somebody sees of the tickets that have something in common: how a contact or an
//! account is in sight by its tickets.

use crate::{
    filter::Filter,
    lists::Lists,
    position::{ListPosition, ListStart},
    query::{ListPage, ListQuery},
    sort::Sort,
};
use lambdesk_domain::{access::VisibilityScope, id::TicketId, status::Status, time::Timestamp};
use lambdesk_table::{TableError, Tenant, keys::State};

/// How many pages are read for it at most: where a filter leaves out much, they are short.
const PAGES: usize = 8;

impl Lists {
    /// Tickets within a caller's reach, but for those in the trash: up to `limit`, at most
    /// 100, and whether these are all.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn in_sight(
        &self,
        tenant: &Tenant,
        reach: VisibilityScope,
        filter: &Filter,
        limit: u16,
        now: Timestamp,
    ) -> Result<(Vec<TicketId>, bool), TableError> {
        let mut found = Vec::new();
        let mut start = ListStart::First { skip: 0 };
        for _ in 0..PAGES {
            let query = within(reach, vec![filter.clone()], start, limit, now);
            let page = self.list(tenant, &query).await?;
            found.extend(page.tickets.into_iter().map(|ticket| ticket.id));
            match page.next {
                None => return Ok((found, true)),
                Some(_) if found.len() >= usize::from(limit) => break,
                Some(next) => start = ListStart::After(next),
            }
        }
        found.truncate(limit.into());
        Ok((found, false))
    }

    /// A page of all tickets within a caller's reach, but for those in the trash.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn reach(
        &self,
        tenant: &Tenant,
        reach: VisibilityScope,
        after: Option<ListPosition>,
        limit: u16,
        now: Timestamp,
    ) -> Result<ListPage, TableError> {
        let start = after.map_or(ListStart::First { skip: 0 }, ListStart::After);
        self.list(tenant, &within(reach, Vec::new(), start, limit, now)).await
    }
}

fn within(
    visibility: VisibilityScope,
    filters: Vec<Filter>,
    start: ListStart,
    limit: u16,
    now: Timestamp,
) -> ListQuery {
    let live = Status::ALL.iter().copied().map(State::Live);
    let states = live.chain([State::Unprocessed, State::Archived]).collect();
    ListQuery {
        states,
        filters,
        search: None,
        hide_snoozed: false,
        visibility,
        sort: Sort::default(),
        start,
        limit,
        now,
    }
}
