//! What a list may still read within the budget of its request, in ticket items whose size
//! is known by those that were read. Where nobody measures there is no limit.
//!
//! A page that is asked for by number reads what it skips. With the budget of other pages it
//! would come back empty from some depth on, so its budget grows with that depth.

use crate::query::ListQuery;
use lambdesk_domain::budget;
use lambdesk_table::meter;

/// Units of the largest ticket item, read as it was a moment ago.
const LARGEST: f64 = 1.0;
/// The fewest units that one is taken to have: those of a small one among many.
const SMALLEST: f64 = 0.05;
/// No page asks for more than so many.
const MOST: u16 = 2_000;
/// So many ticket items are read before it is known how large they are.
pub const UNKNOWN: usize = 60;

/// Units for each ticket that a page by number skips, which some orders read one by one.
const SKIPPED: f64 = 0.5;

/// Ticket items that were read, and what they cost.
#[derive(Debug, Clone, Copy)]
pub struct ItemsRead {
    items: u32,
    units: f64,
    /// Units of the request.
    budget: f64,
}

/// The read units of a request for this page.
fn budget_of(query: &ListQuery) -> f64 {
    // At most 1,000 tickets are skipped.
    let skipped = u32::try_from(query.skip()).unwrap_or_default();
    budget::READ_UNITS + f64::from(skipped) * SKIPPED
}

impl ItemsRead {
    /// None yet, for a page of this query.
    pub fn none(query: &ListQuery) -> Self {
        Self { items: 0, units: 0.0, budget: budget_of(query) }
    }

    /// Whether more than half of the budget is left.
    pub fn is_fresh(self) -> bool {
        meter::left(self.budget) > self.budget / 2.0
    }

    /// How many more may be read, at least one.
    pub fn affordable(self) -> usize {
        let each = if self.items == 0 { LARGEST } else { (self.units / f64::from(self.items)).max(SMALLEST) };
        let left = meter::left(self.budget);
        let affordable = (1..=MOST).take_while(|items| f64::from(*items) * each <= left);
        if left.is_infinite() { usize::MAX } else { affordable.count().max(1) }
    }

    /// Whether none were read yet.
    pub const fn is_empty(self) -> bool {
        self.items == 0
    }

    /// Whether nothing is left to read more.
    pub fn is_over(self) -> bool {
        let each = if self.items == 0 { LARGEST } else { self.units / f64::from(self.items) };
        meter::left(self.budget) < each
    }

    /// Adds items that were read since so many units were spent.
    pub fn add(&mut self, items: usize, spent_before: f64) {
        self.items = self.items.saturating_add(u32::try_from(items).unwrap_or(u32::MAX));
        self.units += meter::spent() - spent_before;
    }
}
