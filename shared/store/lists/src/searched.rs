//! Lists of the hits of a search: by number as far as a page needs, in other orders sorted
//! here. One or two searches, and half a unit per ticket item.

use crate::{
    error::{ListError, SORTED_HITS},
    lists::Lists,
    page,
    position::{ListPosition, ListStart},
    query::{ListPage, ListQuery, Total},
    sort::SortBy,
};
use lambdesk_domain::{id::TicketNumber, ticket::Ticket};
use lambdesk_store_search::{Hits, Search, SearchFrom};
use lambdesk_table::{TableError, Tenant, keys};

/// How often one page searches and reads ticket items before it comes back short.
const ROUNDS: usize = 2;
/// How many ticket items a page reads, unless it asks for more.
const ITEMS: usize = 100;

impl Lists {
    /// A page of the hits of a search: in its own order, by number, as far as needed;
    /// in another one sorted here.
    pub(crate) async fn searched(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
    ) -> Result<ListPage, ListError> {
        if query.sort.by == SortBy::Number {
            return Ok(self.walk_search(tenant, query, search).await?);
        }
        let (tickets, is_all) = self.first_found(tenant, query, search).await?;
        if is_all { Ok(page::cut(query, tickets)) } else { Err(ListError::TooManyHits) }
    }

    /// How many tickets a search finds, or at least.
    pub(crate) async fn count_found(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
    ) -> Result<Total, TableError> {
        let (tickets, is_exact) = self.first_found(tenant, query, search).await?;
        Ok(Total { count: tickets.len() as u64, is_exact })
    }

    /// The newest tickets that are found, and whether they are all.
    async fn first_found(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
    ) -> Result<(Vec<Ticket>, bool), TableError> {
        let mut hits = self.search.search(tenant, search, SearchFrom::Newest, query.now).await?;
        let is_all = hits.more.is_none() && hits.numbers.len() <= usize::from(SORTED_HITS);
        hits.numbers.truncate(SORTED_HITS.into());
        let numbers = hits.numbers.clone();
        Ok((self.matching_hits(tenant, query, &hits, &numbers).await?, is_all))
    }

    async fn matching_hits(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        hits: &Hits,
        numbers: &[TicketNumber],
    ) -> Result<Vec<Ticket>, TableError> {
        let ids = self.search.identify(tenant, hits, numbers).await?;
        self.matching(tenant, query, ids.into_iter().map(|(_, id)| id)).await
    }

    async fn walk_search(&self, tenant: &Tenant, query: &ListQuery, search: &Search) -> Result<ListPage, TableError> {
        let (ascending, wanted) = (query.is_ascending(), query.wanted());
        let (mut found, mut from) = (Vec::new(), Some(begin(query)));
        for round in 0..ROUNDS {
            let Some(here) = from.take_if(|_| found.len() < wanted) else {
                break;
            };
            let mut hits = self.search.search(tenant, search, here, query.now).await?;
            if ascending {
                hits.numbers.reverse();
            }
            let items = if round == 0 { wanted } else { ITEMS.max(wanted) - wanted };
            let next: Vec<_> = hits.numbers.iter().copied().take(items).collect();
            let last = next.last().copied().filter(|_| next.len() < hits.numbers.len());
            from = last.or(hits.more).map(|number| beyond(number, ascending));
            let tickets = self.matching_hits(tenant, query, &hits, &next).await?;
            found.extend(tickets.into_iter().map(|ticket| (query.sort.by.place(&ticket), ticket)));
        }
        Ok(page::page_of(query, found, from.and_then(place)))
    }
}

/// Where the search of a page begins.
fn begin(query: &ListQuery) -> SearchFrom {
    match &query.start {
        ListStart::After(ListPosition { place, .. }) | ListStart::Before(ListPosition { place, .. }) => {
            keys::number_at(place).map_or(SearchFrom::Newest, |number| beyond(number, query.is_ascending()))
        }
        ListStart::First { .. } if query.is_ascending() => SearchFrom::Above(TicketNumber(0)),
        ListStart::First { .. } => SearchFrom::Newest,
    }
}

const fn beyond(number: TicketNumber, ascending: bool) -> SearchFrom {
    if ascending { SearchFrom::Above(number) } else { SearchFrom::Below(number) }
}

/// The place where a page goes on that ended at a search's place.
fn place(from: SearchFrom) -> Option<String> {
    match from {
        SearchFrom::Newest => None,
        // Before or behind every ticket of this number.
        SearchFrom::Below(number) => Some(format!("{}{}", keys::number_key(number), "-".repeat(22))),
        SearchFrom::Above(number) => Some(format!("{}{}", keys::number_key(number), "z".repeat(22))),
    }
}
