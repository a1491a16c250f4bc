//! The number of tickets of a list: counted as far as the budget of a request reaches, some
//! six hundred of ordinary size. Of more, when the query names nothing but states, the
//! reports' counters tell, for half a unit: a little late, and with snoozed tickets.

use crate::{
    affordable::ItemsRead,
    lists::Lists,
    plan::{Plan, plan},
    position::ListStart,
    query::{ListQuery, Total},
    selective::{Selective, Selectivity},
};
use futures_util::future::try_join_all;
use lambdesk_domain::access::VisibilityScope;
use lambdesk_store_tickets::item as ticket_item;
use lambdesk_table::{
    Expression, Item, Query, TableError, Tenant,
    keys::{Index, State},
    meter,
};
use std::collections::BTreeSet;

/// How often a count goes on, once it is known how large ticket items are.
const ROUNDS: usize = 4;
/// The fewest ticket items of a state worth a request.
const FEWEST: usize = 4;
/// Of more than so many the counters tell.
const FEW: u64 = 600;

impl Lists {
    /// How many tickets match, counted up to a bound.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn count(&self, tenant: &Tenant, query: &ListQuery) -> Result<Total, TableError> {
        let query = &ListQuery { start: ListStart::First { skip: 0 }, ..query.clone() };
        let selective = match plan(query) {
            Plan::Nothing => return Ok(Total { count: 0, is_exact: true }),
            Plan::Search(search) => return self.count_found(tenant, query, search).await,
            Plan::Selective(selective, _) => Some(selective),
            // Their day rows, counted as if they were many tickets'.
            Plan::Days(days, _) => Some(Selective { selectivity: Selectivity::Tag, sources: days.sources }),
            Plan::Ordered(_) => None,
        };
        if let Some(selective) = selective
            && let Some(tickets) = self.selective(tenant, query, &selective).await?
        {
            return Ok(Total { count: tickets.len() as u64, is_exact: true });
        }
        let is_plain = query.filters.is_empty() && query.visibility == VisibilityScope::All;
        let told = if is_plain { self.counted(tenant, &query.states).await? } else { 0 };
        if told > FEW {
            return Ok(Total { count: told, is_exact: false });
        }
        let counted = self.count_states(tenant, query).await?;
        Ok(if counted.is_exact { counted } else { Total { count: counted.count.max(told), is_exact: false } })
    }

    /// The reports' counters of states: a little late, and with snoozed tickets.
    async fn counted(&self, tenant: &Tenant, states: &[State]) -> Result<u64, TableError> {
        let states: BTreeSet<State> = states.iter().copied().collect();
        let standings = self.reports.counts(tenant).await?;
        Ok(standings.map_or(0, |standings| states.into_iter().filter_map(|state| standings.of(state)).sum()))
    }

    /// Counts ticket items of all states side by side, as far as the budget reaches.
    async fn count_states(&self, tenant: &Tenant, query: &ListQuery) -> Result<Total, TableError> {
        let states: BTreeSet<State> = query.states.iter().copied().collect();
        let mut counts: Vec<_> = states.into_iter().map(StateCount::of).collect();
        let mut read = ItemsRead::none(&self.recent, tenant, query);
        for round in 0..ROUNDS {
            let mut open: Vec<_> = counts.iter_mut().filter(|count| !count.is_done).collect();
            let rows = read.affordable() / open.len().max(1);
            if open.is_empty() || round > 0 && rows < FEWEST {
                break;
            }
            let (rows, spent) = (rows.max(1), meter::spent());
            let examined = try_join_all(open.iter_mut().map(|count| self.count_on(tenant, query, count, rows))).await?;
            read.add(examined.into_iter().sum(), spent);
        }
        Ok(counts.into_iter().fold(Total { count: 0, is_exact: true }, |sum, state| Total {
            count: sum.count + state.count,
            is_exact: sum.is_exact && state.is_done,
        }))
    }

    /// Counts on in one state, at most so many ticket items; how many the table looked at.
    async fn count_on(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        count: &mut StateCount,
        rows: usize,
    ) -> Result<usize, TableError> {
        let mut expression = Expression::default();
        let (filter, is_all) = query.expression(Index::List, &mut expression);
        let request = Query::in_index(Index::List, tenant.list(count.state)).filter(filter).with(expression);
        let request = if is_all { request.only_count() } else { request.only(&ticket_item::DECODED) };
        let slice = self.table.query(request.limit(rows).after(count.resume.take())).await?;
        let is_matching = |item: &&Item| ticket_item::readable(item).is_some_and(|ticket| query.matches(&ticket));
        count.count += if is_all { slice.count } else { slice.items.iter().filter(is_matching).count() as u64 };
        count.is_done = slice.last.is_none();
        count.resume = slice.last;
        Ok(usize::try_from(slice.examined).unwrap_or(usize::MAX))
    }
}

/// How many tickets of a state were counted so far.
struct StateCount {
    state: State,
    count: u64,
    resume: Option<Item>,
    is_done: bool,
}

impl StateCount {
    const fn of(state: State) -> Self {
        Self { state, count: 0, resume: None, is_done: false }
    }
}
