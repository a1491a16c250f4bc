//! Deliveries of an event: one for every endpoint that wants it. Ids are derived and
//! writes make new items only, so doing it again changes nothing; one write per delivery.

use crate::Webhooks;
use futures_util::future::try_join_all;
use lambdesk_domain::{
    events::Event,
    id::{DeliveryId, EndpointId, EventId},
    time::Timestamp,
    webhook::{Delivery, DeliveryState, Endpoint},
};
use lambdesk_table::TableError;
use sha2::{Digest as _, Sha256};

impl Webhooks {
    /// Writes the deliveries of an event to those of the workspace's endpoints that want
    /// it, and answers them, whether they were there already or not.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn add_deliveries(
        &self,
        event: &Event,
        endpoints: &[Endpoint],
        now: Timestamp,
    ) -> Result<Vec<Delivery>, TableError> {
        let wanting = endpoints.iter().filter(|endpoint| endpoint.wants(event));
        let deliveries: Vec<_> = wanting.map(|endpoint| delivery_of(event, endpoint, now)).collect();
        try_join_all(deliveries.iter().map(|delivery| self.add_delivery(delivery))).await?;
        Ok(deliveries)
    }
}

/// The delivery of an event to an endpoint, due at once. Its id is a `UUIDv7` of the
/// event's time that derives from both.
#[must_use]
pub fn delivery_of(event: &Event, endpoint: &Endpoint, now: Timestamp) -> Delivery {
    Delivery {
        id: delivery_id(event.id(), endpoint.id),
        workspace_id: event.workspace_id(),
        endpoint_id: endpoint.id,
        event_id: event.id(),
        event_type: event.kind(),
        source: Some(event.source()),
        state: DeliveryState::Pending,
        next_attempt_at: now,
        attempts: Vec::new(),
        created_at: now,
    }
}

fn delivery_id(event: EventId, endpoint: EndpointId) -> DeliveryId {
    let (event, endpoint) = (event.uuid(), endpoint.uuid());
    let hash = Sha256::new().chain_update(event.as_bytes()).chain_update(endpoint.as_bytes()).finalize();
    let mut random = [0; 10];
    random.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    // The first 48 bits of a version 7 are its milliseconds.
    let millis = u64::try_from(event.as_u128() >> 80).unwrap_or_default();
    DeliveryId::new(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_delivery_has_one_id_per_event_and_endpoint_in_order_of_the_events() {
        let uuid = |millis| uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid();
        let (early, late) = (EventId::new(uuid(1_000)), EventId::new(uuid(1_001)));
        let (here, there) = (EndpointId::new(Uuid::from_u128(1)), EndpointId::new(Uuid::from_u128(2)));
        assert_eq!(delivery_id(early, here), delivery_id(early, here));
        assert_ne!(delivery_id(early, here), delivery_id(early, there));
        assert!(delivery_id(early, here) < delivery_id(late, here));
        assert_eq!(delivery_id(early, here).uuid().get_version_num(), 7);
    }
}
