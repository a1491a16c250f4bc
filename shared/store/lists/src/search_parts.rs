//! Lists of the hits of a search in another order than by number. As many hits as can be
//! looked up within a page's budget make a *part*: usually all of them. A part is sorted as
//! a whole; of more hits the list comes in parts, each sorted by itself, from the newest
//! tickets to the oldest. Cursors lead from part to part, both ways, so every hit is
//! reached.

use crate::{
    hits::LookupBudget,
    lists::Lists,
    position::{ENDS, ListPosition, ListStart, PartPosition},
    query::{ListPage, ListQuery},
    searched::SEARCH_COST,
};
use lambdesk_domain::id::{TicketId, TicketNumber};
use lambdesk_store_search::{Search, SearchFrom};
use lambdesk_table::{TableError, Tenant};

/// What looking up the hits of a part may cost, in half units, the search included.
const PART_BUDGET: usize = 50 + SEARCH_COST;
/// Number rows that are looked at for a part.
const PART_ROWS: u64 = 2_250;
/// How often a part goes on searching while it has no ticket at all.
const SEARCHES: usize = 3;
/// The most tickets that are read and sorted here; of more their keys are held against
/// those of the order.
const MOST_SORTED: u16 = 54;
/// Where a page stands that has come to the end of its part.
const END_OF_PART: &str = "end";

/// The hits of one part: those between two numbers, both included. It is the first part
/// when it reaches up to the greatest number, the last when it reaches down to 0.
struct HitPart {
    tickets: Vec<TicketId>,
    high: u64,
    low: u64,
}

impl Lists {
    /// A page of the hits of a search, sorted within their part.
    pub(crate) async fn searched_in_parts(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
    ) -> Result<ListPage, TableError> {
        let (position, inner) = within_part(query);
        let part = self.part(tenant, query, search, position).await?;
        let page = self.sorted_or_walk(tenant, &inner, &part.tickets, MOST_SORTED, Some(END_OF_PART)).await?;
        Ok(part.around(page, matches!(inner.start, ListStart::Before(_))))
    }

    /// Looks up the hits of a part.
    async fn part(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        search: &Search,
        position: PartPosition,
    ) -> Result<HitPart, TableError> {
        let (mut from, lowest) = match position {
            PartPosition::First => (SearchFrom::Newest, 0),
            PartPosition::Below(number) => (SearchFrom::Below(TicketNumber(number)), 0),
            PartPosition::Above(number) => (SearchFrom::Above(TicketNumber(number)), 0),
            PartPosition::Within { high, low } => (SearchFrom::Below(TicketNumber(high.saturating_add(1))), low),
        };
        let (rises, mut spent) = (matches!(position, PartPosition::Above(_)), 0);
        let (mut tickets, mut rest) = (Vec::new(), None);
        for _ in 0..SEARCHES {
            let mut hits = self.search.search(tenant, search, from, query.now).await?;
            spent += SEARCH_COST;
            hits.numbers.retain(|number| number.0 >= lowest);
            if rises {
                hits.numbers.reverse();
            }
            let mut numbers = &hits.numbers[..];
            rest = hits.more;
            while !numbers.is_empty() && spent < PART_BUDGET {
                let budget = LookupBudget { single: PART_BUDGET - spent, rows: PART_ROWS };
                let next = self.candidates(tenant, query, &hits, numbers, budget).await?;
                spent += next.half_units;
                tickets.extend(next.tickets.iter().map(|candidate| candidate.id));
                let (done, others) = numbers.split_at(next.examined.min(numbers.len()));
                numbers = others;
                rest = if numbers.is_empty() { hits.more } else { done.last().copied() };
            }
            rest = rest.filter(|number| number.0 > lowest);
            match rest {
                Some(more) if tickets.is_empty() || spent + SEARCH_COST < PART_BUDGET => {
                    from = if rises { SearchFrom::Above(more) } else { SearchFrom::Below(more) };
                }
                _ => break,
            }
        }
        let rest = rest.map(|number| number.0);
        let (high, low) = match position {
            PartPosition::First => (u64::MAX, rest.unwrap_or(0)),
            PartPosition::Below(number) => (number.saturating_sub(1), rest.unwrap_or(0)),
            PartPosition::Above(number) => (rest.unwrap_or(u64::MAX), number.saturating_add(1)),
            PartPosition::Within { high, low } => (high, rest.unwrap_or(low)),
        };
        Ok(HitPart { tickets, high, low })
    }
}

impl HitPart {
    /// The page of this part with positions that lead on to other parts.
    fn around(&self, page: ListPage, is_back: bool) -> ListPage {
        let is_all = (self.high, self.low) == (u64::MAX, 0);
        let part = (!is_all).then_some(PartPosition::Within { high: self.high, low: self.low });
        let within = |position: ListPosition| match part {
            Some(part) => ListPosition { place: part.place(&position.place), ..position },
            None => position,
        };
        let is_end = |position: &ListPosition| position.place == END_OF_PART;
        let ListPage { tickets, next, previous, part: _ } = page;
        let skip = next.as_ref().filter(|next| is_end(next)).map_or(0, |next| next.skip);
        let next = next.filter(|next| !is_end(next)).map(within);
        let previous = previous.filter(|previous| !is_end(previous)).map(within);
        let below = || (self.low > 0).then(|| ListPosition { place: PartPosition::Below(self.low).place(""), skip });
        let above = || (self.high < u64::MAX).then(|| ListPosition::at(PartPosition::Above(self.high).place("")));
        // Of an empty page on the way back, where it came from is the part below.
        let next = if tickets.is_empty() && is_back { below() } else { next.or_else(below) };
        ListPage { tickets, next, previous: previous.or_else(above), part }
    }
}

/// The part that a page is in, and the page's query within it.
fn within_part(query: &ListQuery) -> (PartPosition, ListQuery) {
    let start = |start| ListQuery { start, ..query.clone() };
    let (position, is_back) = match &query.start {
        ListStart::First { .. } => return (PartPosition::First, query.clone()),
        ListStart::After(position) => (position, false),
        ListStart::Before(position) => (position, true),
    };
    let Some((part, place)) = PartPosition::parse(&position.place) else {
        // The hits were few enough for one part when the position was made.
        return (PartPosition::First, query.clone());
    };
    let position = ListPosition { place: place.to_owned(), skip: position.skip };
    let inner = match part {
        // A part from its end: the place beyond all others in the order of the list.
        PartPosition::Above(_) => {
            let end = if query.sort.descending { ENDS.0 } else { ENDS.1 };
            start(ListStart::Before(ListPosition::at(end.to_owned())))
        }
        PartPosition::First | PartPosition::Below(_) => start(ListStart::First { skip: position.skip }),
        PartPosition::Within { .. } if is_back => start(ListStart::Before(position)),
        PartPosition::Within { .. } => start(ListStart::After(position)),
    };
    (part, inner)
}
