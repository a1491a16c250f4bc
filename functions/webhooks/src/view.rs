//! Endpoints and deliveries as they are answered.

use crate::replay_id::is_replay;
use lambdesk_domain::{
    events::{EventSubject, EventType},
    id::{ChannelId, ContactId, DeliveryId, EndpointId, EventId, TicketId, Version},
    text::Name,
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, DisabledReason, Endpoint, Outcome, Subscription},
};
use serde::Serialize;

/// An endpoint, without its secrets.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Webhook")]
pub struct EndpointView<'a> {
    id: EndpointId,
    name: Option<&'a Name>,
    url: &'a str,
    types: &'a [Subscription],
    channel_ids: &'a [ChannelId],
    is_enabled: bool,
    disabled_reason: Option<DisabledReason>,
    failing_since: Option<Timestamp>,
    created_at: Timestamp,
    /// The newest secret: only in the one answer that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> EndpointView<'a> {
    /// As everybody sees it.
    #[must_use]
    pub fn of(endpoint: &'a Endpoint) -> Self {
        Self {
            id: endpoint.id,
            name: endpoint.name.as_ref(),
            url: &endpoint.url,
            types: &endpoint.types,
            channel_ids: &endpoint.channel_ids,
            is_enabled: endpoint.disabled.is_none(),
            disabled_reason: endpoint.disabled,
            failing_since: endpoint.failing_since,
            created_at: endpoint.created_at,
            secret: None,
        }
    }

    /// With its newest secret, for whoever has just made that.
    #[must_use]
    pub fn with_secret(endpoint: &'a Endpoint) -> Self {
        Self { secret: endpoint.secrets.first().map(String::as_str), ..Self::of(endpoint) }
    }
}

/// A delivery as a row of the log.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Delivery")]
pub struct DeliveryView {
    id: DeliveryId,
    webhook_id: EndpointId,
    event_id: EventId,
    event_type: EventType,
    ticket_id: Option<TicketId>,
    contact_id: Option<ContactId>,
    sequence: Option<Version>,
    state: DeliveryState,
    is_replay: bool,
    next_attempt_at: Option<Timestamp>,
    attempts_count: usize,
    last_attempt: Option<AttemptView>,
    created_at: Timestamp,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let subject = delivery.source.map(|source| source.subject);
        Self {
            id: delivery.id,
            webhook_id: delivery.endpoint_id,
            event_id: delivery.event_id,
            event_type: delivery.event_type,
            ticket_id: subject.and_then(|subject| if let EventSubject::Ticket(id) = subject { Some(id) } else { None }),
            contact_id: subject
                .and_then(|subject| if let EventSubject::Contact(id) = subject { Some(id) } else { None }),
            sequence: delivery.source.map(|source| source.version),
            state: delivery.state,
            is_replay: is_replay(delivery.id),
            next_attempt_at: (delivery.state == DeliveryState::Pending).then_some(delivery.next_attempt_at),
            attempts_count: delivery.attempts.len(),
            last_attempt: delivery.attempts.last().map(AttemptView::from),
            created_at: delivery.created_at,
        }
    }
}

/// A delivery with everything that was tried, oldest first.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "DeliveryWithAttempts")]
pub struct DeliveryDetail {
    #[serde(flatten)]
    row: DeliveryView,
    attempts: Vec<AttemptView>,
}

impl From<&Delivery> for DeliveryDetail {
    fn from(delivery: &Delivery) -> Self {
        Self { row: delivery.into(), attempts: delivery.attempts.iter().map(AttemptView::from).collect() }
    }
}

/// One attempt.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Attempt")]
struct AttemptView {
    at: Timestamp,
    duration_ms: u64,
    is_success: bool,
    /// What the endpoint answered; none when it did not.
    status: Option<u16>,
    /// How long it asked to be left alone, in seconds.
    retry_after: Option<u64>,
    /// Why there was no answer, as one word.
    failure: Option<String>,
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        let (status, retry_after, failure) = match &attempt.outcome {
            Outcome::Answered { status, retry_after } => (Some(*status), retry_after.map(|wait| wait.as_secs()), None),
            Outcome::Failed { reason } => (None, None, Some(reason.clone())),
        };
        let is_success = attempt.outcome.is_success();
        Self { at: attempt.at, duration_ms: attempt.duration_ms, is_success, status, retry_after, failure }
    }
}
