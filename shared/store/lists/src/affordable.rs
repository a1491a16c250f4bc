//! What a list may still read within the budget of its request, in ticket items. How large
//! they are is known by those that were read; before that by what lists of the workspace
//! read lately; and else they are taken to be as large as ticket items get. Where nobody
//! measures there is no limit.
//!
//! A page that is asked for by number reads what it skips. With the budget of other pages it
//! would come back empty from some depth on, so its budget grows with that depth.

use crate::query::ListQuery;
use lambdesk_domain::budget;
use lambdesk_table::{Tenant, meter};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Units of the largest ticket item, read as it was a moment ago: 12 KB, see
/// [`budget::TICKET_BYTES`].
const LARGEST: f64 = 1.5;
/// Units of one of up to 4 KB that is read by its key.
const ONE_BY_ONE: f64 = 0.5;
/// The fewest units that one is taken to have: those of a small one among many.
const SMALLEST: f64 = 0.05;
/// Where pages had larger ones lately, any may be among the largest.
const ORDINARY: f64 = 0.5;
/// Units of a row that names a ticket: at most 100 bytes.
const ROW: f64 = 0.0125;
/// No page asks for more than so many.
const MOST: u16 = 2_000;

/// Units for each ticket that a page by number skips, which some orders read one by one.
const SKIPPED: f64 = 0.5;

/// What a size is worth when it is not seen again: after some twenty small pages one large
/// one is forgotten.
const FADING: f64 = 0.9;
/// Workspaces whose sizes are remembered.
const MOST_REMEMBERED: usize = 1_000;

/// Units of a ticket item of each workspace, as pages read them lately.
#[derive(Debug, Clone, Default)]
pub struct RecentSizes(Arc<Mutex<HashMap<Tenant, f64>>>);

impl RecentSizes {
    fn of(&self, tenant: &Tenant) -> Option<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).copied()
    }

    fn remember(&self, tenant: &Tenant, each: f64) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= MOST_REMEMBERED && !sizes.contains_key(tenant) {
            sizes.clear();
        }
        let recent = sizes.entry(tenant.clone()).or_default();
        *recent = each.max(*recent * FADING);
    }
}

/// Ticket items that a page read, and what they cost.
#[derive(Debug, Clone)]
pub struct ItemsRead {
    items: u32,
    units: f64,
    /// Units of the request.
    budget: f64,
    tenant: Tenant,
    recent: RecentSizes,
}

/// The read units of a request for this page.
fn budget_of(query: &ListQuery) -> f64 {
    // At most 1,000 tickets are skipped.
    let skipped = u32::try_from(query.skip()).unwrap_or_default();
    budget::READ_UNITS + f64::from(skipped) * SKIPPED
}

impl ItemsRead {
    /// None yet, for a page of this query.
    pub fn none(recent: &RecentSizes, tenant: &Tenant, query: &ListQuery) -> Self {
        Self { items: 0, units: 0.0, budget: budget_of(query), tenant: tenant.clone(), recent: recent.clone() }
    }

    /// Units of one.
    fn each(&self) -> f64 {
        let each = match self.items {
            0 => self.recent.of(&self.tenant).filter(|recent| *recent <= ORDINARY).unwrap_or(LARGEST),
            items => self.units / f64::from(items),
        };
        each.max(SMALLEST)
    }

    /// How many more may be read, at least one.
    pub fn affordable(&self) -> usize {
        let left = meter::left(self.budget);
        let each = self.each();
        let affordable = (1..=MOST).take_while(|items| f64::from(*items) * each <= left);
        if left.is_infinite() { usize::MAX } else { affordable.count().max(1) }
    }

    /// How many more may be read by their keys although they may be larger than others: twice
    /// as large as those of the workspace that were read lately, and the largest if none were.
    pub fn certainly_affordable(&self) -> usize {
        let left = meter::left(self.budget);
        let each = self.recent.of(&self.tenant).map_or(LARGEST, |recent| (2.0 * recent).clamp(ONE_BY_ONE, LARGEST));
        let affordable = (1..=MOST).take_while(|items| f64::from(*items) * each <= left);
        if left.is_infinite() { usize::MAX } else { affordable.count().max(1) }
    }

    /// How many rows that name tickets may be read with half of what is left; a few always.
    pub fn affordable_rows(&self) -> usize {
        let left = meter::left(self.budget) / 2.0;
        let affordable = (1..=MOST).take_while(|tens| f64::from(*tens) * 10.0 * ROW <= left);
        if left.is_infinite() { usize::MAX } else { affordable.count().max(2) * 10 }
    }

    /// Whether none were read yet.
    pub const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Whether nothing is left to read more.
    pub fn is_over(&self) -> bool {
        meter::left(self.budget) < self.each()
    }

    /// Adds items of an index that were read since so many units were spent.
    pub fn add(&mut self, items: usize, spent_before: f64) {
        if let Some(each) = self.count(items, spent_before) {
            self.recent.remember(&self.tenant, each);
        }
    }

    /// The same of items that were read by their keys, which the table charges one by one.
    pub fn add_by_key(&mut self, items: usize, spent_before: f64) {
        if let Some(each) = self.count(items, spent_before) {
            self.recent.remember(&self.tenant, if each > ONE_BY_ONE { each } else { ONE_BY_ONE / 2.0 });
        }
    }

    /// Counts items that were read; the units of each of them.
    fn count(&mut self, items: usize, spent_before: f64) -> Option<f64> {
        let (items, units) = (u32::try_from(items).unwrap_or(u32::MAX), meter::spent() - spent_before);
        self.items = self.items.saturating_add(items);
        self.units += units;
        (items > 0 && units > 0.0).then(|| units / f64::from(items))
    }
}
