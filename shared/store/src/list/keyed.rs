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
/// Number rows that are looked at for rare groups: about 4 units.
const RARE: usize = 400;

/// What one page has read of its keys.
struct Keys<'a> {
    query: &'a ListQuery,
    runs: Vec<Run<TicketId>>,
    is_plain: bool,
    /// The table leaves out most rows.
    is_rare: bool,
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
        let is_rare = |source: &Source| matches!(source, Source::Numbers(groups) if !groups.contains(&Group::Active) || !groups.contains(&Group::Done));
        Self {
            query,
            runs: walk.sources.iter().map(|source| Run::ahead(source, tenant, query)).collect(),
            is_plain: walk.is_plain || among.is_some(),
            is_rare: walk.sources.iter().any(is_rare),
            among,
            taken_to: None,
            taken: 0,
            is_finished: false,
        }
    }

    /// How many heads to read next, given how many rows the page has.
    fn wanted(&self, found: usize) -> usize {
        let wanted = self.query.wanted();
        let budget = HEADS.max(wanted).saturating_sub(self.taken);
        let next = match (self.taken_to.is_none(), self.is_plain) {
            (true, true) => wanted,
            (true, false) => wanted * 2,
            (false, _) => wanted.saturating_sub(found) * 3,
        };
        next.min(budget)
    }

    /// The sources of which too little has been read to take so many, and how many
    /// rows to read of each.
    fn short(&mut self, heads: usize) -> (Vec<&mut Run<TicketId>>, usize) {
        let rows = match &self.among {
            Some(_) => AMONG / self.runs.len().max(1),
            None if self.is_rare => RARE.max(heads),
            None => heads + SPARE,
        };
        let is_among = |id: &TicketId| self.among.as_ref().is_none_or(|among| among.contains(id));
        let (taken_to, ascending) = (self.taken_to.as_deref(), self.query.is_ascending());
        let ahead = |run: &Run<TicketId>| {
            run.rows.iter().filter(|(place, id)| is_ahead(taken_to, place, ascending) && is_among(id)).count()
        };
        let short = self.runs.iter_mut().filter(|run| !run.is_exhausted() && ahead(run) < heads);
        (short.collect(), rows)
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
            let heads = keys.wanted(found.len());
            if heads == 0 || keys.is_finished {
                break;
            }
            let (short, rows) = keys.short(heads);
            try_join_all(short.into_iter().map(|run| self.step(query, run, rows))).await?;
            let candidates = keys.take(heads);
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
