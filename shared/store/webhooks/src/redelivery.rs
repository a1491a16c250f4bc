//! Deliveries that somebody asks for: tests, retries, replays.

use crate::{
    client::{Store, primary},
    error::{CommitError, StoreError},
    idempotency::Record,
    item::{FORMAT, json, number, text},
    keys::{self, Tenant},
};
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use lambdesk_domain::{
    time::Timestamp,
    webhook::{Delivery, DeliveryState},
};

/// What a delivery is put in the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaces {
    /// Of nothing: it is new.
    Nothing,
    /// Of itself, finished, as it was read: it was due at this time then.
    Finished {
        /// [`Delivery::next_attempt_at`] as it was read.
        was_due: Timestamp,
    },
}

impl Store {
    /// Makes a pending delivery due, together with the answer to remember; says
    /// whether what it replaces was still so.
    ///
    /// # Errors
    /// [`CommitError::Answered`] when the answer's key was used before, or the table's failure.
    pub async fn queue_delivery(
        &self,
        delivery: &Delivery,
        replaces: Replaces,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        debug_assert!(delivery.state == DeliveryState::Pending, "only pending deliveries come due");
        let mut items = vec![self.pending(delivery, replaces)?];
        if let Some(answer) = answer {
            items.push(answer.put(&self.table, delivery.workspace_id, now)?);
        }
        self.transact(items).await?.with_answer(1)
    }

    fn pending(&self, delivery: &Delivery, replaces: Replaces) -> Result<TransactWriteItem, StoreError> {
        let key = Tenant::new(delivery.workspace_id).delivery(delivery.endpoint_id, delivery.id);
        let (hour, place) = keys::due(delivery.next_attempt_at, &key);
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(key)))
            .update_expression(
                "SET v = :v, doc = :doc, st = :pending, nx = :nx, x_pk = :x_pk, x_sk = :x_sk REMOVE le, expires_at",
            )
            .expression_attribute_values(":v", number(FORMAT))
            .expression_attribute_values(":doc", json(delivery))
            .expression_attribute_values(":pending", text(DeliveryState::Pending.as_str()))
            .expression_attribute_values(":nx", number(delivery.next_attempt_at.millis()))
            .expression_attribute_values(":x_pk", text(hour))
            .expression_attribute_values(":x_sk", text(place));
        let update = match replaces {
            Replaces::Nothing => update.condition_expression("attribute_not_exists(pk)"),
            Replaces::Finished { was_due } => update
                .condition_expression("st <> :pending AND nx = :was")
                .expression_attribute_values(":was", number(was_due.millis())),
        };
        let update = update.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
