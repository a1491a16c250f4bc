//! Selective sources: rows that are probably few, read whole and sorted here. One query
//! per source at once, then half a unit per ticket item; too many, and the list is walked.

use crate::{
    affordable::ItemsRead,
    lists::Lists,
    page,
    plan::{OrderedScan, order_of},
    query::{ListPage, ListQuery},
    scan::{Scan, ScannedRow},
    selective::Selective,
    source::RowSource,
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use lambdesk_table::{TableError, Tenant, meter};
use std::collections::HashSet;

/// The most tickets that keys are held against: about 8 units.
const MOST_AMONG: u16 = 1_000;
/// The fewest ticket items worth a second request: where not even so many are affordable,
/// there are probably more of them.
const FEWEST: usize = 50;

impl Lists {
    /// A page of selective sources: sorted here; or walked in the order of the list,
    /// where keys that are not among these cost no ticket item.
    pub(crate) async fn selective_or_walk(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        selective: &Selective,
        walk: &OrderedScan,
    ) -> Result<ListPage, TableError> {
        let Selective { sources, selectivity } = selective;
        let limit = selectivity.limit();
        if sources.iter().any(RowSource::holds_items) {
            return match self.selective(tenant, query, selective).await? {
                Some(tickets) => Ok(page::cut(query, tickets)),
                None => self.walk(tenant, query, walk).await,
            };
        }
        match self.whole::<TicketId>(tenant, query, sources, MOST_AMONG).await? {
            Some(ids) => self.sorted_or_walk(tenant, query, &ids, limit, None).await,
            None => self.walk(tenant, query, walk).await,
        }
    }

    /// A page of some tickets: read and sorted here, if they are no more than so many and
    /// the request may read them all; else walked in the order of the list. At its end the
    /// page goes on at a place of the caller's.
    pub(crate) async fn sorted_or_walk(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        tickets: &[TicketId],
        most: u16,
        end: Option<&str>,
    ) -> Result<ListPage, TableError> {
        let mut read = ItemsRead::none(&self.recent, tenant, query);
        if tickets.len() <= usize::from(most)
            && let Some(tickets) = self.matching_within(tenant, query, tickets, &mut read).await?
        {
            return Ok(page::cut_to(query, tickets, end));
        }
        let among: HashSet<TicketId> = tickets.iter().copied().collect();
        let order = order_of(query);
        if order.sources.iter().all(RowSource::holds_items) {
            let scans = self.scan_items(tenant, query, &order, |ticket| among.contains(&ticket.id)).await?;
            return Ok(page::merge_to(query, scans, end));
        }
        self.walk_keys_to(tenant, query, &order, Some(among), end).await
    }

    /// All tickets of selective sources; none when they have more rows than the limit.
    pub(crate) async fn selective(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        Selective { sources, selectivity }: &Selective,
    ) -> Result<Option<Vec<Ticket>>, TableError> {
        let limit = selectivity.limit();
        if sources.iter().all(RowSource::holds_items) {
            return self.whole::<Ticket>(tenant, query, sources, limit).await;
        }
        let ids = self.whole::<TicketId>(tenant, query, sources, limit).await?;
        match ids {
            Some(ids) => {
                let mut read = ItemsRead::none(&self.recent, tenant, query);
                self.matching_within(tenant, query, &ids, &mut read).await
            }
            None => Ok(None),
        }
    }

    async fn whole<T: ScannedRow>(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        sources: &[RowSource],
        limit: u16,
    ) -> Result<Option<Vec<T>>, TableError> {
        let mut scans: Vec<Scan<T>> = sources.iter().map(|source| Scan::whole(source, tenant)).collect();
        let limit = usize::from(limit);
        let (mut read, spent) = (ItemsRead::none(&self.recent, tenant, query), meter::spent());
        let first = (limit + 1).min(T::affordable(&read, scans.len()));
        try_join_all(scans.iter_mut().map(|scan| scan.read_on(&self.table, query, first))).await?;
        let examined = |scans: &[Scan<T>]| scans.iter().map(|scan| scan.examined).sum::<usize>();
        read.add(examined(&scans), spent);
        let rest = (limit + 1).saturating_sub(first);
        let affordable = T::affordable(&read, scans.len()).min(rest);
        if rest > 0 && affordable >= FEWEST.min(rest) && examined(&scans) <= limit {
            let more = scans.iter_mut().filter(|scan| !scan.is_exhausted());
            try_join_all(more.map(|scan| scan.read_on(&self.table, query, affordable))).await?;
        }
        let is_whole = scans.iter().all(Scan::is_exhausted);
        let rows: Vec<T> = scans.into_iter().flat_map(|scan| scan.rows).map(|(_, row)| row).collect();
        Ok((is_whole && rows.len() <= limit).then_some(rows))
    }
}
