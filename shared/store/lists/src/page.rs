//! Pages: the rows of several scans merged in the order of the list and cut to one page
//! with its positions. Pure.

use crate::{
    position::{ListPosition, ListStart},
    query::{ListPage, ListQuery},
    scan::Scan,
};
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use lambdesk_table::keys;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// The place up to which all scans have been read; none when all are at their ends.
pub fn watermark<T>(scans: &[Scan<T>], ascending: bool) -> Option<String> {
    let places = scans.iter().filter_map(|scan| scan.watermark(ascending));
    if ascending { places.min() } else { places.max() }
}

/// Whether a place is not beyond the watermark.
pub fn reaches(watermark: Option<&str>, place: &str, ascending: bool) -> bool {
    watermark.is_none_or(|watermark| if ascending { place <= watermark } else { place >= watermark })
}

/// How many rows have been seen for certain: nothing can come between them.
pub fn seen<T>(scans: &[Scan<T>], ascending: bool) -> usize {
    let watermark = watermark(scans, ascending);
    let rows = scans.iter().flat_map(|scan| &scan.rows);
    rows.filter(|(place, _)| reaches(watermark.as_deref(), place, ascending)).count()
}

/// Merges scans in the order of the list, as far as all of them have been read.
pub fn merge(query: &ListQuery, scans: Vec<Scan<Ticket>>) -> ListPage {
    merge_to(query, scans, None)
}

/// The same; at the scans' end the page goes on at a place of the caller's.
pub fn merge_to(query: &ListQuery, scans: Vec<Scan<Ticket>>, end: Option<&str>) -> ListPage {
    let ascending = query.is_ascending();
    let watermark = watermark(&scans, ascending);
    let mut rows = placed(query, scans.into_iter().flat_map(|scan| scan.rows).map(|(_, ticket)| ticket));
    rows.retain(|(place, _)| reaches(watermark.as_deref(), place, ascending));
    page_of(query, rows, watermark.or_else(|| end.map(str::to_owned)))
}

/// Sorts all tickets that there are and cuts the page out of them.
pub fn cut(query: &ListQuery, tickets: Vec<Ticket>) -> ListPage {
    cut_to(query, tickets, None)
}

/// The same; at their end the page goes on at a place of the caller's.
pub fn cut_to(query: &ListQuery, tickets: Vec<Ticket>, end: Option<&str>) -> ListPage {
    let (low, high) = query.range();
    let mut rows = placed(query, tickets);
    rows.retain(|(place, _)| low <= *place && *place <= high);
    page_of(query, rows, end.map(str::to_owned))
}

/// All rows with their places, each ticket once: one that moved between two reads
/// is in both, and the later version counts.
fn placed(query: &ListQuery, tickets: impl IntoIterator<Item = Ticket>) -> Vec<(String, Ticket)> {
    let mut newest: HashMap<TicketId, Ticket> = HashMap::new();
    for ticket in tickets {
        match newest.entry(ticket.id) {
            Entry::Occupied(seen) if seen.get().version >= ticket.version => {}
            Entry::Occupied(mut seen) => drop(seen.insert(ticket)),
            Entry::Vacant(place) => drop(place.insert(ticket)),
        }
    }
    newest.into_values().map(|ticket| (query.sort.by.place(&ticket), ticket)).collect()
}

/// The page in the order of the list, with its ends. `stopped` is where a page
/// that reached its budget goes on.
pub fn page_of(query: &ListQuery, rows: Vec<(String, Ticket)>, stopped: Option<String>) -> ListPage {
    page_beyond(query, 0, rows, stopped)
}

/// The same, of the rows beyond some that were left out at the beginning of the page
/// already.
pub fn page_beyond(
    query: &ListQuery,
    left_out: usize,
    mut rows: Vec<(String, Ticket)>,
    stopped: Option<String>,
) -> ListPage {
    let limit = usize::from(query.limit);
    rows.sort_by(|(a, _), (b, _)| if query.is_ascending() { a.cmp(b) } else { b.cmp(a) });
    let here = query.skip().saturating_sub(left_out).min(rows.len());
    rows.drain(..here);
    let left_out = left_out + here;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let place = |(place, _): &(String, Ticket)| ListPosition::at(place.clone());
    let back = rows.first().map(place).or_else(|| reverse_cursor(query).map(ListPosition::at));
    let stopped = stopped.map(|place| ListPosition { place, skip: query.skip().saturating_sub(left_out) });
    let onwards = if has_more { rows.last().map(place) } else { stopped };
    let mut tickets: Vec<_> = rows.into_iter().map(|(_, ticket)| ticket).collect();
    match query.start {
        ListStart::Before(_) => {
            tickets.reverse();
            ListPage { tickets, next: back, previous: onwards, part: None }
        }
        ListStart::First { skip: 0 } => ListPage { tickets, next: onwards, previous: None, part: None },
        ListStart::First { .. } | ListStart::After(_) => {
            ListPage { tickets, next: onwards, previous: back, part: None }
        }
    }
}

/// One page of two parts, of which the second goes on where the first stopped. A
/// ticket that moved between two reads is in it once.
pub fn join(query: &ListQuery, first: ListPage, second: ListPage) -> ListPage {
    let seen: HashSet<TicketId> = first.tickets.iter().map(|ticket| ticket.id).collect();
    let mut more = second.tickets;
    more.retain(|ticket| !seen.contains(&ticket.id));
    let is_first_empty = first.tickets.is_empty();
    let mut tickets = first.tickets;
    if matches!(query.start, ListStart::Before(_)) {
        more.append(&mut tickets);
        let next = if is_first_empty { second.next } else { first.next };
        return ListPage { tickets: more, next, previous: second.previous, part: None };
    }
    tickets.append(&mut more);
    let previous = match query.start {
        ListStart::First { skip: 0 } => None,
        _ if is_first_empty => second.previous,
        _ => first.previous,
    };
    ListPage { tickets, next: second.next, previous, part: None }
}

/// The position where an empty page goes back: on the other side of where it began, so
/// that the ticket it began at is found again.
fn reverse_cursor(query: &ListQuery) -> Option<String> {
    match &query.start {
        ListStart::First { .. } => None,
        ListStart::After(ListPosition { place, .. }) | ListStart::Before(ListPosition { place, .. }) => {
            Some(if query.is_ascending() { keys::after(place) } else { keys::before(place) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scan::testing::read, sort::Sort};
    use lambdesk_domain::{access::VisibilityScope, testing, time::Timestamp};
    use proptest::{
        collection,
        prelude::*,
        strategy::ValueTree,
        test_runner::{TestCaseResult, TestRunner},
    };
    use std::collections::BTreeSet;
    use uuid::Uuid;

    /// Tickets of a source, and whether the filter lets them through.
    type Rows = Vec<(Ticket, bool)>;

    fn sources() -> impl Strategy<Value = Vec<Rows>> {
        let row = (0..60_u64, any::<u128>(), any::<bool>());
        collection::vec(collection::vec(row, 0..25), 1..4).prop_map(|sources| {
            let any = testing::ticket().new_tree(&mut TestRunner::deterministic()).expect("a ticket").current();
            let ticket = |(time, id, passes)| {
                let id = TicketId::new(Uuid::from_u128(id));
                (Ticket { id, last_activity_at: Timestamp::from_millis(time), ..any.clone() }, passes)
            };
            sources.into_iter().map(|rows| rows.into_iter().map(ticket).collect()).collect()
        })
    }

    fn place(ticket: &Ticket) -> String {
        Sort::default().by.place(ticket)
    }

    /// What the table would yield of a source when it may look at so many rows.
    fn scan(rows: &Rows, query: &ListQuery, budget: usize) -> Scan<Ticket> {
        let (low, high) = query.range();
        let mut ahead: Vec<_> = rows.iter().filter(|(ticket, _)| (&low..=&high).contains(&&place(ticket))).collect();
        ahead.sort_by_key(|(ticket, _)| place(ticket));
        if !query.is_ascending() {
            ahead.reverse();
        }
        let is_exhausted = ahead.len() <= budget;
        ahead.truncate(budget);
        let last = ahead.last().map(|(ticket, _)| place(ticket)).filter(|_| !is_exhausted);
        let passing = ahead.into_iter().filter(|(_, passes)| *passes);
        read(passing.map(|(ticket, _)| (place(ticket), ticket.clone())).collect(), last)
    }

    fn query(start: ListStart, descending: bool, limit: u16) -> ListQuery {
        ListQuery {
            states: vec![],
            filters: vec![],
            search: None,
            hide_snoozed: false,
            visibility: VisibilityScope::All,
            sort: Sort { descending, ..Sort::default() },
            start,
            limit,
            now: Timestamp::EPOCH,
        }
    }

    fn walk(sources: &[Rows], descending: bool, skip: usize, limit: u16, budgets: &[usize]) -> TestCaseResult {
        let pages = |start| {
            let query = query(start, descending, limit);
            let scans = sources.iter().zip(budgets.iter().cycle()).map(|(rows, budget)| scan(rows, &query, *budget));
            merge(&query, scans.collect())
        };
        let passing: BTreeSet<_> =
            sources.iter().flatten().filter(|(_, passes)| *passes).map(|(t, _)| place(t)).collect();
        let mut expected: Vec<_> = passing.into_iter().collect();
        if descending {
            expected.reverse();
        }
        let mut page = pages(ListStart::First { skip });
        let mut seen: Vec<_> = page.tickets.iter().map(place).collect();
        for _ in 0..200 {
            let Some(next) = page.next.clone() else { break };
            page = pages(ListStart::After(next));
            seen.extend(page.tickets.iter().map(place));
        }
        prop_assert_eq!(&seen[..], expected.get(skip..).unwrap_or_default(), "onwards");
        if skip >= expected.len() {
            return Ok(());
        }
        let mut back: Vec<_> = page.tickets.iter().map(place).collect();
        for _ in 0..200 {
            let Some(previous) = page.previous.clone() else { break };
            page = pages(ListStart::Before(previous));
            back.splice(..0, page.tickets.iter().map(place));
        }
        prop_assert_eq!(&back, &expected, "and back");
        Ok(())
    }

    proptest! {
        #[test]
        fn short_pages_lose_and_repeat_no_row_whichever_source_stops_first(
            sources in sources(), descending: bool, skip in prop_oneof![Just(0), 0..12_usize], limit in 1..6_u16,
            budgets in collection::vec(1..12_usize, 1..4),
        ) {
            walk(&sources, descending, skip, limit, &budgets)?;
        }
    }

    #[test]
    fn a_ticket_that_moved_between_two_reads_is_in_the_list_once_as_it_is_now() {
        let old = testing::ticket().new_tree(&mut TestRunner::deterministic()).expect("a ticket").current();
        let new = Ticket { version: old.version.next(), ..old.clone() };
        let query = query(ListStart::First { skip: 0 }, true, 5);
        for versions in [[&old, &new], [&new, &old]] {
            let scans = versions.map(|ticket| scan(&vec![(ticket.clone(), true)], &query, 9));
            assert_eq!(merge(&query, scans.into()).tickets, std::slice::from_ref(&new));
        }
    }
}
