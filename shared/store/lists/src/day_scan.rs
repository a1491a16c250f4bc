//! Reading what few tickets have by last activity: day by day.
//!
//! A day row says on which day its ticket was active last, so that it moves once a
//! day at most. The days are in the order of the list; within a day the heads say
//! more. So whole days are read.

use super::{ListPage, ListQuery, page, plan::Walk, run::Run, source::ENDS};
use crate::{client::Store, error::StoreError, keys, keys::Tenant};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket, time::Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often one page reads keys and then their heads.
const ROUNDS: usize = 3;
/// How many heads a page reads, unless it asks for more: half a unit each.
const HEADS: usize = 90;
/// Keys that are read at a time: about 1.5 units.
const KEYS: usize = 200;

/// What one page has read of its days.
struct Days<'a> {
    query: &'a ListQuery,
    runs: Vec<Run<TicketId>>,
    is_plain: bool,
    /// Days up to this one have been taken.
    taken_to: Option<u64>,
    taken: usize,
    is_finished: bool,
}

/// What is to be done next.
enum Next {
    /// Read the heads of these: whole days.
    Heads(BTreeSet<(TicketId, u64)>),
    /// Read more keys: not even one day has been seen whole.
    Keys,
    /// The next day has more tickets than a page may read.
    TooMany,
}

impl<'a> Days<'a> {
    fn of(tenant: &Tenant, query: &'a ListQuery, walk: &Walk) -> Self {
        let (low, high) = query.range();
        let day = |place: &str| keys::time_at(place).map(|time| keys::row_day(keys::day(time)));
        let low = day(&low).map_or_else(|| ENDS.0.to_owned(), |day| format!("{day}{}", ENDS.0));
        let high = day(&high).map_or_else(|| ENDS.1.to_owned(), |day| format!("{day}{}", ENDS.1));
        let run = |source| Run::between(source, tenant, (low.clone(), high.clone()));
        Self {
            query,
            runs: walk.sources.iter().map(run).collect(),
            is_plain: walk.is_plain,
            taken_to: None,
            taken: 0,
            is_finished: false,
        }
    }

    /// How many heads to read next, given how many rows the page has.
    fn wanted(&self, found: usize) -> usize {
        let wanted = self.query.wanted();
        match (self.taken_to.is_none(), self.is_plain) {
            (true, true) => wanted,
            (true, false) => wanted * 2,
            (false, _) => wanted.saturating_sub(found) * 3,
        }
    }

    /// The tickets of every day that has been seen whole and not been taken.
    fn whole_days(&self) -> BTreeMap<u64, BTreeSet<TicketId>> {
        let ascending = self.query.is_ascending();
        let frontier = page::frontier(&self.runs, ascending).and_then(|row| keys::day_at(&row));
        let is_next = |day: u64| {
            let is_seen = frontier.is_none_or(|frontier| if ascending { day < frontier } else { day > frontier });
            is_seen && self.taken_to.is_none_or(|taken| if ascending { day > taken } else { day < taken })
        };
        let mut days: BTreeMap<u64, BTreeSet<TicketId>> = BTreeMap::new();
        for (row, ticket) in self.runs.iter().flat_map(|run| &run.rows) {
            if let Some(day) = keys::day_at(row).filter(|day| is_next(*day)) {
                days.entry(day).or_default().insert(*ticket);
            }
        }
        days
    }

    fn next(&mut self, found: usize) -> Next {
        let ascending = self.query.is_ascending();
        let is_all = self.runs.iter().all(Run::is_exhausted);
        let days = self.whole_days();
        let count = days.len();
        let in_order: Vec<_> = if ascending { days.into_iter().collect() } else { days.into_iter().rev().collect() };
        let (wanted, budget) = (self.wanted(found), HEADS.max(self.query.wanted()).saturating_sub(self.taken));
        let mut next = BTreeSet::new();
        let mut days_taken = 0;
        for (day, tickets) in in_order {
            if next.len() >= wanted || next.len() + tickets.len() > budget {
                break;
            }
            next.extend(tickets.into_iter().map(|ticket| (ticket, day)));
            self.taken_to = Some(day);
            days_taken += 1;
        }
        self.taken += next.len();
        self.is_finished = is_all && days_taken == count;
        match (days_taken, count) {
            (0, 0) if !is_all => Next::Keys,
            (0, 1..) => Next::TooMany,
            _ => Next::Heads(next),
        }
    }

    /// The place right beyond the days that were taken, on the next one.
    fn stopped(&self) -> Option<String> {
        let day = self.taken_to.filter(|_| !self.is_finished)?;
        let begin = |day| keys::day_start(day);
        let place = |time: Timestamp, id: &str| format!("{}{}", keys::time_place(time), id.repeat(22));
        Some(if self.query.is_ascending() {
            place(begin(day + 1), "-")
        } else {
            place(begin(day).minus(Duration::from_millis(1)), "z")
        })
    }
}

impl Store {
    /// A page by last activity, day by day; none when the first day has more
    /// tickets than a page may read.
    pub(super) async fn walk_days(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &Walk,
    ) -> Result<Option<ListPage>, StoreError> {
        let mut days = Days::of(tenant, query, walk);
        let mut found = Vec::new();
        for _ in 0..ROUNDS {
            if days.is_finished || found.len() >= query.wanted() {
                break;
            }
            if days.whole_days().is_empty() {
                let short = days.runs.iter_mut().filter(|run| !run.is_exhausted());
                try_join_all(short.map(|run| self.step(query, run, KEYS))).await?;
            }
            match days.next(found.len()) {
                Next::Heads(candidates) => found.extend(self.of_days(tenant, query, &candidates).await?),
                Next::Keys => {}
                Next::TooMany => break,
            }
        }
        if days.taken_to.is_none() && !days.is_finished {
            return Ok(None);
        }
        Ok(Some(page::page_of(query, found, days.stopped())))
    }

    /// The tickets that belong on the page and were active when their rows say.
    async fn of_days(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        candidates: &BTreeSet<(TicketId, u64)>,
    ) -> Result<Vec<(String, Ticket)>, StoreError> {
        let (low, high) = query.range();
        // A row that is out of date may name a ticket beside the one that is not.
        let ids: BTreeSet<_> = candidates.iter().map(|(ticket, _)| *ticket).collect();
        let heads = self.heads(tenant, ids.into_iter().collect()).await?;
        let placed = heads.into_iter().map(|ticket| (query.sort.by.place(&ticket), ticket));
        let is_right = |(place, ticket): &(String, Ticket)| {
            candidates.contains(&(ticket.id, keys::day(ticket.last_activity_at)))
                && (&low..=&high).contains(&place)
                && query.matches(ticket)
        };
        Ok(placed.filter(is_right).collect())
    }
}
