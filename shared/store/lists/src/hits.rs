//! The tickets behind the hits of a search: which numbers have which ids, and which of
//! them can belong in the list. Hits that lie close together are looked up by one query of
//! the number rows, for half a unit per [`ROWS_PER_LOOKUP`]; others one by one in the search
//! index, for half a unit each.

use crate::{columns, lists::Lists, query::ListQuery};
use lambdesk_domain::id::{TicketId, TicketNumber};
use lambdesk_store_search::Hits;
use lambdesk_table::{
    Corrupt, Query, TableError, Tenant,
    item::Reader,
    keys::{self, StateGroup},
};
use std::collections::{BTreeSet, HashMap};

/// Number rows that cost as much as one hit that is looked up by itself: half a unit.
const ROWS_PER_LOOKUP: u64 = 45;

/// Hits that can't be in the list by their rows, but are read all the same where so few
/// are: a row lags behind its ticket.
const FEW_DOUBTFUL: usize = 25;

/// What looking up some hits may cost.
#[derive(Debug, Clone, Copy)]
pub struct LookupBudget {
    /// How many hits, where each is looked up by itself.
    pub single: usize,
    /// How many number rows, where one query looks up many.
    pub rows: u64,
}

/// A hit that can belong in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its place among the hits that were looked up.
    pub position: usize,
    /// Its ticket.
    pub id: TicketId,
    /// Its number row was read and says so; else its ticket decides.
    pub has_row: bool,
}

/// What a number row says of its ticket.
struct NumberRow {
    id: TicketId,
    /// It can belong in the list.
    is_of_list: bool,
}

/// Hits that were looked up.
#[derive(Debug)]
pub struct Candidates {
    /// Those that can belong in the list, in the order of the hits.
    pub tickets: Vec<Candidate>,
    /// How many hits were looked up, from the first on.
    pub examined: usize,
    /// What it cost, in half units.
    pub half_units: usize,
}

impl Lists {
    /// Looks up hits from the first on, at least one, as far as the budget allows.
    /// `numbers` rise or fall.
    pub(crate) async fn candidates(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        hits: &Hits,
        numbers: &[TicketNumber],
        budget: LookupBudget,
    ) -> Result<Candidates, TableError> {
        let single = budget.single.clamp(1, numbers.len().max(1)).min(numbers.len());
        let price = ROWS_PER_LOOKUP.saturating_mul(single as u64);
        if width(numbers, single) > price {
            let some = numbers.get(..single).unwrap_or_default();
            let ids: HashMap<_, _> = self.search.identify(tenant, hits, some).await?.into_iter().collect();
            let tickets = some
                .iter()
                .enumerate()
                .filter_map(|(position, number)| Some(Candidate { position, id: *ids.get(number)?, has_row: false }));
            return Ok(Candidates { tickets: tickets.collect(), examined: single, half_units: single });
        }
        let widest = budget.rows.max(width(numbers, single));
        let examined = numbers.partition_point(|number| distance(numbers.first(), *number) < widest);
        let some = numbers.get(..examined).unwrap_or_default();
        let rows = self.number_rows(tenant, query, some).await?;
        let cost = usize::try_from(width(numbers, examined) / ROWS_PER_LOOKUP).unwrap_or(usize::MAX);
        // The newest tickets have no rows yet.
        let without_row = |number: &&TicketNumber| !rows.contains_key(number);
        let unknown: Vec<_> = some.iter().filter(without_row).take(single + 1).copied().collect();
        let (unknown, examined) = match unknown.split_at_checked(single) {
            Some((unknown, [beyond, ..])) => (unknown, some.iter().take_while(|number| *number != beyond).count()),
            _ => (&unknown[..], examined),
        };
        let ids: HashMap<_, _> = self.search.identify(tenant, hits, unknown).await?.into_iter().collect();
        let some = some.get(..examined).unwrap_or_default();
        let doubtful = some.iter().filter_map(|number| rows.get(number)).filter(|row| !row.is_of_list).count();
        let tickets = some.iter().enumerate().filter_map(|(position, number)| match rows.get(number) {
            Some(NumberRow { id, is_of_list: true }) => Some(Candidate { position, id: *id, has_row: true }),
            Some(NumberRow { id, .. }) => {
                (doubtful <= FEW_DOUBTFUL).then_some(Candidate { position, id: *id, has_row: false })
            }
            None => Some(Candidate { position, id: *ids.get(number)?, has_row: false }),
        });
        Ok(Candidates { tickets: tickets.collect(), examined, half_units: cost + 1 + unknown.len() })
    }

    /// The number rows from the lowest to the highest of some numbers.
    async fn number_rows(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        numbers: &[TicketNumber],
    ) -> Result<HashMap<TicketNumber, NumberRow>, TableError> {
        let (Some(low), Some(high)) = (numbers.iter().min(), numbers.iter().max()) else {
            return Ok(HashMap::new());
        };
        let groups: BTreeSet<_> = query.states.iter().copied().map(StateGroup::of).collect();
        let groups: Vec<_> = groups.into_iter().collect();
        let not_snoozed = query.hide_snoozed.then_some(query.now);
        let key = |number: &TicketNumber| format!("{}{}", keys::NUMBER, keys::number_key(*number));
        let range = Query::of(tenant.number_rows()).between(key(low), format!("{}~", key(high))).eventual();
        let (mut rows, mut resume) = (HashMap::new(), None);
        loop {
            let slice = self.table.query(range.clone().after(resume)).await?;
            for row in &slice.items {
                let place = Reader(row).text("sk")?.strip_prefix(keys::NUMBER).ok_or(Corrupt("sk"))?;
                let number = keys::number_at(place).ok_or(Corrupt("sk"))?;
                let id = keys::ticket_at(place).ok_or(Corrupt("sk"))?;
                let is_of_list = columns::number_row_is(row, &groups, not_snoozed)?;
                rows.insert(number, NumberRow { id, is_of_list });
            }
            resume = slice.last;
            if resume.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// How many numbers there are from the first of some to the last of so many.
fn width(numbers: &[TicketNumber], count: usize) -> u64 {
    let last = count.checked_sub(1).and_then(|last| numbers.get(last));
    last.map_or(0, |last| distance(numbers.first(), *last).saturating_add(1))
}

fn distance(from: Option<&TicketNumber>, to: TicketNumber) -> u64 {
    from.map_or(0, |from| from.0.abs_diff(to.0))
}
