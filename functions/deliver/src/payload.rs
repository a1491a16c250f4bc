//! Payloads of webhooks: an event or the test of an endpoint in, the JSON body of every
//! attempt out. Pure.

use lambdesk_domain::{
    events::{Event, EventType},
    id::{EventId, WorkspaceId},
    time::Timestamp,
    webhook::Delivery,
};
use serde::Serialize;

/// A body and the id it goes under. The same on every attempt of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The header `webhook-id`.
    pub id: EventId,
    /// JSON.
    pub body: Vec<u8>,
}

/// The body of a test: the outline of an event, without a ticket.
#[derive(Serialize)]
struct TestEvent {
    /// The delivery's event id.
    id: EventId,
    /// `webhook.test`.
    #[serde(rename = "type")]
    kind: EventType,
    /// That alone.
    types: [EventType; 1],
    /// When somebody asked for the test.
    created_at: Timestamp,
    /// The tenant.
    workspace_id: WorkspaceId,
    /// Empty.
    data: Empty,
}

/// `{}`.
#[derive(Serialize)]
struct Empty {}

impl Payload {
    /// Of an event, exactly as it is.
    #[must_use]
    pub fn of_event(event: &Event) -> Self {
        Self { id: event.id(), body: json(event) }
    }

    /// Of the test of an endpoint.
    #[must_use]
    pub fn of_test(delivery: &Delivery) -> Self {
        let event = TestEvent {
            id: delivery.event_id,
            kind: EventType::WebhookTest,
            types: [EventType::WebhookTest],
            created_at: delivery.created_at,
            workspace_id: delivery.workspace_id,
            data: Empty {},
        };
        Self { id: delivery.event_id, body: json(&event) }
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("events are representable in JSON")
}
