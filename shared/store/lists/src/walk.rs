//! The walk: sources in the order of the list, as far as a page needs. 1 to 4 rounds of
//! queries of ticket items, or of keys and then their ticket items.

use crate::{
    affordable::ItemsRead,
    lists::Lists,
    page,
    plan::OrderedScan,
    query::{ListPage, ListQuery},
    scan::Scan,
    sort::SortBy,
    source::RowSource,
};
use futures_util::future::try_join_all;
use lambdesk_domain::ticket::Ticket;
use lambdesk_table::{TableError, Tenant, meter};

/// How often one page asks its sources for more ticket items before it comes back short.
const ROUNDS: usize = 4;
/// How many ticket items a page of a filtered list looks at, of all its sources together:
/// about 42 units for items of 0.8 KB.
const EXAMINED: usize = 420;
/// Rows of each state that are read in one round where ticket items are small.
const SHORT_PAGE: usize = 52;
/// The fewest rows worth a request.
const FEWEST: usize = 10;
/// The fewest rows of each source, so that every page goes on.
const FEWEST_OF_EACH: usize = 2;
/// How many ticket items a page looks at before it goes on by rows with columns: about 6
/// units.
const EXAMINED_FIRST: usize = 60;

impl Lists {
    /// A page in the order of the list.
    pub(crate) async fn walk(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &OrderedScan,
    ) -> Result<ListPage, TableError> {
        if !walk.sources.iter().all(RowSource::holds_items) {
            return self.walk_keys(tenant, query, walk, None).await;
        }
        let page = self.walk_items(tenant, query, walk).await?;
        if walk.then.is_empty() { Ok(page) } else { self.walk_on(tenant, query, walk, page).await }
    }

    /// What a page still lacks after some ticket items, by the rows with columns.
    async fn walk_on(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &OrderedScan,
        first: ListPage,
    ) -> Result<ListPage, TableError> {
        let is_over = ItemsRead::none(&self.recent, tenant, query).is_over();
        let Some(rest) = first.rest(query).filter(|_| !is_over) else {
            return Ok(first);
        };
        let second = self.walk_keys(tenant, &rest, &walk.filtered(query), None).await?;
        Ok(page::join(query, first, second))
    }

    async fn walk_items(&self, tenant: &Tenant, query: &ListQuery, walk: &OrderedScan) -> Result<ListPage, TableError> {
        let scans = self.scan_items(tenant, query, walk, |_| true).await?;
        Ok(page::merge(query, scans))
    }

    /// The ticket items that a page looks at, without those that are not wanted.
    pub(crate) async fn scan_items(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &OrderedScan,
        is_wanted: impl Fn(&Ticket) -> bool,
    ) -> Result<Vec<Scan<Ticket>>, TableError> {
        let (ascending, wanted) = (query.is_ascending(), query.wanted());
        let mut scans: Vec<Scan<Ticket>> =
            walk.sources.iter().map(|source| Scan::ahead(source, tenant, query)).collect();
        if !ascending {
            scans.reverse();
        }
        let mut read = ItemsRead::none(&self.recent, tenant, query);
        // What is not read at once, because it may be large, is read in a second round.
        let first_rounds = if wanted > SHORT_PAGE { 2 } else { 1 };
        let (rounds, examined) =
            if walk.then.is_empty() { (ROUNDS, EXAMINED / ROUNDS) } else { (first_rounds, EXAMINED_FIRST) };
        for round in 0..rounds {
            if page::seen(&scans, ascending) >= wanted || round > 0 && read.affordable() < FEWEST {
                break;
            }
            let short = scans.iter_mut().filter(|scan| !scan.is_exhausted() && scan.rows.len() < wanted);
            let mut short: Vec<_> = short.collect();
            // By status one state lies behind another: perhaps the first is enough.
            if query.sort.by == SortBy::Status && round == 0 {
                short.truncate(1);
            }
            if short.is_empty() {
                break;
            }
            let share = examined.max(wanted) / short.len();
            let rows = if walk.is_plain { wanted } else { share.max(FEWEST) };
            let rows = rows.min((read.affordable() / short.len()).max(FEWEST_OF_EACH));
            let (before, spent) = (short.iter().map(|scan| scan.examined).sum::<usize>(), meter::spent());
            try_join_all(short.iter_mut().map(|scan| scan.read_on(&self.table, query, rows))).await?;
            read.add(short.iter().map(|scan| scan.examined).sum::<usize>() - before, spent);
            for scan in &mut scans {
                scan.rows.retain(|(_, ticket)| is_wanted(ticket));
            }
        }
        Ok(scans)
    }
}
