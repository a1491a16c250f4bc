//! Webhook endpoints, what they subscribe to, and the life of a delivery.

use crate::{
    events::{Event, EventSource, EventType},
    id::{ChannelId, DeliveryId, EndpointId, EventId, WorkspaceId},
    status::words,
    text::Name,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What an endpoint asks for: one type, or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subscription {
    /// Everything.
    All,
    /// `ticket.create`: new tickets.
    TicketCreate,
    /// `ticket.update`: whatever happens to existing tickets.
    TicketUpdate,
    /// One type.
    Type(EventType),
}

impl Subscription {
    /// Its spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "*",
            Self::TicketCreate => "ticket.create",
            Self::TicketUpdate => "ticket.update",
            Self::Type(kind) => kind.as_str(),
        }
    }

    /// Reads its spelling.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "*" => Some(Self::All),
            "ticket.create" => Some(Self::TicketCreate),
            "ticket.update" => Some(Self::TicketUpdate),
            other => EventType::parse(other).map(Self::Type),
        }
    }

    fn takes(self, event: &Event) -> bool {
        match self {
            Self::All => true,
            Self::TicketCreate => event.types().contains(&EventType::TicketCreated),
            Self::TicketUpdate => event.types().contains(&EventType::TicketUpdated),
            Self::Type(kind) => event.types().contains(&kind),
        }
    }
}

impl Serialize for Subscription {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl schemars::JsonSchema for Subscription {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Subscription".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let groups = [Self::All, Self::TicketCreate, Self::TicketUpdate];
        let types = EventType::ALL.iter().copied().map(Self::Type);
        let words: Vec<_> = groups.into_iter().chain(types).map(Self::as_str).collect();
        schemars::json_schema!({
            "description": "What a webhook asks for: one type of event, a group of types, or everything.",
            "type": "string",
            "enum": words,
        })
    }
}

impl<'de> Deserialize<'de> for Subscription {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(from)?;
        Self::parse(&word)
            .ok_or_else(|| serde::de::Error::custom("expected *, ticket.create, ticket.update or an event type"))
    }
}

words! {
    /// Why an endpoint is off.
    DisabledReason {
        /// Somebody switched it off.
        ByHand = "by_hand",
        /// It answered 410 Gone.
        Gone = "gone",
        /// Nothing but failures for five days.
        Failing = "failing",
    }
}

/// Where events are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    #[serde(default)]
    pub name: Option<Name>,
    /// Where to: parsed and checked again before every delivery.
    pub url: String,
    /// What it wants; never empty.
    pub types: Vec<Subscription>,
    /// Only tickets of these channels; empty: of all, and contacts, who are on no channel.
    #[serde(default)]
    pub channel_ids: Vec<ChannelId>,
    /// Its live signing secrets, the newest first (`whsec_…`).
    pub secrets: Vec<String>,
    /// Why it is off; none while it is on.
    #[serde(default)]
    pub disabled: Option<DisabledReason>,
    /// Since when every attempt has failed.
    #[serde(default)]
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// So long an endpoint may do nothing but fail.
const FAILING_LIMIT: Duration = Duration::from_hours(5 * 24);

impl Endpoint {
    /// Whether an event is for it.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        self.disabled.is_none()
            && !event.is_silent()
            && self.types.iter().any(|subscription| subscription.takes(event))
            && (self.channel_ids.is_empty() || event.channel().is_some_and(|id| self.channel_ids.contains(&id)))
    }

    /// The endpoint after an attempt; the same when nothing about it changes.
    #[must_use]
    pub fn after(&self, outcome: &Outcome, now: Timestamp) -> Self {
        let mut next = self.clone();
        match outcome {
            Outcome::Answered { status: 200..=299, .. } => next.failing_since = None,
            Outcome::Answered { status: 410, .. } => next.disabled = Some(DisabledReason::Gone),
            Outcome::Answered { .. } | Outcome::Failed { .. } => {
                let since = *next.failing_since.get_or_insert(now);
                if now.since(since) >= FAILING_LIMIT {
                    next.disabled = Some(DisabledReason::Failing);
                }
            }
        }
        next
    }
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// The endpoint answered.
    Answered {
        /// Its status code.
        status: u16,
        /// How long it asks to be left alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<Duration>,
    },
    /// It did not.
    Failed {
        /// The kind of failure, such as `timeout`.
        reason: String,
    },
}

impl Outcome {
    /// Any 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }
}

/// One attempt in the delivery's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}

words! {
    /// Where a delivery stands.
    DeliveryState {
        /// Waiting for its next attempt.
        Pending = "pending",
        /// Taken by the endpoint.
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id: the same however often it is derived.
    pub id: DeliveryId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// Where to.
    pub endpoint_id: EndpointId,
    /// What.
    pub event_id: EventId,
    /// Its type, for the log.
    pub event_type: EventType,
    /// Where the event is found; none for a test.
    #[serde(default)]
    pub source: Option<EventSource>,
    /// Where it stands.
    pub state: DeliveryState,
    /// When the next attempt is due, while pending.
    pub next_attempt_at: Timestamp,
    /// What was tried.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// When attempts are made: at once, then this long after each failure
/// (the Standard Webhooks specification's recommendation).
const SCHEDULE: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The most attempts one delivery gets.
pub const MAX_ATTEMPTS: usize = SCHEDULE.len() + 1;

/// The longest an endpoint's `Retry-After` is honoured.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// A number from 0 to 1 that the caller drew at random; others are clamped.
#[derive(Debug, Clone, Copy)]
pub struct Jitter(f64);

impl Jitter {
    /// From a random number.
    #[must_use]
    pub const fn new(random: f64) -> Self {
        Self(random.clamp(0.0, 1.0))
    }

    /// 80 % to 120 % of a duration.
    #[must_use]
    pub fn around(self, duration: Duration) -> Duration {
        duration.mul_f64(0.8 + 0.4 * self.0)
    }
}

impl Delivery {
    /// The delivery after an attempt.
    #[must_use]
    pub fn after(&self, attempt: Attempt, jitter: Jitter) -> Self {
        let mut next = self.clone();
        let ended = attempt.at.plus(Duration::from_millis(attempt.duration_ms));
        match (&attempt.outcome, SCHEDULE.get(self.attempts.len())) {
            (outcome, _) if outcome.is_success() => next.state = DeliveryState::Delivered,
            (Outcome::Answered { status: 410, .. }, _) | (_, None) => next.state = DeliveryState::Failed,
            (outcome, Some(wait)) => {
                let asked = match outcome {
                    Outcome::Answered { retry_after: Some(asked), .. } => (*asked).min(LONGEST_RETRY_AFTER),
                    _ => Duration::ZERO,
                };
                next.next_attempt_at = ended.plus(jitter.around(*wait).max(asked));
            }
        }
        next.attempts.push(attempt);
        next
    }

    /// Given up without a further attempt, because the endpoint is gone or off.
    #[must_use]
    pub fn abandoned(&self) -> Self {
        Self { state: DeliveryState::Failed, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn delivery() -> Delivery {
        Delivery {
            id: DeliveryId::new(Uuid::nil()),
            workspace_id: WorkspaceId::new(Uuid::nil()),
            endpoint_id: EndpointId::new(Uuid::nil()),
            event_id: EventId::new(Uuid::nil()),
            event_type: EventType::WebhookTest,
            source: None,
            state: DeliveryState::Pending,
            next_attempt_at: Timestamp::EPOCH,
            attempts: Vec::new(),
            created_at: Timestamp::EPOCH,
        }
    }

    fn attempt(at: Timestamp, status: u16, retry_after: Option<Duration>) -> Attempt {
        Attempt { at, duration_ms: 0, outcome: Outcome::Answered { status, retry_after } }
    }

    proptest! {
        #[test]
        fn failures_are_retried_ten_times_within_their_jitter(random in 0.0..=1.0f64) {
            let mut delivery = delivery();
            for wait in SCHEDULE {
                prop_assert_eq!(delivery.state, DeliveryState::Pending);
                let at = delivery.next_attempt_at;
                delivery = delivery.after(attempt(at, 500, None), Jitter::new(random));
                let waited = delivery.next_attempt_at.since(at);
                prop_assert!(waited >= wait.mul_f64(0.799) && waited <= wait.mul_f64(1.201));
            }
            delivery = delivery.after(attempt(delivery.next_attempt_at, 500, None), Jitter::new(random));
            prop_assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::Failed, MAX_ATTEMPTS));
        }
    }

    #[test]
    fn retry_after_prolongs_the_wait_and_410_ends_it() {
        let asked = Duration::from_hours(1);
        let next = delivery().after(attempt(Timestamp::EPOCH, 503, Some(asked)), Jitter::new(0.5));
        assert_eq!(next.next_attempt_at, Timestamp::EPOCH.plus(asked));
        assert_eq!(
            delivery().after(attempt(Timestamp::EPOCH, 410, None), Jitter::new(0.5)).state,
            DeliveryState::Failed
        );
        assert_eq!(
            delivery().after(attempt(Timestamp::EPOCH, 204, None), Jitter::new(0.5)).state,
            DeliveryState::Delivered
        );
        assert_eq!(
            delivery().after(attempt(Timestamp::EPOCH, 302, None), Jitter::new(0.5)).state,
            DeliveryState::Pending
        );
    }

    #[test]
    fn five_days_of_nothing_but_failures_switch_an_endpoint_off() {
        let endpoint = Endpoint {
            id: EndpointId::new(Uuid::nil()),
            workspace_id: WorkspaceId::new(Uuid::nil()),
            name: None,
            url: String::new(),
            types: vec![Subscription::All],
            channel_ids: Vec::new(),
            secrets: Vec::new(),
            disabled: None,
            failing_since: None,
            created_at: Timestamp::EPOCH,
        };
        let failure = Outcome::Failed { reason: "timeout".into() };
        let first = endpoint.after(&failure, Timestamp::EPOCH);
        assert_eq!(first.disabled, None);
        let later = Timestamp::EPOCH.plus(FAILING_LIMIT);
        assert_eq!(first.after(&failure, later).disabled, Some(DisabledReason::Failing));
        let success = Outcome::Answered { status: 200, retry_after: None };
        assert_eq!(first.after(&success, later).after(&failure, later).disabled, None);
        assert_eq!(
            endpoint.after(&Outcome::Answered { status: 410, retry_after: None }, later).disabled,
            Some(DisabledReason::Gone)
        );
    }
}
