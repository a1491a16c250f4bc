//! Webhook endpoints and deliveries.

use crate::{
    client::{CAPACITY, Store, failure, is_condition_failure, primary},
    error::{Corrupt, StoreError},
    item::{Item, document, number, read_document, text},
    keys::{self, Key, Tenant},
    tickets::Page,
};
use aws_sdk_dynamodb::types::ReturnValue;
use lambdesk_domain::{
    id::{DeliveryId, EndpointId, WorkspaceId},
    time::Timestamp,
    webhook::{Delivery, DeliveryState, Endpoint},
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

impl Store {
    /// Writes an endpoint, new or changed.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let key = Tenant::new(endpoint.workspace_id).endpoint(endpoint.id);
        self.put(document(key, endpoint), None).await.map(drop)
    }

    /// One endpoint.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn endpoint(&self, workspace: WorkspaceId, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let item = self.get(Tenant::new(workspace).endpoint(id), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// All endpoints of a workspace, as they are now: never remembered, because
    /// an event that misses a new endpoint would be lost to it.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn endpoints(&self, workspace: WorkspaceId) -> Result<Vec<Endpoint>, StoreError> {
        let items = self.whole(&Tenant::new(workspace).endpoints(), keys::ENDPOINTS).await?;
        Ok(items.iter().map(read_document).collect::<Result<_, _>>()?)
    }

    /// Removes an endpoint. Its deliveries are given up when they come due.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn delete_endpoint(&self, workspace: WorkspaceId, id: EndpointId) -> Result<(), StoreError> {
        self.delete(Tenant::new(workspace).endpoint(id)).await
    }

    /// Writes a new delivery; says whether it was new.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn add_delivery(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        self.put(item(delivery, delivery.next_attempt_at), Some("attribute_not_exists(pk)")).await
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
    ) -> Result<Option<Delivery>, StoreError> {
        let key = Tenant::new(workspace).delivery(endpoint, id);
        let (hour, place) = keys::due(lease.until, &key);
        let after = self.meter.ended();
        let request = self.client.update_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(key)))
            .condition_expression("st = :pending AND nx <= :now AND (attribute_not_exists(le) OR le <= :now)")
            .update_expression("SET le = :until, x_pk = :x_pk, x_sk = :x_sk")
            .expression_attribute_values(":pending", text(DeliveryState::Pending.as_str()))
            .expression_attribute_values(":now", number(now.millis()))
            .expression_attribute_values(":until", number(lease.until.millis()))
            .expression_attribute_values(":x_pk", text(hour))
            .expression_attribute_values(":x_sk", text(place))
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(CAPACITY);
        match request.send().await {
            Ok(output) => {
                self.record("UpdateItem", after, output.consumed_capacity());
                let item = output.attributes.ok_or(Corrupt("attributes"))?;
                Ok(Some(read_document(&item)?))
            }
            Err(error) if is_condition_failure(&error) => {
                self.record("UpdateItem", after, None);
                Ok(None)
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Writes what came of a leased attempt; says whether the lease still held.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn finish_attempt(&self, delivery: &Delivery, lease: Lease) -> Result<bool, StoreError> {
        let after = self.meter.ended();
        let request =
            self.client.put_item().table_name(&*self.table).set_item(Some(item(delivery, delivery.next_attempt_at)));
        let request = request
            .condition_expression("le = :lease")
            .expression_attribute_values(":lease", number(lease.until.millis()))
            .return_consumed_capacity(CAPACITY);
        match request.send().await {
            Ok(output) => {
                self.record("PutItem", after, output.consumed_capacity());
                Ok(true)
            }
            Err(error) if is_condition_failure(&error) => {
                self.record("PutItem", after, None);
                Ok(false)
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Writes a delivery over the one before: to send it again by hand.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn requeue_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        self.put(item(delivery, delivery.next_attempt_at), None).await.map(drop)
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
    ) -> Result<Option<Delivery>, StoreError> {
        let item = self.get(Tenant::new(workspace).delivery(endpoint, id), true).await?;
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
    ) -> Result<Page<Delivery>, StoreError> {
        let tenant = Tenant::new(workspace);
        let to =
            before.map_or_else(|| keys::DELIVERIES.1.to_owned(), |id| keys::before(&tenant.delivery(endpoint, id).sk));
        self.between(&tenant.deliveries(endpoint), (keys::DELIVERIES.0, &to), false, limit).await?.documents()
    }
}

/// A delivery's item: while pending it is found when it is due; finished, it
/// leaves the log after a while.
fn item(delivery: &Delivery, due_at: Timestamp) -> Item {
    let key: Key = Tenant::new(delivery.workspace_id).delivery(delivery.endpoint_id, delivery.id);
    let (hour, place) = keys::due(due_at, &key);
    let mut item = document(key, delivery);
    item.insert("st".to_owned(), text(delivery.state.as_str()));
    item.insert("nx".to_owned(), number(delivery.next_attempt_at.millis()));
    if delivery.state == DeliveryState::Pending {
        item.insert("x_pk".to_owned(), text(hour));
        item.insert("x_sk".to_owned(), text(place));
    } else {
        let ended = delivery.attempts.last().map_or(delivery.created_at, |attempt| attempt.at);
        item.insert("expires_at".to_owned(), number(ended.plus(LOGGED).seconds()));
    }
    item
}
