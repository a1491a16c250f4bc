//! Lists of tickets: which index is read, and how several reads become one page.
//!
//! | asked for | read | cost |
//! |---|---|---|
//! | one state | the list index, one query | 1 round trip, 2 units for 25 rows |
//! | several states | one query each, issued together, merged by last activity | the same, per state |
//! | open tickets of assignees or of nobody | the assignee index, whole up to a bound, sorted here | 1 round trip |
//! | any other filter | as above, the rest filtered by the table | up to [`ROUNDS`] rounds, then a short page |
//!
//! Never a scan, never an unbounded loop: a page that reaches its budget comes
//! back short, with the position where it stopped.

mod filter;
mod run;

pub use filter::{CustomFilter, ListFilter};

use crate::{
    client::Store,
    error::StoreError,
    keys::{self, State},
};
use futures_util::future::try_join_all;
use lambdesk_domain::{access::Reach, id::UserId, ticket::Ticket, time::Timestamp};
use run::{Partition, Run};
use std::collections::BTreeSet;

/// How often one page asks an index for more rows before it comes back short.
const ROUNDS: u32 = 4;
/// The most open tickets of one assignee that are sorted here instead of walked
/// by last activity.
const SORTED_HERE: u16 = 300;
/// How deep page numbers reach, in tickets; cursors reach everything.
pub const DEEPEST: usize = 1_000;

/// A place in a list: right beyond a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub String);

impl Position {
    /// Right beyond this ticket.
    #[must_use]
    pub fn of(ticket: &Ticket) -> Self {
        Self(keys::activity(ticket.last_activity_at, ticket.id))
    }
}

/// Which way a page goes from its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// From the newest, leaving out so many.
    Newest { skip: usize },
    /// Towards older ones.
    OlderThan(Position),
    /// Towards newer ones.
    NewerThan(Position),
}

/// What is asked of the list.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// Where tickets are looked for; never empty.
    pub states: Vec<State>,
    /// What they must be like.
    pub filter: ListFilter,
    /// Leave out those whose follow-up is still to come.
    pub hide_put_off: bool,
    /// Who asks may see these.
    pub reach: Reach,
    /// Where to begin.
    pub start: Start,
    /// How many, 1 to 100.
    pub limit: u16,
    /// The time, for follow-ups.
    pub now: Timestamp,
}

/// A page of tickets, newest activity first.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The tickets.
    pub tickets: Vec<Ticket>,
    /// Where older ones go on; none at the end.
    pub older: Option<Position>,
    /// Where newer ones go on; none at the beginning.
    pub newer: Option<Position>,
}

/// How many tickets match: all of them, or at least so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Counted.
    pub count: u64,
    /// Everything was counted.
    pub is_exact: bool,
}

impl ListQuery {
    /// The partitions that hold the answer, and whether they are in its order.
    fn plan(&self, tenant: &keys::Tenant) -> Plan {
        let open = self.states.iter().all(|state| matches!(state, State::Live(status) if status.is_active()));
        let assignees: BTreeSet<Option<UserId>> = match self.reach {
            Reach::Own(user) if self.filter.assignees.is_empty() => [Some(user)].into(),
            _ => self.filter.assignees.iter().copied().collect(),
        };
        if open && !self.states.is_empty() && !assignees.is_empty() {
            return Plan::SortHere(
                assignees.into_iter().map(|user| Partition::Assigned(tenant.assigned(user))).collect(),
            );
        }
        Plan::Merge(by_state(tenant, self))
    }

    /// Whether the table leaves out more than a few of the rows that it reads.
    fn is_filtered(&self) -> bool {
        !self.filter.is_empty() || self.reach != Reach::All
    }

    fn wanted(&self) -> usize {
        let skip = if let Start::Newest { skip } = self.start { skip } else { 0 };
        skip + usize::from(self.limit) + 1
    }

    fn is_ascending(&self) -> bool {
        matches!(self.start, Start::NewerThan(_))
    }
}

enum Plan {
    /// In order of last activity: merge as much as needed.
    Merge(Vec<Partition>),
    /// In another order: read whole and sort, while that is little.
    SortHere(Vec<Partition>),
}

impl Store {
    /// One page of tickets.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn list(&self, tenant: &keys::Tenant, query: &ListQuery) -> Result<ListPage, StoreError> {
        match query.plan(tenant) {
            Plan::SortHere(partitions) => match self.sorted_here(query, partitions).await? {
                Some(page) => Ok(page),
                None => self.merged(query, by_state(tenant, query)).await,
            },
            Plan::Merge(partitions) => self.merged(query, partitions).await,
        }
    }

    /// How many tickets match, counted up to a bound.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn count(&self, tenant: &keys::Tenant, query: &ListQuery) -> Result<Total, StoreError> {
        let counts = by_state(tenant, query).into_iter().map(|partition| self.count_partition(query, partition));
        let totals = try_join_all(counts).await?;
        Ok(totals.into_iter().fold(Total { count: 0, is_exact: true }, |sum, one| Total {
            count: sum.count + one.count,
            is_exact: sum.is_exact && one.is_exact,
        }))
    }

    async fn merged(&self, query: &ListQuery, partitions: Vec<Partition>) -> Result<ListPage, StoreError> {
        let mut runs: Vec<Run> = partitions.into_iter().map(Run::new).collect();
        for _ in 0..ROUNDS {
            let short = runs.iter_mut().filter(|run| run.wants_more(query));
            let fetches: Vec<_> = short.map(|run| self.fetch(query, run)).collect();
            if fetches.is_empty() {
                break;
            }
            try_join_all(fetches).await?;
        }
        Ok(run::merge(query, runs))
    }

    /// All tickets of few partitions, sorted; none when they are too many.
    async fn sorted_here(&self, query: &ListQuery, partitions: Vec<Partition>) -> Result<Option<ListPage>, StoreError> {
        let mut runs: Vec<Run> = partitions.into_iter().map(Run::new).collect();
        try_join_all(runs.iter_mut().map(|run| self.fetch_whole(query, run, SORTED_HERE))).await?;
        if !runs.iter().all(Run::is_exhausted) {
            return Ok(None);
        }
        Ok(Some(run::cut(query, runs)))
    }
}

fn by_state(tenant: &keys::Tenant, query: &ListQuery) -> Vec<Partition> {
    let states: BTreeSet<State> = query.states.iter().copied().collect();
    states.into_iter().map(|state| Partition::State(tenant.list(state))).collect()
}
