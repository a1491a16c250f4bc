//! The scan of day rows: the tickets of an indexed value by last activity, day by day.
//! Three rounds at most; about 15 units, and half a unit per further ticket of the last
//! day.
//!
//! A day row has the day on which its ticket was active last, so that it moves once a
//! day at most. The days are in the order of the list; within a day the ticket items
//! decide. So whole days are read; of a day that has too many, its keys are held against
//! those of all tickets of that day.

use crate::{
    affordable::ItemsRead,
    filter::{Filter, Period},
    lists::Lists,
    page,
    plan::{OrderedScan, order_of},
    position::ENDS,
    query::{ListPage, ListQuery},
    scan::Scan,
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket, time::Timestamp};
use lambdesk_table::{TableError, Tenant, keys};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

/// How often one page reads keys and then their ticket items.
const ROUNDS: usize = 3;
/// How many ticket items a page reads, unless it asks for more: half a unit each.
const ITEMS: usize = 90;
/// Keys that are read at first, about 1.5 units; then twice as many each time.
const KEYS: usize = 200;

/// What one page has read of its days.
struct DayScan<'a> {
    query: &'a ListQuery,
    scans: Vec<Scan<TicketId>>,
    is_plain: bool,
    /// Days up to this one have been taken.
    cursor: Option<u64>,
    taken: usize,
    /// Ticket items so far.
    read: ItemsRead,
    is_finished: bool,
}

/// What is to be done next.
enum NextRead {
    /// The ticket items of these: whole days.
    Items(BTreeSet<(TicketId, u64)>),
    /// More keys: not even one day has been seen whole.
    Keys,
    /// None: the next day has more tickets than a page may read.
    TooMany,
}

/// A day with more tickets than a page may read.
struct CrowdedDay {
    tickets: HashSet<TicketId>,
    day: u64,
    /// The place right beyond it.
    beyond: String,
}

/// The place right beyond a day, on the next one.
fn beyond(day: u64, ascending: bool) -> String {
    let place = |time: Timestamp, id: &str| format!("{}{}", keys::time_place(time), id.repeat(22));
    if ascending {
        place(keys::day_start(day + 1), "-")
    } else {
        place(keys::day_start(day).minus(Duration::from_millis(1)), "z")
    }
}

impl<'a> DayScan<'a> {
    fn of(tenant: &Tenant, query: &'a ListQuery, walk: &OrderedScan, read: ItemsRead) -> Self {
        let (low, high) = query.range();
        let day = |place: &str| keys::time_at(place).map(|time| keys::row_day(keys::day(time)));
        let low = day(&low).map_or_else(|| ENDS.0.to_owned(), |day| format!("{day}{}", ENDS.0));
        let high = day(&high).map_or_else(|| ENDS.1.to_owned(), |day| format!("{day}{}", ENDS.1));
        let scan = |source| Scan::between(source, tenant, (low.clone(), high.clone()));
        Self {
            query,
            scans: walk.sources.iter().map(scan).collect(),
            is_plain: walk.is_plain,
            cursor: None,
            taken: 0,
            read,
            is_finished: false,
        }
    }

    /// How many ticket items to read next, given how many rows the page has.
    fn wanted(&self, found: usize) -> usize {
        let wanted = self.query.wanted();
        match (self.cursor.is_none(), self.is_plain) {
            (true, true) => wanted,
            (true, false) => wanted * 2,
            (false, _) => wanted.saturating_sub(found) * 3,
        }
    }

    /// The tickets of every day that has been seen whole and not been taken.
    fn whole_days(&self) -> BTreeMap<u64, BTreeSet<TicketId>> {
        let ascending = self.query.is_ascending();
        let watermark = page::watermark(&self.scans, ascending).and_then(|row| keys::day_at(&row));
        let is_next = |day: u64| {
            let is_seen = watermark.is_none_or(|watermark| if ascending { day < watermark } else { day > watermark });
            is_seen && self.cursor.is_none_or(|taken| if ascending { day > taken } else { day < taken })
        };
        let mut days: BTreeMap<u64, BTreeSet<TicketId>> = BTreeMap::new();
        for (row, ticket) in self.scans.iter().flat_map(|scan| &scan.rows) {
            if let Some(day) = keys::day_at(row).filter(|day| is_next(*day)) {
                days.entry(day).or_default().insert(*ticket);
            }
        }
        days
    }

    fn next(&mut self, found: usize) -> NextRead {
        let ascending = self.query.is_ascending();
        let is_all = self.scans.iter().all(Scan::is_exhausted);
        let days = self.whole_days();
        let count = days.len();
        let in_order: Vec<_> = if ascending { days.into_iter().collect() } else { days.into_iter().rev().collect() };
        let affordable = if self.read.is_empty() { usize::MAX } else { self.read.affordable() };
        let budget = ITEMS.max(self.query.wanted()).saturating_sub(self.taken).min(affordable);
        let wanted = self.wanted(found);
        let mut next = BTreeSet::new();
        let mut days_taken = 0;
        for (day, tickets) in in_order {
            if next.len() >= wanted || next.len() + tickets.len() > budget {
                break;
            }
            next.extend(tickets.into_iter().map(|ticket| (ticket, day)));
            self.cursor = Some(day);
            days_taken += 1;
        }
        self.taken += next.len();
        self.is_finished = is_all && days_taken == count;
        match (days_taken, count) {
            (0, 0) if !is_all => NextRead::Keys,
            (0, 1..) => NextRead::TooMany,
            _ => NextRead::Items(next),
        }
    }

    /// Undoes [`DayScan::next`], whose tickets were too many: now that it is known how large
    /// they are, fewer days come next.
    const fn step_back(&mut self, cursor: Option<u64>, tickets: usize) {
        self.cursor = cursor;
        self.taken -= tickets;
        self.is_finished = false;
    }

    /// The place right beyond the days that were taken, on the next one.
    fn stopped(&self) -> Option<String> {
        let day = self.cursor.filter(|_| !self.is_finished)?;
        Some(beyond(day, self.query.is_ascending()))
    }

    /// The next day that was seen whole and not taken.
    fn crowded(&self) -> Option<CrowdedDay> {
        let (ascending, mut days) = (self.query.is_ascending(), self.whole_days());
        let (day, tickets) = if ascending { days.pop_first() } else { days.pop_last() }?;
        Some(CrowdedDay { tickets: tickets.into_iter().collect(), day, beyond: beyond(day, ascending) })
    }
}

impl Lists {
    /// A page by last activity, day by day; none when the first day has more
    /// tickets than a page may read or hold against others.
    pub(crate) async fn walk_days(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &OrderedScan,
    ) -> Result<Option<ListPage>, TableError> {
        let mut days = DayScan::of(tenant, query, walk, ItemsRead::none(&self.recent, tenant, query));
        let mut found = Vec::new();
        let mut is_crowded = false;
        for round in 0..ROUNDS {
            if days.is_finished || found.len() >= query.wanted() || days.read.is_over() {
                break;
            }
            if days.whole_days().is_empty() {
                let short = days.scans.iter_mut().filter(|scan| !scan.is_exhausted());
                try_join_all(short.map(|scan| scan.read_on(&self.table, query, KEYS << round))).await?;
            }
            let before = days.cursor;
            match days.next(found.len()) {
                NextRead::Items(candidates) => match self.of_days(tenant, query, &candidates, &mut days.read).await? {
                    Some(tickets) => found.extend(tickets),
                    None => days.step_back(before, candidates.len()),
                },
                NextRead::Keys => {}
                NextRead::TooMany => {
                    is_crowded = true;
                    break;
                }
            }
        }
        let crowded = days.crowded().filter(|_| is_crowded && found.len() < query.wanted());
        if days.cursor.is_none() && !days.is_finished {
            return match crowded {
                Some(day) => self.of_crowded_day(tenant, query, day).await.map(Some),
                None => Ok(None),
            };
        }
        let page = page::page_of(query, found, days.stopped());
        match crowded.zip(page.rest(query)) {
            Some((day, rest)) if !days.read.is_over() => {
                let second = self.of_crowded_day(tenant, &rest, day).await?;
                Ok(Some(page::join(query, page, second)))
            }
            _ => Ok(Some(page)),
        }
    }

    /// The part of a page that is on one day with too many tickets to read them all: they
    /// are held against all of that day, by last activity.
    async fn of_crowded_day(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        CrowdedDay { tickets, day, beyond }: CrowdedDay,
    ) -> Result<ListPage, TableError> {
        let period = Period { from: Some(keys::day_start(day)), until: Some(keys::day_start(day + 1)) };
        let mut within = query.clone();
        within.filters.push(Filter::LastActivity(period));
        self.walk_keys_to(tenant, &within, &order_of(query), Some(tickets), Some(&beyond)).await
    }

    /// The tickets that belong on the page and were active when their rows say; none where
    /// reading them all costs too much.
    async fn of_days(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        candidates: &BTreeSet<(TicketId, u64)>,
        read: &mut ItemsRead,
    ) -> Result<Option<Vec<(String, Ticket)>>, TableError> {
        let (low, high) = query.range();
        let ids: Vec<_> = candidates.iter().map(|(ticket, _)| *ticket).collect();
        let Some(tickets) = self.matching_within(tenant, query, &ids, read).await? else {
            return Ok(None);
        };
        let placed = tickets.into_iter().map(|ticket| (query.sort.by.place(&ticket), ticket));
        let is_right = |(place, ticket): &(String, Ticket)| {
            candidates.contains(&(ticket.id, keys::day(ticket.last_activity_at))) && (&low..=&high).contains(&place)
        };
        Ok(Some(placed.filter(is_right).collect()))
    }
}
