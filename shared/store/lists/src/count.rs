//! The number of tickets of a list: counted while they are few, up to 4 MB of rows per
//! state. Of very many, and when the query names nothing but states, the reports'
//! counters tell, for half a unit.

use crate::{
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
};
use std::collections::BTreeSet;

/// How many answers of the table one state's count reads at most (1 MB each).
const ROUNDS: u32 = 4;

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
        let states: BTreeSet<State> = query.states.iter().copied().collect();
        let totals = try_join_all(states.into_iter().map(|state| self.count_state(tenant, query, state))).await?;
        let total = totals.into_iter().fold(Total { count: 0, is_exact: true }, |sum, one| Total {
            count: sum.count + one.count,
            is_exact: sum.is_exact && one.is_exact,
        });
        if total.is_exact || !query.filters.is_empty() || query.visibility != VisibilityScope::All {
            return Ok(total);
        }
        let counted = self.counted(tenant, &query.states).await?;
        Ok(Total { count: total.count.max(counted), is_exact: false })
    }

    /// The reports' counters of states: a little late, and with snoozed tickets.
    async fn counted(&self, tenant: &Tenant, states: &[State]) -> Result<u64, TableError> {
        let states: BTreeSet<State> = states.iter().copied().collect();
        let standings = self.reports.counts(tenant).await?;
        Ok(standings.map_or(0, |standings| states.into_iter().filter_map(|state| standings.of(state)).sum()))
    }

    async fn count_state(&self, tenant: &Tenant, query: &ListQuery, state: State) -> Result<Total, TableError> {
        let (mut count, mut resume) = (0_u64, None);
        for _ in 0..ROUNDS {
            let mut expression = Expression::default();
            let (filter, is_all) = query.expression(Index::List, &mut expression);
            let request = Query::in_index(Index::List, tenant.list(state)).filter(filter).with(expression);
            let request = if is_all { request.only_count() } else { request.only(&ticket_item::DECODED) };
            let slice = self.table.query(request.after(resume)).await?;
            let is_matching = |item: &&Item| ticket_item::readable(item).is_some_and(|ticket| query.matches(&ticket));
            count += if is_all { slice.count } else { slice.items.iter().filter(is_matching).count() as u64 };
            resume = slice.last;
            if resume.is_none() {
                return Ok(Total { count, is_exact: true });
            }
        }
        Ok(Total { count, is_exact: false })
    }
}
