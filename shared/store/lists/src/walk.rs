//! Reading sources in the order of the list, and few rows whole.

use super::{
    ListPage, ListQuery, SortBy, Start, page,
    plan::{Source, Walk},
    run::{Row, Run},
};
use crate::{client::Store, error::StoreError, head, keys::Tenant, marks};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use std::collections::HashSet;

/// How often one page asks its sources for more whole heads before it comes back short.
const ROUNDS: usize = 4;
/// How many heads a page of a filtered list looks at, of all its sources together:
/// about 42 units for heads of 0.8 KB.
const EXAMINED: usize = 420;
/// The fewest rows worth a request.
const FEWEST: usize = 10;
/// How many heads a page looks at before it goes on by marked rows: about 6 units.
const EXAMINED_FIRST: usize = 60;
/// The most tickets that keys are held against: about 8 units.
const MOST_AMONG: u16 = 1_000;
/// What one request for heads takes.
const HEADS_AT_ONCE: usize = 100;

impl Store {
    /// A page in the order of the list.
    pub(super) async fn walk(&self, tenant: &Tenant, query: &ListQuery, walk: &Walk) -> Result<ListPage, StoreError> {
        if !walk.sources.iter().all(Source::holds_heads) {
            return self.walk_keys(tenant, query, walk, None).await;
        }
        let page = self.walk_heads(tenant, query, walk).await?;
        if walk.then.is_empty() { Ok(page) } else { self.walk_on(tenant, query, walk, page).await }
    }

    /// What a page still lacks after some heads, by the rows that are marked.
    async fn walk_on(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &Walk,
        first: ListPage,
    ) -> Result<ListPage, StoreError> {
        let lacking = query.limit - u16::try_from(first.tickets.len()).unwrap_or(query.limit).min(query.limit);
        let is_back = matches!(query.start, Start::Before(_));
        let stopped = if is_back { &first.previous } else { &first.next };
        let Some(position) = stopped.clone().filter(|_| lacking > 0) else {
            return Ok(first);
        };
        let start = if is_back { Start::Before(position) } else { Start::After(position) };
        let rest = ListQuery { start, limit: lacking, ..query.clone() };
        let marked = Walk { sources: walk.then.clone(), is_plain: marks::cover(query), then: Vec::new() };
        let second = self.walk_keys(tenant, &rest, &marked, None).await?;
        Ok(page::join(query, first, second))
    }

    async fn walk_heads(&self, tenant: &Tenant, query: &ListQuery, walk: &Walk) -> Result<ListPage, StoreError> {
        let (ascending, wanted) = (query.is_ascending(), query.wanted());
        let mut runs: Vec<Run<Ticket>> = walk.sources.iter().map(|source| Run::ahead(source, tenant, query)).collect();
        if !ascending {
            runs.reverse();
        }
        let (rounds, examined) = if walk.then.is_empty() { (ROUNDS, EXAMINED / ROUNDS) } else { (1, EXAMINED_FIRST) };
        for round in 0..rounds {
            if page::seen(&runs, ascending) >= wanted {
                break;
            }
            let short = runs.iter_mut().filter(|run| !run.is_exhausted() && run.rows.len() < wanted);
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
            try_join_all(short.into_iter().map(|run| self.step(query, run, rows))).await?;
        }
        Ok(page::merge(query, runs))
    }

    /// A page of rows that are probably few: sorted here; or walked in the order of
    /// the list, where keys that are not among these cost no head.
    pub(super) async fn few_or_walk(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        (sources, most): (&[Source], u16),
        walk: &Walk,
    ) -> Result<ListPage, StoreError> {
        if sources.iter().chain(&walk.sources).any(Source::holds_heads) {
            return match self.few(tenant, query, sources, most).await? {
                Some(tickets) => Ok(page::cut(query, tickets)),
                None => self.walk(tenant, query, walk).await,
            };
        }
        match self.whole_few::<TicketId>(tenant, query, sources, MOST_AMONG).await? {
            Some(ids) if ids.len() <= usize::from(most) => {
                let tickets = self.matching(tenant, query, ids).await?;
                Ok(page::cut(query, tickets))
            }
            among => {
                let among = among.map(|ids| ids.into_iter().collect());
                self.walk_keys(tenant, query, walk, among).await
            }
        }
    }

    /// All tickets of a few rows; none when the rows are more than so many.
    pub(super) async fn few(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        sources: &[Source],
        most: u16,
    ) -> Result<Option<Vec<Ticket>>, StoreError> {
        if sources.iter().all(Source::holds_heads) {
            return self.whole_few::<Ticket>(tenant, query, sources, most).await;
        }
        let Some(ids) = self.whole_few::<TicketId>(tenant, query, sources, most).await? else {
            return Ok(None);
        };
        self.matching(tenant, query, ids).await.map(Some)
    }

    /// Those of some tickets that belong in the list.
    pub(super) async fn matching(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        ids: Vec<TicketId>,
    ) -> Result<Vec<Ticket>, StoreError> {
        let ids: HashSet<_> = ids.into_iter().collect();
        let heads = self.heads(tenant, ids.into_iter().collect()).await?;
        Ok(heads.into_iter().filter(|ticket| query.matches(ticket)).collect())
    }

    async fn whole_few<T: Row>(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        sources: &[Source],
        most: u16,
    ) -> Result<Option<Vec<T>>, StoreError> {
        let mut runs: Vec<Run<T>> = sources.iter().map(|source| Run::whole(source, tenant)).collect();
        let most = usize::from(most);
        try_join_all(runs.iter_mut().map(|run| self.step(query, run, most + 1))).await?;
        let is_whole = runs.iter().all(Run::is_exhausted);
        let rows: Vec<T> = runs.into_iter().flat_map(|run| run.rows).map(|(_, row)| row).collect();
        Ok((is_whole && rows.len() <= most).then_some(rows))
    }

    /// The heads of tickets, in no order; of those that are there.
    pub(super) async fn heads(&self, tenant: &Tenant, ids: Vec<TicketId>) -> Result<Vec<Ticket>, StoreError> {
        let batches = ids.chunks(HEADS_AT_ONCE).map(|some| {
            let keys = some.iter().map(|id| tenant.ticket(*id)).collect();
            self.batch_get_soon(keys)
        });
        let items = try_join_all(batches).await?;
        let tickets = items.iter().flatten().map(head::decode).collect::<Result<_, _>>()?;
        Ok(tickets)
    }
}
