//! Deliveries: one event on its way to one endpoint. A pending one is found in the due
//! rows, leased for one attempt and written back with what came of it, each by one
//! conditional write; a finished one stays in the log for 30 days.

use crate::Webhooks;
use lambdesk_domain::{
    id::{DeliveryId, EndpointId, WorkspaceId},
    time::Timestamp,
    webhook::{Delivery, DeliveryState},
};
use lambdesk_table::{
    Item, Page, Query, TableError, Tenant, Updated, Write,
    item::{document, number, read_document, text, time},
    keys,
    schema::TTL_ATTRIBUTE,
};
use std::time::Duration;

/// How long a finished delivery stays in the log.
const LOGGED: Duration = Duration::from_hours(30 * 24);

/// The right to make one attempt, until this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// From then on somebody else may try.
    pub until: Timestamp,
}

impl Webhooks {
    /// Writes a new delivery; says whether it was new.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn add_delivery(&self, delivery: &Delivery) -> Result<bool, TableError> {
        self.table.write(Write::create(item(delivery))).await
    }

    /// Takes a due delivery for one attempt; none when it is finished, not due,
    /// or somebody else has it. Until the lease ends it is nobody else's; after
    /// that the sweep finds it again.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn lease_delivery(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        id: DeliveryId,
        now: Timestamp,
        lease: Lease,
    ) -> Result<Option<Delivery>, TableError> {
        let key = Tenant::new(workspace).delivery(endpoint, id);
        let (hour, place) = keys::due(lease.until, &key);
        let write = Write::update(key, "SET le = :until, x_pk = :x_pk, x_sk = :x_sk")
            .when("st = :pending AND nx <= :now AND (attribute_not_exists(le) OR le <= :now)")
            .value(":pending", text(DeliveryState::Pending.as_str()))
            .value(":now", time(now))
            .value(":until", time(lease.until))
            .value(":x_pk", text(hour))
            .value(":x_sk", text(place));
        match self.table.update(write).await? {
            Updated::Now(item) => Ok(Some(read_document(&item)?)),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Writes what came of a leased attempt; says whether the lease still held.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn finish_attempt(&self, delivery: &Delivery, lease: Lease) -> Result<bool, TableError> {
        let put = Write::put(item(delivery)).when("le = :lease");
        self.table.write(put.value(":lease", time(lease.until))).await
    }

    /// One delivery.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn delivery(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        id: DeliveryId,
    ) -> Result<Option<Delivery>, TableError> {
        let item = self.table.get(Tenant::new(workspace).delivery(endpoint, id)).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// An endpoint's deliveries, newest first, older than `before`.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn deliveries(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        before: Option<DeliveryId>,
        limit: u16,
    ) -> Result<Page<Delivery>, TableError> {
        let tenant = Tenant::new(workspace);
        let to =
            before.map_or_else(|| keys::DELIVERIES.1.to_owned(), |id| keys::before(&tenant.delivery(endpoint, id).sk));
        let query = Query::of(tenant.deliveries(endpoint)).between(keys::DELIVERIES.0, to).ascending(false);
        self.table.page(query, limit).await?.documents()
    }

    /// Writes a delivery as it is, whatever is there.
    ///
    /// # Errors
    /// When the table fails.
    #[cfg(feature = "testing")]
    pub async fn put_delivery(&self, delivery: &Delivery) -> Result<(), TableError> {
        self.table.write(Write::put(item(delivery))).await.map(drop)
    }
}

/// A delivery's item: while pending it is found when it is due; finished, it
/// leaves the log after a while.
fn item(delivery: &Delivery) -> Item {
    let key = Tenant::new(delivery.workspace_id).delivery(delivery.endpoint_id, delivery.id);
    let (hour, place) = keys::due(delivery.next_attempt_at, &key);
    let mut item = document(key, delivery);
    item.insert("st".to_owned(), text(delivery.state.as_str()));
    item.insert("nx".to_owned(), time(delivery.next_attempt_at));
    if delivery.state == DeliveryState::Pending {
        item.insert("x_pk".to_owned(), text(hour));
        item.insert("x_sk".to_owned(), text(place));
    } else {
        let ended = delivery.attempts.last().map_or(delivery.created_at, |attempt| attempt.at);
        item.insert(TTL_ATTRIBUTE.to_owned(), number(ended.plus(LOGGED).seconds()));
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{
        events::EventType,
        id::EventId,
        webhook::{Attempt, Jitter, Outcome},
    };
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_millis(1_767_226_200_000);

    fn pending() -> Delivery {
        Delivery {
            id: DeliveryId::new(Uuid::from_u128(3)),
            workspace_id: WorkspaceId::new(Uuid::from_u128(1)),
            endpoint_id: EndpointId::new(Uuid::from_u128(2)),
            event_id: EventId::new(Uuid::from_u128(4)),
            event_type: EventType::TicketUpdated,
            source: None,
            state: DeliveryState::Pending,
            next_attempt_at: NOW,
            attempts: Vec::new(),
            created_at: NOW,
        }
    }

    fn attribute_names(item: &Item) -> Vec<&str> {
        let mut names: Vec<_> = item.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_pending_delivery_is_in_the_due_rows_and_never_expires() {
        let item = item(&pending());
        assert_eq!(attribute_names(&item), ["doc", "nx", "pk", "sk", "st", "v", "x_pk", "x_sk"]);
        let place = item["x_sk"].as_s().unwrap();
        assert_eq!((keys::due_time(place), &item["st"]), (Some(NOW), &text("pending")));
    }

    #[test]
    fn a_finished_delivery_leaves_the_due_rows_and_stays_for_30_days_after_its_last_attempt() {
        let at = NOW.plus(Duration::from_mins(5));
        let outcome = Outcome::Answered { status: 200, retry_after: None };
        let item = item(&pending().after(Attempt { at, duration_ms: 12, outcome }, Jitter::new(0.5)));
        assert_eq!(attribute_names(&item), ["doc", "expires_at", "nx", "pk", "sk", "st", "v"]);
        let expiry = at.plus(Duration::from_hours(30 * 24)).seconds();
        assert_eq!((&item["expires_at"], &item["st"]), (&number(expiry), &text("delivered")));
    }
}
