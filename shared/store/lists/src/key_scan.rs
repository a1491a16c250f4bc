//! Reading keys in the order of the list, and the heads that belong to them.

use super::{
    ListPage, ListQuery, page,
    plan::{Source, Walk},
    run::Run,
};
use crate::{
    client::Store,
    error::StoreError,
    keys::{Group, Tenant},
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How often one page reads keys and then their heads.
const ROUNDS: usize = 2;
/// How many heads a page reads by their keys, unless it asks for more: half a unit each.
const HEADS: usize = 72;
/// Keys read beyond those whose heads are: some tickets are not as their rows say.
const SPARE: usize = 10;
/// Keys that are held against those of another source at a time, of all sources
/// together: 8 to 14 units.
const AMONG: usize = 1_000;
/// Rows of which the table leaves out some: this many per head that is looked for at
/// first, then twice as many as it seems to take.
const SIFTED: usize = 10;
/// The most of those that one page looks at: about 28 units.
const MOST_SIFTED: usize = 2_900;
/// How many of those cost what a head costs.
const SIFTED_PER_HEAD: usize = 53;
/// Heads that a page may read beyond [`HEADS`] instead of rows that are left out.
const HEADS_FOR_SIFTED: usize = 16;

/// What one page has read of its keys.
struct Keys<'a> {
    query: &'a ListQuery,
    runs: Vec<Run<TicketId>>,
    is_plain: bool,
    /// The table leaves out some rows.
    is_sifted: bool,
    /// How many rows the table has looked at.
    examined: usize,
    /// Others are left out before their heads are read.
    among: Option<HashSet<TicketId>>,
    /// Candidates up to here have been taken.
    taken_to: Option<String>,
    taken: usize,
    /// There are no more.
    is_finished: bool,
}

impl<'a> Keys<'a> {
    fn of(tenant: &Tenant, query: &'a ListQuery, walk: &Walk, among: Option<HashSet<TicketId>>) -> Self {
        let runs: Vec<_> = walk.sources.iter().map(|source| Run::ahead(source, tenant, query)).collect();
        let is_sifted = runs.iter().any(|run| run.is_sifted(query)) && !walk.sources.iter().any(is_most);
        Self {
            query,
            runs,
            is_plain: walk.is_plain || among.is_some(),
            is_sifted: is_sifted && among.is_none(),
            examined: 0,
            among,
            taken_to: None,
            taken: 0,
            is_finished: false,
        }
    }

    /// How many heads to read next, given how many rows the page has.
    fn wanted(&self, found: usize) -> usize {
        let wanted = self.query.wanted();
        let budget = self.budget().max(wanted).saturating_sub(self.taken);
        let next = match (self.taken_to.is_none(), self.is_plain) {
            (true, true) => wanted,
            (true, false) => wanted * 2,
            (false, _) => wanted.saturating_sub(found) * 3,
        };
        next.min(budget)
    }

    /// How many heads a page may read, whatever it asks for.
    const fn budget(&self) -> usize {
        if self.is_sifted { HEADS + HEADS_FOR_SIFTED - self.examined / SIFTED_PER_HEAD } else { HEADS }
    }

    /// How often rows are read before their heads are.
    const fn steps(&self) -> usize {
        if self.is_sifted { 3 } else { 1 }
    }

    /// How many rows could be taken now.
    fn ready(&self) -> usize {
        page::seen(&self.runs, self.query.is_ascending()).saturating_sub(self.taken)
    }

    /// How many rows to look at next, of all sources together, to find so many.
    fn sifted(&self, heads: usize) -> usize {
        let found: usize = self.runs.iter().map(|run| run.rows.len()).sum();
        let next = if self.examined == 0 {
            heads * SIFTED
        } else {
            heads.saturating_sub(self.ready()) * 2 * self.examined / found.max(1)
        };
        next.min(MOST_SIFTED.saturating_sub(self.examined))
    }

    /// The sources of which too little has been read to take so many, and how many
    /// rows to read of each.
    fn short(&mut self, heads: usize) -> (Vec<&mut Run<TicketId>>, usize) {
        let (sifted, sources) = (self.sifted(heads), self.runs.len().max(1));
        let is_among = |id: &TicketId| self.among.as_ref().is_none_or(|among| among.contains(id));
        let (taken_to, ascending) = (self.taken_to.as_deref(), self.query.is_ascending());
        let ahead = |run: &Run<TicketId>| {
            run.rows.iter().filter(|(place, id)| is_ahead(taken_to, place, ascending) && is_among(id)).count()
        };
        let short = self.runs.iter_mut().filter(|run| !run.is_exhausted() && ahead(run) < heads);
        let short: Vec<_> = short.collect();
        let rows = match &self.among {
            Some(_) => AMONG / sources,
            None if self.is_sifted => sifted / short.len().max(1),
            None => heads + SPARE,
        };
        self.examined += rows * short.len();
        (short, rows)
    }

    /// The next tickets in the order of the list with their places, as far as all
    /// sources have been seen.
    fn take(&mut self, heads: usize) -> BTreeMap<String, TicketId> {
        let ascending = self.query.is_ascending();
        let frontier = page::frontier(&self.runs, ascending);
        let is_next = |place: &str| {
            is_ahead(self.taken_to.as_deref(), place, ascending) && page::reaches(frontier.as_deref(), place, ascending)
        };
        let is_among = |id: &TicketId| self.among.as_ref().is_none_or(|among| among.contains(id));
        let rows = self.runs.iter().flat_map(|run| &run.rows).filter(|(place, id)| is_next(place) && is_among(id));
        let sorted: BTreeMap<_, _> = rows.map(|(place, id)| (place.clone(), *id)).collect();
        let is_all = sorted.len() <= heads;
        let next: BTreeMap<_, _> = if ascending {
            sorted.into_iter().take(heads).collect()
        } else {
            sorted.into_iter().rev().take(heads).collect()
        };
        let last = if ascending { next.last_key_value() } else { next.first_key_value() };
        let last = last.map(|(place, _)| place.clone());
        self.is_finished = is_all && frontier.is_none();
        self.taken_to = if is_all { frontier.or(last) } else { last };
        self.taken += next.len();
        next
    }
}

/// Whether these are nearly all tickets: those that are neither active nor done are few.
fn is_most(source: &Source) -> bool {
    matches!(source, Source::Numbers(groups) if [Group::Active, Group::Done].iter().all(|one| groups.contains(one)))
}

fn is_ahead(taken_to: Option<&str>, place: &str, ascending: bool) -> bool {
    taken_to.is_none_or(|taken_to| if ascending { place > taken_to } else { place < taken_to })
}

impl Store {
    /// A page in the order of the list, of tickets whose keys are read first.
    pub(super) async fn walk_keys(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &Walk,
        among: Option<HashSet<TicketId>>,
    ) -> Result<ListPage, StoreError> {
        let mut keys = Keys::of(tenant, query, walk, among);
        let mut found = Vec::new();
        for _ in 0..ROUNDS {
            if keys.wanted(found.len()) == 0 || keys.is_finished {
                break;
            }
            for _ in 0..keys.steps() {
                let (short, rows) = keys.short(keys.wanted(found.len()));
                if rows == 0 {
                    break;
                }
                try_join_all(short.into_iter().map(|run| self.step(query, run, rows))).await?;
            }
            let candidates = keys.take(keys.wanted(found.len()));
            found.extend(self.as_placed(tenant, query, &candidates).await?);
        }
        let stopped = if keys.is_finished { None } else { keys.taken_to };
        Ok(page::page_of(query, found, stopped))
    }

    /// The tickets that belong in the list and are where their rows say.
    async fn as_placed(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        candidates: &BTreeMap<String, TicketId>,
    ) -> Result<Vec<(String, Ticket)>, StoreError> {
        // A row that is out of date may name a ticket beside the one that is not.
        let ids: BTreeSet<_> = candidates.values().copied().collect();
        let heads = self.heads(tenant, ids.into_iter().collect()).await?;
        let placed = heads.into_iter().map(|ticket| (query.sort.by.place(&ticket), ticket));
        let is_right = |(place, ticket): &(String, Ticket)| candidates.contains_key(place) && query.matches(ticket);
        Ok(placed.filter(is_right).collect())
    }
}
