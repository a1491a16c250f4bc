//! How many tickets a list holds: counted while they are few. Of very many, and when
//! nothing but states is asked for, the reports' counters tell.

use super::{
    ListQuery, Start, Total, filter,
    plan::{FEW_WEAK, Plan, plan},
};
use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    head::Expression,
    item::text,
    keys::{Index, State, Tenant},
};
use aws_sdk_dynamodb::types::Select;
use futures_util::future::try_join_all;
use lambdesk_domain::access::Reach;
use std::collections::BTreeSet;

/// How many answers of the table one state's count reads at most (1 MB each).
const ROUNDS: u32 = 4;

impl Store {
    /// How many tickets match, counted up to a bound.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn count(&self, tenant: &Tenant, query: &ListQuery) -> Result<Total, StoreError> {
        let query = &ListQuery { start: Start::First { skip: 0 }, ..query.clone() };
        match plan(query) {
            Plan::Nothing => return Ok(Total { count: 0, is_exact: true }),
            Plan::Few(sources, most, _) => {
                if let Some(tickets) = self.few(tenant, query, &sources, most).await? {
                    return Ok(Total { count: tickets.len() as u64, is_exact: true });
                }
            }
            Plan::Search(search) => return self.count_found(tenant, query, search).await,
            Plan::Days(days, _) => {
                if let Some(tickets) = self.few(tenant, query, &days.sources, FEW_WEAK).await? {
                    return Ok(Total { count: tickets.len() as u64, is_exact: true });
                }
            }
            Plan::Walk(_) => {}
        }
        let states: BTreeSet<State> = query.states.iter().copied().collect();
        let totals = try_join_all(states.into_iter().map(|state| self.count_state(tenant, query, state))).await?;
        let total = totals.into_iter().fold(Total { count: 0, is_exact: true }, |sum, one| Total {
            count: sum.count + one.count,
            is_exact: sum.is_exact && one.is_exact,
        });
        if total.is_exact || !query.filter.is_empty() || query.reach != Reach::All {
            return Ok(total);
        }
        let counted = self.counted(tenant, &query.states).await?;
        Ok(Total { count: total.count.max(counted), is_exact: false })
    }

    /// What the reports' counters say of states: a little late, and with those
    /// tickets that are put off.
    async fn counted(&self, tenant: &Tenant, states: &[State]) -> Result<u64, StoreError> {
        let states: BTreeSet<State> = states.iter().copied().collect();
        let standings = self.counts(tenant).await?;
        Ok(standings.map_or(0, |standings| states.into_iter().filter_map(|state| standings.of(state)).sum()))
    }

    async fn count_state(&self, tenant: &Tenant, query: &ListQuery, state: State) -> Result<Total, StoreError> {
        let (mut count, mut resume) = (0_u64, None);
        for _ in 0..ROUNDS {
            let mut expression = Expression::default();
            let partition = expression.value(text(tenant.list(state)));
            let filter = filter::expression(query, false, &mut expression);
            let (names, values) = expression.into_parts();
            let after = self.meter.ended();
            let request = self.client.query().table_name(&*self.table).index_name(Index::List.name());
            let request = request
                .key_condition_expression(format!("l_pk = {partition}"))
                .set_filter_expression(filter)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .select(Select::Count)
                .set_exclusive_start_key(resume)
                .return_consumed_capacity(CAPACITY);
            let output = request.send().await.map_err(failure)?;
            self.record("Query", after, output.consumed_capacity());
            count += u64::try_from(output.count).unwrap_or_default();
            resume = output.last_evaluated_key;
            if resume.is_none() {
                return Ok(Total { count, is_exact: true });
            }
        }
        Ok(Total { count, is_exact: false })
    }
}
