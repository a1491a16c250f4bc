//! Lists of the hits of a search by number: as far as a page needs, and from what was
//! looked at last on if that spends its budget. In other orders: [`search_parts`].
//!
//! [`search_parts`]: crate::search_parts

use crate::{
    affordable::ItemsRead,
    hits::{Candidate, Candidates, LookupBudget},
    lists::Lists,
    page,
    position::{ListPosition, ListStart},
    query::{ListPage, ListQuery, Total},
};
use lambdesk_domain::{id::TicketNumber, ticket::Ticket};
use lambdesk_store_search::{Search, SearchFrom};
use lambdesk_table::{TableError, Tenant, keys, meter};

/// How often one page searches: each goes on where the one before it stopped.
const SEARCHES: usize = 3;
/// What a search costs, about, in half units.
pub const SEARCH_COST: usize = 12;
/// What a page may cost, in half units, unless it asks for more tickets than that.
const PAGE_BUDGET: usize = 100;
/// The most tickets of a page by number that it reads ticket items of only to leave them
/// out.
const MOST_LEFT_OUT: usize = 200;
/// Number rows that are looked at first; then twice as many each time.
const FIRST_ROWS: u64 = 180;
/// What a count may cost, in half units.
const COUNT_BUDGET: usize = 60;
/// Number rows that a count looks at, at a time.
const COUNTED_ROWS: u64 = 1_800;

/// What a page of hits has found so far.
struct HitWalk<'a> {
    lists: &'a Lists,
    tenant: &'a Tenant,
    query: &'a ListQuery,
    found: Vec<(String, Ticket)>,
    /// Tickets that are left out at the beginning of the page, by their rows alone.
    left_out: usize,
    /// In half units.
    spent: usize,
    rows: u64,
    /// Ticket items so far.
    read: ItemsRead,
}

impl Lists {
    /// A page of the hits of a search, by number.
    pub(crate) async fn searched(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
    ) -> Result<ListPage, TableError> {
        let mut walk = HitWalk {
            lists: self,
            tenant,
            query,
            found: Vec::new(),
            left_out: 0,
            spent: 0,
            rows: FIRST_ROWS,
            read: ItemsRead::none(&self.recent, tenant, query),
        };
        let mut from = Some(begin(query));
        for _ in 0..SEARCHES {
            let Some(here) = from.filter(|_| !walk.is_over()) else {
                break;
            };
            from = walk.search(search, here).await?;
        }
        Ok(page::page_beyond(query, walk.left_out, walk.found, from.and_then(place)))
    }

    /// How many tickets a search finds, or at least.
    pub(crate) async fn count_found(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
    ) -> Result<Total, TableError> {
        let (mut count, mut spent, mut from) = (0, 0, SearchFrom::Newest);
        for _ in 0..SEARCHES {
            let hits = self.search.search(tenant, search, from, query.now).await?;
            spent += SEARCH_COST;
            let mut numbers = &hits.numbers[..];
            while !numbers.is_empty() {
                if spent >= COUNT_BUDGET {
                    return Ok(Total { count, is_exact: false });
                }
                let budget = LookupBudget { single: (COUNT_BUDGET - spent) / 2, rows: COUNTED_ROWS };
                let next = self.candidates(tenant, query, &hits, numbers, budget).await?;
                let (counted, units) = self.count_candidates(tenant, query, &next, COUNT_BUDGET - spent).await?;
                count += counted.count;
                spent += next.half_units + units;
                if !counted.is_exact {
                    return Ok(Total { count, is_exact: false });
                }
                numbers = numbers.get(next.examined..).unwrap_or_default();
            }
            let Some(more) = hits.more else {
                return Ok(Total { count, is_exact: true });
            };
            from = SearchFrom::Below(more);
        }
        Ok(Total { count, is_exact: false })
    }

    /// How many of some candidates belong in the list, and what that cost in half units:
    /// nothing where their rows decide.
    async fn count_candidates(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        candidates: &Candidates,
        budget: usize,
    ) -> Result<(Total, usize), TableError> {
        let rows_decide = query.is_decided_by_number_rows();
        let (decided, others): (Vec<_>, Vec<_>) =
            candidates.tickets.iter().partition(|candidate| rows_decide && candidate.has_row);
        let read: &[&Candidate] = others.get(..budget.min(others.len())).unwrap_or_default();
        let matching = self.matching(tenant, query, read.iter().map(|candidate| candidate.id)).await?;
        let count = (decided.len() + matching.len()) as u64;
        Ok((Total { count, is_exact: read.len() == others.len() }, read.len()))
    }
}

impl HitWalk<'_> {
    /// How many tickets the page still looks for.
    fn lacking(&self) -> usize {
        self.query.wanted().saturating_sub(self.left_out + self.found.len())
    }

    /// What the page may cost: at least what it takes to read the tickets that it shows.
    fn budget(&self) -> usize {
        let shown = self.query.wanted() - self.query.skip() + self.query.skip().min(MOST_LEFT_OUT);
        PAGE_BUDGET.max(shown + 3 * SEARCH_COST)
    }

    fn is_over(&self) -> bool {
        self.lacking() == 0 || self.spent >= self.budget() || !self.read.is_empty() && self.read.is_over()
    }

    /// Searches from somewhere and reads the tickets of the hits as far as the page needs
    /// them; answers where the list goes on.
    async fn search(&mut self, search: &Search, here: SearchFrom) -> Result<Option<SearchFrom>, TableError> {
        let ascending = self.query.is_ascending();
        let mut hits = self.lists.search.search(self.tenant, search, here, self.query.now).await?;
        self.spent += SEARCH_COST;
        if ascending {
            hits.numbers.reverse();
        }
        let (mut numbers, mut last) = (&hits.numbers[..], here);
        while !numbers.is_empty() {
            if self.is_over() {
                return Ok(Some(last));
            }
            let single = self.lacking().min(self.budget() - self.spent);
            let budget = LookupBudget { single, rows: self.rows };
            let next = self.lists.candidates(self.tenant, self.query, &hits, numbers, budget).await?;
            self.rows *= 2;
            let examined = self.take(next).await?.min(numbers.len());
            let (done, rest) = numbers.split_at(examined);
            last = done.last().map_or(last, |number| beyond(*number, ascending));
            numbers = rest;
        }
        Ok(hits.more.map(|number| beyond(number, ascending)))
    }

    /// Reads ticket items of candidates, as many as the page lacks; answers how many hits
    /// are done with.
    async fn take(&mut self, candidates: Candidates) -> Result<usize, TableError> {
        self.spent += candidates.half_units;
        let mut tickets = &candidates.tickets[..];
        while let Some(first) = tickets.first() {
            if self.is_over() {
                return Ok(first.position);
            }
            let (count, is_read) = self.next(tickets);
            let (next, rest) = tickets.split_at(count.min(tickets.len()));
            if is_read {
                let ids = next.iter().map(|candidate| candidate.id);
                let spent = meter::spent();
                let read = self.lists.matching(self.tenant, self.query, ids).await?;
                self.read.add_by_key(next.len(), spent);
                self.found.extend(read.into_iter().map(|ticket| (self.query.sort.by.place(&ticket), ticket)));
                self.spent += next.len();
            } else {
                self.left_out += next.len();
            }
            tickets = rest;
        }
        Ok(candidates.examined)
    }

    /// How many candidates to go on with, at least one, and whether their ticket items are
    /// read: not of those before the page where number rows alone decide.
    fn next(&self, tickets: &[Candidate]) -> (usize, bool) {
        let before_page = self.query.skip().saturating_sub(self.left_out + self.found.len());
        if before_page == 0 || !self.query.is_decided_by_number_rows() {
            return (self.lacking().min(self.read.affordable()), true);
        }
        let leading = |has_row: bool| tickets.iter().take_while(|candidate| candidate.has_row == has_row).count();
        match leading(true) {
            0 => (leading(false).min(self.lacking()).min(self.read.affordable()), true),
            with_rows => (with_rows.min(before_page), false),
        }
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
