//! The nightly look at every ticket and contact that changed lately, in bounded slices.

use crate::{
    client::{CAPACITY, Store, failure},
    contacts::Place,
    error::StoreError,
    head,
    item::{Item, Reader, number, text},
    keys::{self, Index, Tenant},
};
use lambdesk_domain::{
    id::{ContactId, WorkspaceId},
    ticket::Ticket,
    time::Timestamp,
};
use std::collections::HashMap;
use uuid::Uuid;

/// How many index rows one slice looks at: about 100 read units.
const ROWS: i32 = 1_000;
/// How many contacts one slice looks at: about as much.
const CONTACTS_PER_SLICE: u16 = 1_000;

/// A part of all tickets.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Those of them that changed since the time asked for.
    pub tickets: Vec<Ticket>,
    /// Where the next slice begins; none after the last.
    pub next: Option<String>,
}

/// A part of a workspace's contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactSlice {
    /// The places of those that changed or ended since the time asked for.
    pub places: Vec<Place>,
    /// The next slice begins after this id; none after the last.
    pub next: Option<ContactId>,
}

impl Store {
    /// The next slice of a workspace's contacts, and of those that ended.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contacts_changed_since(
        &self,
        workspace: WorkspaceId,
        since: Timestamp,
        after: Option<ContactId>,
    ) -> Result<ContactSlice, StoreError> {
        let tenant = Tenant::new(workspace);
        let from = after.map_or_else(|| keys::CONTACTS.0.to_owned(), |id| keys::after(&tenant.contact(id).sk));
        let pk = tenant.contact(ContactId::new(Uuid::nil())).pk;
        let page = self.between(&pk, (&from, keys::CONTACTS.1), true, CONTACTS_PER_SLICE).await?;
        let last = page.items.last().filter(|_| page.has_more);
        let next = last.and_then(|item| Reader(item).text("sk").ok()).and_then(keys::parse_contact);
        let is_recent = |place: &Place| place.image().is_some_and(|contact| contact.updated_at() >= since);
        let places = page.items.iter().filter_map(readable_place).filter(is_recent).collect();
        Ok(ContactSlice { places, next })
    }

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

/// The same for a contact.
fn readable_place(item: &Item) -> Option<Place> {
    Place::read(item).inspect_err(|error| tracing::error!(%error, "a contact can't be read")).ok()
}

fn start_key(from: &str) -> Result<Item, StoreError> {
    let parts: HashMap<String, String> = serde_json::from_str(from).map_err(|_| crate::error::Corrupt("cursor"))?;
    Ok(parts.into_iter().map(|(name, value)| (name, text(value))).collect())
}
