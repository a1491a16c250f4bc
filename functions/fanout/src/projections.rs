//! What a committed version of a ticket or contact entails: its event, a delivery for
//! every endpoint that wants it; of a ticket the row of its follow-up and the rows that
//! lists read, too. The table's stream is the outbox; here is what its reader writes, and
//! what repairs a version that the stream lost.
//!
//! Every write is conditional or the same each time and every id derived, so doing
//! it again changes nothing. The event comes last: once it is there, all the rest is.

use crate::{
    client::{CAPACITY, Store, failure, is_condition_failure},
    contacts::Place,
    due::FollowUp,
    error::StoreError,
    item::{document, number},
    keys::Tenant,
    stream::StreamChange,
};
use futures_util::future::{try_join_all, try_join4};
use lambdesk_domain::{
    events::{Event, Subject, between, lost_contact_version},
    id::{DeliveryId, EndpointId, EventId, Version, WorkspaceId},
    status::Shelf,
    sweep::lost_version,
    ticket::Ticket,
    time::Timestamp,
    webhook::{Delivery, DeliveryState, Endpoint},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// Events that are looked at in one query when versions are counted.
const EVENTS_PER_PAGE: u16 = 100;
/// Versions of one ticket or contact that one repair writes at most.
const MOST_REPAIRED: usize = 500;
/// How long the mark stays that a follow-up is gone: longer than the stream can
/// repeat the version that had set it.
const CLEARED: Duration = Duration::from_hours(48);

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

/// Which versions of a ticket or contact a repair looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaps {
    /// Not beyond events that were made before.
    pub since: Timestamp,
    /// What changed later may still be on its way through the stream: then only gaps
    /// before an event that is there count. (The stream keeps the order of one item, so
    /// what is behind such an event will never come.)
    pub settled_before: Timestamp,
}

/// What a repair did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The versions whose events it wrote.
    pub versions: Vec<Version>,
    /// Their deliveries.
    pub deliveries: Vec<Delivery>,
    /// Some versions may still come, or are left to another repair.
    pub is_unsettled: bool,
}

impl Store {
    /// Writes all that a change entails, and answers the deliveries. `endpoints` are
    /// the workspace's; `position` is a fresh `UUIDv7`, the event's place in the feed.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn publish(
        &self,
        change: &StreamChange,
        endpoints: &[Endpoint],
        position: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let StreamChange { old, new } = change;
        let moved = old.as_ref().and_then(|old| old.follow_up_at) != new.follow_up_at;
        let follow_up = async { if moved { self.place_follow_up(new, now).await } else { Ok(()) } };
        let event = between(old.as_ref(), new).into();
        let rows = self.place_rows(old.as_ref(), new);
        let is_trashed = new.shelf == Shelf::Trashed && old.as_ref().is_none_or(|old| old.shelf != Shelf::Trashed);
        let round = async { if is_trashed { self.touch_round(new.workspace_id, now).await } else { Ok(()) } };
        let deliveries = self.add_deliveries(&event, endpoints, now);
        // Boxed: four writes side by side make a large future.
        let (deliveries, (), (), ()) = Box::pin(try_join4(deliveries, follow_up, rows, round)).await?;
        self.add_event(&event, position, now).await?;
        Ok(deliveries)
    }

    /// Writes an event and its deliveries, and answers those. Of a ticket's version
    /// this is not all ([`Store::publish`]).
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn tell(
        &self,
        event: &Event,
        endpoints: &[Endpoint],
        position: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let deliveries = self.add_deliveries(event, endpoints, now).await?;
        self.add_event(event, position, now).await?;
        Ok(deliveries)
    }

    async fn add_deliveries(
        &self,
        event: &Event,
        endpoints: &[Endpoint],
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        let wanting = endpoints.iter().filter(|endpoint| endpoint.wants(event));
        let deliveries: Vec<_> = wanting.map(|endpoint| delivery_of(event, endpoint, now)).collect();
        try_join_all(deliveries.iter().map(|delivery| self.add_delivery(delivery))).await?;
        Ok(deliveries)
    }

    /// Makes the follow-up row agree with the ticket. A row of a later version stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn place_follow_up(&self, ticket: &Ticket, now: Timestamp) -> Result<(), StoreError> {
        match ticket.follow_up_at {
            Some(due) => {
                let follow_up = FollowUp { due, shelf: ticket.shelf };
                self.put_follow_up(ticket.workspace_id, ticket.id, ticket.version, follow_up, now).await
            }
            None => self.clear_follow_up(ticket, now).await,
        }
    }

    /// Takes the row out of the due index and leaves a mark of this version for a
    /// while, so that neither an older row comes back nor a newer one is lost.
    async fn clear_follow_up(&self, ticket: &Ticket, now: Timestamp) -> Result<(), StoreError> {
        let mut mark = document(Tenant::new(ticket.workspace_id).follow_up(ticket.id), &None::<FollowUp>);
        mark.insert("ver".to_owned(), number(ticket.version.0));
        mark.insert("expires_at".to_owned(), number(now.plus(CLEARED).seconds()));
        let after = self.meter.ended();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(mark));
        let request = request
            .condition_expression("attribute_exists(pk) AND ver < :ver")
            .expression_attribute_values(":ver", number(ticket.version.0))
            .return_consumed_capacity(CAPACITY);
        match request.send().await {
            Ok(output) => self.record("PutItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("PutItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }

    /// Writes the events that a ticket lacks ([`lost_version`]), oldest first, with
    /// their deliveries and the row of its follow-up.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn repair(
        &self,
        ticket: &Ticket,
        gaps: Gaps,
        new_position: impl Fn() -> Uuid,
        now: Timestamp,
    ) -> Result<Repaired, StoreError> {
        let (workspace, subject) = (ticket.workspace_id, Subject::Ticket(ticket.id));
        let latest = (ticket.version, ticket.updated_at);
        let (versions, is_unsettled) = self.lost_versions(workspace, subject, latest, gaps).await?;
        if versions.is_empty() {
            return Ok(Repaired { is_unsettled, ..Repaired::default() });
        }
        self.place_rows(None, ticket).await?;
        self.index_anew(workspace, ticket.id, now).await?;
        if ticket.shelf == Shelf::Trashed {
            self.touch_round(workspace, now).await?;
        }
        let endpoints = self.endpoints(workspace).await?;
        let mut deliveries = Vec::new();
        for version in &versions {
            let event = lost_version(ticket, *version).into();
            deliveries.extend(self.tell(&event, &endpoints, new_position(), now).await?);
        }
        self.place_follow_up(ticket, now).await?;
        Ok(Repaired { versions, deliveries, is_unsettled })
    }

    /// Writes the events that a contact lacks ([`lost_contact_version`]), oldest first,
    /// with their deliveries. `place` is that of its id.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn repair_contact(
        &self,
        workspace: WorkspaceId,
        place: &Place,
        gaps: Gaps,
        new_position: impl Fn() -> Uuid,
        now: Timestamp,
    ) -> Result<Repaired, StoreError> {
        let Some(contact) = place.image() else {
            return Ok(Repaired::default());
        };
        let latest = (contact.version(), contact.updated_at());
        let (versions, is_unsettled) = self.lost_versions(workspace, Subject::Contact(place.id), latest, gaps).await?;
        if versions.is_empty() {
            return Ok(Repaired { is_unsettled, ..Repaired::default() });
        }
        let endpoints = self.endpoints(workspace).await?;
        let mut deliveries = Vec::new();
        for version in &versions {
            let event = lost_contact_version(workspace, contact, *version).into();
            deliveries.extend(self.tell(&event, &endpoints, new_position(), now).await?);
        }
        Ok(Repaired { versions, deliveries, is_unsettled })
    }

    /// The versions without an event in ascending order, and whether some are left
    /// out. `newest` is the latest version, made at `changed_at`.
    async fn lost_versions(
        &self,
        workspace: WorkspaceId,
        of: Subject,
        (newest, changed_at): (Version, Timestamp),
        gaps: Gaps,
    ) -> Result<(Vec<Version>, bool), StoreError> {
        let mut told = BTreeSet::new();
        let mut before = None;
        let lowest = loop {
            let page = self.events(workspace, of, before, EVENTS_PER_PAGE).await?;
            told.extend(page.items.iter().map(|event| event.source().version));
            let oldest = page.items.last().map(|event| (event.source().version, event.created_at()));
            match oldest {
                Some((version, at)) if page.has_more && at >= gaps.since => before = Some(version),
                Some((version, _)) if page.has_more => break version,
                _ => break Version::FIRST,
            }
        };
        let settled = changed_at < gaps.settled_before;
        let (mut lost, is_open) = missing(&told, lowest, newest, settled);
        let is_unsettled = is_open || lost.len() > MOST_REPAIRED;
        lost.truncate(MOST_REPAIRED);
        Ok((lost, is_unsettled))
    }
}

/// The versions from `lowest` to `newest` that nothing told of, and whether those
/// after the last one told are left out, because they may still come.
fn missing(told: &BTreeSet<Version>, lowest: Version, newest: Version, settled: bool) -> (Vec<Version>, bool) {
    let last = told.last().map_or(0, |version| version.0);
    let is_open = !settled && last < newest.0;
    let highest = if is_open { last } else { newest.0 };
    let versions = (lowest.0..=highest).map(Version);
    (versions.filter(|version| !told.contains(version)).collect(), is_open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(told: &[u64], newest: u64, settled: bool) -> (Vec<u64>, bool) {
        let told = told.iter().copied().map(Version).collect();
        let (lost, is_open) = missing(&told, Version::FIRST, Version(newest), settled);
        (lost.into_iter().map(|version| version.0).collect(), is_open)
    }

    #[test]
    fn a_version_is_lost_when_a_later_one_was_told_or_the_stream_has_settled() {
        assert_eq!(lost(&[1, 2, 3], 3, true), (vec![], false));
        assert_eq!(lost(&[1, 3], 3, false), (vec![2], false));
        assert_eq!(lost(&[2], 4, false), (vec![1], true));
        assert_eq!(lost(&[2], 4, true), (vec![1, 3, 4], false));
        assert_eq!(lost(&[], 2, false), (vec![], true));
        assert_eq!(lost(&[], 2, true), (vec![1, 2], false));
    }

    #[test]
    fn an_event_beyond_the_version_at_hand_is_no_gap() {
        assert_eq!(lost(&[1, 2, 3, 4], 2, true), (vec![], false));
    }

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
