//! Delivery hints, each turned into one signed HTTP attempt and the delivery's next
//! state (Standard Webhooks 1.0).
//!
//! What is sent: the event exactly as the feed has it, as JSON; for the test of an
//! endpoint a small document of the same outline. `webhook-id` is the event's id, the
//! same on every attempt; every live secret adds a signature.

mod attempt;
mod payload;

use futures_util::future::join_all;
use lambdesk_outbound::{AddressPolicy, Limits, WebhookClient};
use lambdesk_runtime::{Clock, Config, ConfigError, Error, Hint, aws, serve_batch};
use lambdesk_store_events::Events;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::Table;
use serde_json::{Value, json};

/// What the deliveries work with. Cheap to clone.
#[derive(Clone)]
pub struct Deliver {
    webhooks: Webhooks,
    events: Events,
    client: WebhookClient,
    policy: AddressPolicy,
    clock: Clock,
}

impl Deliver {
    /// Over this table, to addresses that the policy admits, with the default limits
    /// of an exchange (15 s over all).
    #[must_use]
    pub fn new(table: &Table, policy: AddressPolicy, clock: Clock) -> Self {
        let (webhooks, events) = (Webhooks::new(table), Events::new(table));
        Self { webhooks, events, client: WebhookClient::new(policy.clone()), policy, clock }
    }

    /// The same with other limits of an exchange.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { client: self.client.with_limits(limits), ..self }
    }

    /// Handles one SQS event, all its hints at once, so that a slow endpoint holds up
    /// nobody else's delivery. Answers with the hints to be repeated
    /// (`ReportBatchItemFailures`): those for which the table could not be reached
    /// before the attempt. Whatever came of an attempt is in the table.
    pub async fn handle(&self, event: Value) -> Value {
        let records = event.get("Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let failed = join_all(records.iter().map(|record| self.record(record))).await;
        let failures: Vec<_> = failed.into_iter().flatten().map(|id| json!({ "itemIdentifier": id })).collect();
        json!({ "batchItemFailures": failures })
    }

    /// The message's id when it is to be repeated.
    async fn record<'a>(&self, record: &'a Value) -> Option<&'a str> {
        let id = record.get("messageId").and_then(Value::as_str).unwrap_or_default();
        let body = record.get("body").and_then(Value::as_str).unwrap_or_default();
        let Ok(hint) = serde_json::from_str::<Hint>(body) else {
            // Repeating would not help, and the sweep finds what is overdue.
            tracing::error!(message = id, "a message that is no hint was dropped");
            return None;
        };
        let done = self.attempt(hint).await;
        done.inspect_err(|error| tracing::warn!(delivery = %hint.delivery, %error, "an attempt is to be repeated"))
            .err()?;
        Some(id)
    }
}

/// Serves as a Lambda.
///
/// # Errors
/// When the configuration lacks something, or the Runtime API can't be reached.
pub async fn serve(config: Config) -> Result<(), Error> {
    let policy = AddressPolicy::allowing(config.allowed_hosts.iter().map(String::as_str));
    let policy = policy.map_err(|error| ConfigError::Invalid {
        name: "LAMBDESK_ALLOWED_HOSTS",
        problem: format!("has an entry that is no host: {error}"),
    })?;
    let deliver = Deliver::new(&aws::table(&config), policy, Clock::system());
    serve_batch(|event| deliver.handle(event)).await
}
