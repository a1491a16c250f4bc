//! The state of this function: the edge's own, the stores of webhooks and events, and
//! where and how deliveries go out.

use lambdesk_api::{state::App, state_parts};
use lambdesk_domain::webhook::Delivery;
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Hint, HintQueue};
use lambdesk_store_events::Events;
use lambdesk_store_webhooks::Webhooks;
use std::sync::Arc;

/// The state of this function. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WebhooksState {
    app: App,
    /// Endpoints and deliveries.
    pub webhooks: Webhooks,
    /// The feed, and the runs of the sweep.
    pub events: Events,
    /// Where endpoints may be, and the queue that deliveries are hinted to.
    pub outbound: Outbound,
}

impl WebhooksState {
    /// Over the edge's table.
    #[must_use]
    pub fn new(app: &App, outbound: Outbound) -> Self {
        let (webhooks, events) = (Webhooks::new(&app.table), Events::new(&app.table));
        Self { app: app.clone(), webhooks, events, outbound }
    }
}

state_parts!(WebhooksState { app: App, webhooks: Webhooks, events: Events, outbound: Outbound });

/// Where endpoints may be, and the queue that deliveries are hinted to.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// The addresses that endpoints may have.
    pub policy: Arc<AddressPolicy>,
    queue: Option<HintQueue>,
}

impl Outbound {
    /// Endpoints within this policy; without a queue the sweep finds what is due.
    #[must_use]
    pub fn new(policy: AddressPolicy, queue: Option<HintQueue>) -> Self {
        Self { policy: Arc::new(policy), queue }
    }

    /// Hints that deliveries are due.
    pub async fn hint(&self, deliveries: &[Delivery]) {
        if let Some(queue) = &self.queue {
            let hints: Vec<_> = deliveries.iter().map(Hint::from).collect();
            queue.send(&hints).await;
        }
    }
}
