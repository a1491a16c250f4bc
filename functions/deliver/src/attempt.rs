//! One attempt of a delivery: a hint in, the delivery's next state in the table out. Costs
//! the lease, two reads and the record of the attempt; its endpoint is written only when
//! the attempt changes what is known of its health.

use crate::{Deliver, payload::Payload};
use futures_util::future::{join, try_join};
use lambdesk_domain::{
    events::EventType,
    id::{DeliveryId, EventId},
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Endpoint, Jitter, Outcome},
};
use lambdesk_outbound::{
    EndpointUrl, ExchangeError, ReceiverAnswer, SignedMessage, SigningSecret, WebhookMessageId, sign,
};
use lambdesk_runtime::{Hint, clock};
use lambdesk_store_webhooks::Lease;
use lambdesk_table::TableError;
use std::time::{Duration, Instant, SystemTime};

/// Longer than an exchange (15 s) with the table's deadlines before and after it
/// (6 s each), so that nobody else tries meanwhile.
const LEASE: Duration = Duration::from_mins(1);
/// A delivery that is due so soon is due: clocks differ, and a hint that comes a
/// moment early would cost a minute.
const SKEW: Duration = Duration::from_secs(1);

impl Deliver {
    /// Makes the attempt that a hint asks for, if it is due and nobody else's.
    ///
    /// # Errors
    /// When the table could not be reached before the attempt. After it, a failure is
    /// logged: the lease ends, the sweep finds the delivery again, and the endpoint
    /// may get it twice.
    pub async fn attempt(&self, hint: Hint) -> Result<(), TableError> {
        let Hint { workspace, endpoint, delivery } = hint;
        let now = self.clock.now();
        let lease = Lease { until: now.plus(LEASE) };
        let leased = self.webhooks.lease_delivery(workspace, endpoint, delivery, now.plus(SKEW), lease).await?;
        let Some(delivery) = leased else {
            return Ok(());
        };
        let read = try_join(self.webhooks.endpoint(workspace, endpoint), self.payload_of(&delivery)).await;
        let (next, attempted) = match read {
            Ok((Some(endpoint), Some(payload))) if endpoint.disabled.is_none() => {
                (self.exchange(&endpoint, &delivery, &payload).await, Some(endpoint))
            }
            // Written right after the delivery; the next attempt finds it.
            Ok((Some(endpoint), None)) if endpoint.disabled.is_none() => {
                (self.unsent(&delivery, "event_missing"), None)
            }
            Ok(_) => (delivery.abandoned(), None),
            Err(TableError::Corrupt(corrupt)) => {
                tracing::error!(delivery = %delivery.id, error = %corrupt, "endpoint or event can't be read");
                (self.unsent(&delivery, "unreadable"), None)
            }
            Err(error) => return Err(error),
        };
        join(self.finish(&next, lease), self.update_endpoint_health(attempted.as_ref(), &next)).await;
        Ok(())
    }

    /// None when the event is not there (yet).
    async fn payload_of(&self, delivery: &Delivery) -> Result<Option<Payload>, TableError> {
        let Some(source) = delivery.source else {
            return Ok(Some(Payload::of_test(delivery)));
        };
        let event = self.events.event_of(delivery.workspace_id, source).await?;
        Ok(event.as_ref().map(Payload::of_event))
    }

    /// The delivery after a failure that is not the endpoint's.
    fn unsent(&self, delivery: &Delivery, reason: &str) -> Delivery {
        let attempt = Attempt { at: self.clock.now(), duration_ms: 0, outcome: failed(reason) };
        delivery.after(attempt, jitter())
    }

    /// Posts, and gives the delivery afterwards.
    async fn exchange(&self, endpoint: &Endpoint, delivery: &Delivery, payload: &Payload) -> Delivery {
        let (at, started) = (self.clock.now(), Instant::now());
        let outcome = self.post(endpoint, payload, at).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(delivery = %delivery.id, duration_ms, success = outcome.is_success(), "attempted");
        delivery.after(Attempt { at, duration_ms, outcome }, jitter())
    }

    async fn post(&self, endpoint: &Endpoint, payload: &Payload, now: Timestamp) -> Outcome {
        let Ok(url) = EndpointUrl::parse(&endpoint.url, &self.policy) else {
            return failed(ExchangeError::Refused.code());
        };
        let secrets: Vec<_> = endpoint.secrets.iter().filter_map(|secret| SigningSecret::parse(secret).ok()).collect();
        let Some((current, retiring)) = secrets.split_first() else {
            tracing::error!(endpoint = %endpoint.id, "an endpoint without a usable secret");
            return failed("no_secret");
        };
        let id = WebhookMessageId::parse(&payload.id.to_string()).expect("a UUID is a message id");
        let timestamp = i64::try_from(now.seconds()).unwrap_or(i64::MAX);
        let headers = sign(&SignedMessage { id: &id, timestamp, body: &payload.body }, current, retiring);
        match self.client.post(&url, headers, payload.body.clone()).await {
            Ok(answer) => answered(&answer, self.clock.now()),
            Err(error) => failed(error.code()),
        }
    }

    async fn finish(&self, delivery: &Delivery, lease: Lease) {
        match self.webhooks.finish_attempt(delivery, lease).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(delivery = %delivery.id, "the lease had ended before the attempt"),
            // The lease ends, and the sweep finds the delivery.
            Err(error) => tracing::warn!(delivery = %delivery.id, %error, "an attempt was not recorded"),
        }
    }

    /// Records what the last attempt says of the endpoint that was called; most say
    /// nothing new.
    async fn update_endpoint_health(&self, endpoint: Option<&Endpoint>, delivery: &Delivery) {
        let (Some(endpoint), Some(Attempt { outcome, .. })) = (endpoint, delivery.attempts.last()) else {
            return;
        };
        let now = self.clock.now();
        if endpoint.after(outcome, now) == *endpoint {
            return;
        }
        let revised =
            self.webhooks.revise_endpoint(endpoint.workspace_id, endpoint.id, |read| read.after(outcome, now));
        match revised.await {
            Ok(Some((before, after))) if before.disabled.is_none() && after.disabled.is_some() => {
                self.log_disabled(&after, now).await;
            }
            Ok(_) => {}
            // The next attempt says it again.
            Err(error) => tracing::warn!(endpoint = %endpoint.id, %error, "an endpoint's health was not recorded"),
        }
    }

    /// An entry in the delivery log, never sent: the endpoint is off by now.
    async fn log_disabled(&self, endpoint: &Endpoint, now: Timestamp) {
        tracing::warn!(endpoint = %endpoint.id, reason = ?endpoint.disabled, "an endpoint was switched off");
        let entry = Delivery {
            id: DeliveryId::new(self.clock.new_uuid()),
            workspace_id: endpoint.workspace_id,
            endpoint_id: endpoint.id,
            event_id: EventId::new(self.clock.new_uuid()),
            event_type: EventType::WebhookDisabled,
            source: None,
            state: DeliveryState::Failed,
            next_attempt_at: now,
            attempts: Vec::new(),
            created_at: now,
        };
        if let Err(error) = self.webhooks.add_delivery(&entry).await {
            tracing::warn!(endpoint = %endpoint.id, %error, "the delivery log lacks that the endpoint is off");
        }
    }
}

fn answered(answer: &ReceiverAnswer, now: Timestamp) -> Outcome {
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now.millis());
    let retry_after = answer.retry_after.map(|asked| asked.wait(now));
    Outcome::Answered { status: answer.status.as_u16(), retry_after }
}

fn jitter() -> Jitter {
    Jitter::new(clock::random())
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed { reason: reason.to_owned() }
}
