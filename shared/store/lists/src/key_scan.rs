//! The scan of keys: rows in the order of the list, and the ticket items that they name.
//! Two rounds at most; 13 to 50 units per page.

use crate::{
    affordable::ItemsRead,
    lists::Lists,
    page,
    plan::OrderedScan,
    query::{ListPage, ListQuery},
    scan::Scan,
    source::RowSource,
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use lambdesk_table::{TableError, Tenant, keys::StateGroup, meter};
use std::collections::{BTreeMap, HashSet};

/// How often one page reads keys and then their ticket items.
const ROUNDS: usize = 2;
/// How many ticket items a page reads by their keys, unless it asks for more: half a unit
/// each.
const ITEMS: usize = 72;
/// The fewest ticket items worth a second round.
const FEWEST: usize = 4;
/// Keys read beyond those whose ticket items are: some tickets are not as their rows say.
const SPARE: usize = 10;
/// Keys that are held against those of another source at a time, of all sources
/// together: 8 to 14 units.
const AMONG: usize = 1_000;
/// Rows of which the table leaves out some: this many per ticket item that is looked for
/// at first, then twice as many as it seems to take.
const FILTERED: usize = 10;
/// The most of those that one page looks at: about 28 units.
const MOST_FILTERED: usize = 2_900;
/// How many of those cost as much as a ticket item.
const FILTERED_PER_ITEM: usize = 53;
/// Ticket items that a page may read beyond [`ITEMS`] instead of rows that are left out.
const ITEMS_FOR_FILTERED: usize = 16;

/// What one page has read of its keys.
struct KeyScan<'a> {
    query: &'a ListQuery,
    scans: Vec<Scan<TicketId>>,
    is_plain: bool,
    /// The table leaves out some rows.
    is_filtered: bool,
    /// How many rows the table has looked at.
    examined: usize,
    /// Others are left out before their ticket items are read.
    among: Option<HashSet<TicketId>>,
    /// Candidates up to this place have been taken.
    cursor: Option<String>,
    taken: usize,
    /// Ticket items so far.
    read: ItemsRead,
    /// There are no more.
    is_finished: bool,
}

impl<'a> KeyScan<'a> {
    fn of(
        tenant: &Tenant,
        query: &'a ListQuery,
        walk: &OrderedScan,
        among: Option<HashSet<TicketId>>,
        read: ItemsRead,
    ) -> Self {
        let scans: Vec<_> = walk.sources.iter().map(|source| Scan::ahead(source, tenant, query)).collect();
        let is_filtered = scans.iter().any(|scan| scan.is_filtered(query)) && !walk.sources.iter().any(is_most);
        Self {
            query,
            scans,
            is_plain: walk.is_plain || among.is_some(),
            is_filtered: is_filtered && among.is_none(),
            examined: 0,
            among,
            cursor: None,
            taken: 0,
            read,
            is_finished: false,
        }
    }

    /// How many ticket items to read next, given how many rows the page has.
    fn wanted(&self, found: usize) -> usize {
        let wanted = self.query.wanted();
        let budget = self.budget().max(wanted).saturating_sub(self.taken);
        let next = match (self.cursor.is_none(), self.is_plain) {
            (true, true) => wanted,
            (true, false) => wanted * 2,
            (false, _) => wanted.saturating_sub(found) * 3,
        };
        next.min(budget).min(self.read.affordable())
    }

    /// How many ticket items a page may read, whatever it asks for.
    const fn budget(&self) -> usize {
        if self.is_filtered { ITEMS + ITEMS_FOR_FILTERED - self.examined / FILTERED_PER_ITEM } else { ITEMS }
    }

    /// How often rows are read before their ticket items are.
    const fn steps(&self) -> usize {
        if self.is_filtered { 3 } else { 1 }
    }

    /// How many rows could be taken now.
    fn ready(&self) -> usize {
        page::seen(&self.scans, self.query.is_ascending()).saturating_sub(self.taken)
    }

    /// How many rows to look at next, of all sources together, to find so many.
    fn filtered(&self, items: usize) -> usize {
        let found: usize = self.scans.iter().map(|scan| scan.rows.len()).sum();
        let next = if self.examined == 0 {
            items * FILTERED
        } else {
            items.saturating_sub(self.ready()) * 2 * self.examined / found.max(1)
        };
        next.min(MOST_FILTERED.saturating_sub(self.examined)).min(self.read.affordable_rows())
    }

    /// The sources of which too little has been read to take so many, and how many
    /// rows to read of each.
    fn short(&mut self, items: usize) -> (Vec<&mut Scan<TicketId>>, usize) {
        let (filtered, sources) = (self.filtered(items), self.scans.len().max(1));
        let affordable = self.read.affordable_rows();
        let is_among = |id: &TicketId| self.among.as_ref().is_none_or(|among| among.contains(id));
        let (cursor, ascending) = (self.cursor.as_deref(), self.query.is_ascending());
        let ahead = |scan: &Scan<TicketId>| {
            scan.rows.iter().filter(|(place, id)| is_ahead(cursor, place, ascending) && is_among(id)).count()
        };
        let short = self.scans.iter_mut().filter(|scan| !scan.is_exhausted() && ahead(scan) < items);
        let short: Vec<_> = short.collect();
        let rows = match &self.among {
            Some(_) => (AMONG.min(affordable) / sources).max(2),
            None if self.is_filtered => filtered / short.len().max(1),
            None => items + SPARE,
        };
        self.examined += rows * short.len();
        (short, rows)
    }

    /// The next tickets in the order of the list with their places, as far as all
    /// sources have been seen.
    fn take(&mut self, items: usize) -> BTreeMap<String, TicketId> {
        let ascending = self.query.is_ascending();
        let watermark = page::watermark(&self.scans, ascending);
        let is_next = |place: &str| {
            is_ahead(self.cursor.as_deref(), place, ascending) && page::reaches(watermark.as_deref(), place, ascending)
        };
        let is_among = |id: &TicketId| self.among.as_ref().is_none_or(|among| among.contains(id));
        let rows = self.scans.iter().flat_map(|scan| &scan.rows).filter(|(place, id)| is_next(place) && is_among(id));
        let sorted: BTreeMap<_, _> = rows.map(|(place, id)| (place.clone(), *id)).collect();
        let is_all = sorted.len() <= items;
        let next: BTreeMap<_, _> = if ascending {
            sorted.into_iter().take(items).collect()
        } else {
            sorted.into_iter().rev().take(items).collect()
        };
        let last = if ascending { next.last_key_value() } else { next.first_key_value() };
        let last = last.map(|(place, _)| place.clone());
        self.is_finished = is_all && watermark.is_none();
        self.cursor = if is_all { watermark.or(last) } else { last };
        self.taken += next.len();
        next
    }
}

/// Whether these are nearly all tickets: those that are neither active nor done are few.
fn is_most(source: &RowSource) -> bool {
    let RowSource::Numbers(groups) = source else { return false };
    [StateGroup::Active, StateGroup::Done].iter().all(|one| groups.contains(one))
}

fn is_ahead(cursor: Option<&str>, place: &str, ascending: bool) -> bool {
    cursor.is_none_or(|cursor| if ascending { place > cursor } else { place < cursor })
}

impl Lists {
    /// A page in the order of the list, of tickets whose keys are read first.
    pub(crate) async fn walk_keys(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &OrderedScan,
        among: Option<HashSet<TicketId>>,
    ) -> Result<ListPage, TableError> {
        self.walk_keys_to(tenant, query, walk, among, None).await
    }

    /// The same; at its end the page goes on at a place of the caller's.
    pub(crate) async fn walk_keys_to(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        walk: &OrderedScan,
        among: Option<HashSet<TicketId>>,
        end: Option<&str>,
    ) -> Result<ListPage, TableError> {
        let read = ItemsRead::none(&self.recent, tenant, query);
        let mut keys = KeyScan::of(tenant, query, walk, among, read);
        let mut found = Vec::new();
        for round in 0..ROUNDS {
            // The first round goes on a little whatever is left, so that every page does.
            let is_over = round > 0 && keys.read.affordable() < FEWEST;
            if keys.wanted(found.len()) == 0 || keys.is_finished || is_over {
                break;
            }
            for _ in 0..keys.steps() {
                let (short, rows) = keys.short(keys.wanted(found.len()));
                if rows == 0 {
                    break;
                }
                try_join_all(short.into_iter().map(|scan| scan.read_on(&self.table, query, rows))).await?;
            }
            let candidates = keys.take(keys.wanted(found.len()));
            let spent = meter::spent();
            found.extend(self.as_placed(tenant, query, &candidates).await?);
            keys.read.add_by_key(candidates.len(), spent);
        }
        let stopped = if keys.is_finished { end.map(str::to_owned) } else { keys.cursor };
        Ok(page::page_of(query, found, stopped))
    }

    /// The tickets that belong in the list and are where their rows say.
    async fn as_placed(
        &self,
        tenant: &Tenant,
        query: &ListQuery,
        candidates: &BTreeMap<String, TicketId>,
    ) -> Result<Vec<(String, Ticket)>, TableError> {
        let tickets = self.matching(tenant, query, candidates.values().copied()).await?;
        let placed = tickets.into_iter().map(|ticket| (query.sort.by.place(&ticket), ticket));
        Ok(placed.filter(|(place, _)| candidates.contains_key(place)).collect())
    }
}
