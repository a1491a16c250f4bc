//! Redelivery: deliveries that somebody asks for (tests, retries, replays), made due in
//! one transaction with the answer to remember.

use crate::Webhooks;
use lambdesk_domain::{
    time::Timestamp,
    webhook::{Delivery, DeliveryState},
};
use lambdesk_table::{
    AnswerError, FORMAT, Held, Record, Tenant, Tx, Write,
    item::{json, number, text, time},
    keys,
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
    /// Of itself, waiting for its next attempt, as it was read: it is due at this time, and
    /// no attempt is under way.
    Waiting {
        /// [`Delivery::next_attempt_at`] as it was read.
        due: Timestamp,
    },
}

impl Webhooks {
    /// Makes a pending delivery due, together with the answer to remember. False when
    /// what it replaces is no longer as it was read: then nothing is written.
    ///
    /// # Errors
    /// As [`AnswerError`] says.
    pub async fn queue_delivery(
        &self,
        delivery: &Delivery,
        replaces: Replaces,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, AnswerError> {
        debug_assert!(delivery.state == DeliveryState::Pending, "only pending deliveries come due");
        let mut tx = Tx::<Held<AnswerError>>::new();
        tx.remember(delivery.workspace_id, answer, now);
        tx.hold(pending(delivery, replaces, now));
        tx.commit_held(&self.table).await
    }
}

fn pending(delivery: &Delivery, replaces: Replaces, now: Timestamp) -> Write {
    let key = Tenant::new(delivery.workspace_id).delivery(delivery.endpoint_id, delivery.id);
    let (hour, place) = keys::due(delivery.next_attempt_at, &key);
    let write = Write::update(
        key,
        "SET v = :v, doc = :doc, st = :pending, nx = :nx, x_pk = :x_pk, x_sk = :x_sk REMOVE le, expires_at",
    )
    .value(":v", number(FORMAT))
    .value(":doc", json(delivery))
    .value(":pending", text(DeliveryState::Pending.as_str()))
    .value(":nx", time(delivery.next_attempt_at))
    .value(":x_pk", text(hour))
    .value(":x_sk", text(place));
    match replaces {
        Replaces::Nothing => write.when("attribute_not_exists(pk)"),
        Replaces::Finished { was_due } => write.when("st <> :pending AND nx = :was").value(":was", time(was_due)),
        Replaces::Waiting { due } => {
            let write = write.when("st = :pending AND nx = :due AND (attribute_not_exists(le) OR le <= :now)");
            write.value(":due", time(due)).value(":now", time(now))
        }
    }
}
