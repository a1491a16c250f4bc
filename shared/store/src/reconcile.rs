//! The nightly look at every ticket that changed lately, in bounded slices.

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    head,
    item::{Item, number, text},
    keys::Index,
};
use lambdesk_domain::{ticket::Ticket, time::Timestamp};
use std::collections::HashMap;

/// How many index rows one slice looks at: about 100 read units.
const ROWS: i32 = 1_000;

/// A part of all tickets.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Those of them that changed since the time asked for.
    pub tickets: Vec<Ticket>,
    /// Where the next slice begins; none after the last.
    pub next: Option<String>,
}

impl Store {
    /// The next slice. The one place that walks the whole table, at its own pace.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn changed_since(&self, since: Timestamp, from: Option<&str>) -> Result<Slice, StoreError> {
        let start: Option<Item> = from.map(start_key).transpose()?;
        let after = self.meter.ended();
        let request = self.client.scan().table_name(&*self.table).index_name(Index::List.name());
        let request = request
            .filter_expression("#up >= :since")
            .expression_attribute_names("#up", "up")
            .expression_attribute_values(":since", number(since.millis()))
            .set_exclusive_start_key(start)
            .limit(ROWS)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Scan", after, output.consumed_capacity());
        let tickets = output.items.unwrap_or_default().iter().filter_map(readable).collect();
        let next = output.last_evaluated_key.map(|key| {
            let parts: HashMap<_, _> =
                key.into_iter().filter_map(|(name, value)| Some((name, value.as_s().ok()?.clone()))).collect();
            serde_json::to_string(&parts).unwrap_or_default()
        });
        Ok(Slice { tickets, next })
    }
}

/// One ticket that can't be read must not stop the walk over all others.
fn readable(item: &Item) -> Option<Ticket> {
    head::decode(item).inspect_err(|error| tracing::error!(%error, "a ticket can't be read")).ok()
}

fn start_key(from: &str) -> Result<Item, StoreError> {
    let parts: HashMap<String, String> = serde_json::from_str(from).map_err(|_| crate::error::Corrupt("cursor"))?;
    Ok(parts.into_iter().map(|(name, value)| (name, text(value))).collect())
}
