//! The nightly look at every ticket that changed lately, in slices: a time in, tickets
//! out, for one request of about 100 read units each.

use crate::{
    Tickets,
    item::{attr, readable},
};
use lambdesk_domain::{ticket::Ticket, time::Timestamp};
use lambdesk_table::{
    Corrupt, Index, Item, Query, TableError,
    item::{text, time},
};
use std::collections::HashMap;

/// How many items of the index one slice looks at: about 100 read units.
const ITEMS_PER_SLICE: u16 = 1_000;

/// A part of all tickets.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketSlice {
    /// Those of them that changed since the time asked for.
    pub tickets: Vec<Ticket>,
    /// Where the next slice begins; none after the last.
    pub next: Option<String>,
}

impl Tickets {
    /// The next slice. The one place that walks the whole table, at its own pace.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn changed_since(&self, since: Timestamp, from: Option<&str>) -> Result<TicketSlice, TableError> {
        let start = from.map(start_key).transpose()?;
        let query = Query::scan(Index::List).filter(Some("#up >= :since".to_owned())).limit(ITEMS_PER_SLICE);
        let query = query.name("#up", attr::UPDATED).value(":since", time(since)).after(start);
        let slice = self.table.query(query).await?;
        let tickets = slice.items.iter().filter_map(readable).collect();
        Ok(TicketSlice { tickets, next: slice.last.map(cursor) })
    }
}

/// A key of the index as text.
fn cursor(key: Item) -> String {
    let parts: HashMap<_, _> =
        key.into_iter().filter_map(|(name, value)| Some((name, value.as_s().ok()?.clone()))).collect();
    serde_json::to_string(&parts).unwrap_or_default()
}

/// Reads [`cursor`].
fn start_key(cursor: &str) -> Result<Item, Corrupt> {
    let parts: HashMap<String, String> = serde_json::from_str(cursor).map_err(|_| Corrupt("cursor"))?;
    Ok(parts.into_iter().map(|(name, value)| (name, text(value))).collect())
}
