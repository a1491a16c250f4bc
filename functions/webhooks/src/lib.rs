//! Webhooks: endpoints, their delivery log, the feed of events, the record of sweeps.
//!
//! | to find | look in |
//! |---|---|
//! | `/v1/webhooks`, one of them, `rotate-secret` | [`endpoints`] |
//! | the fields they take, checked | [`fields`] |
//! | `…/deliveries`, `retry`, `test` | [`deliveries`] |
//! | `…/replay` | [`replay`] |
//! | `GET /v1/events` | [`events`] |
//! | `GET /v1/sweeps` | [`sweeps`] |
//! | who may do what | [`access`] |
//! | how things are shown | [`view`] |

mod access;
mod deliveries;
mod endpoints;
mod events;
mod fields;
pub mod openapi;
mod replay;
mod sweeps;
mod view;

use axum::Extension;
use lambdesk_api::function::{Methods, Routes, get, post};
use lambdesk_domain::webhook::Delivery;
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Config, Error, Hint, HintQueue};
use std::sync::Arc;

/// What this function's handlers have at hand beside the [`App`].
#[derive(Debug, Clone)]
struct Outbound {
    policy: Arc<AddressPolicy>,
    queue: Option<HintQueue>,
}

impl Outbound {
    /// Says that deliveries are due. Without a queue the sweep finds them.
    async fn hint(&self, deliveries: &[Delivery]) {
        if let Some(queue) = &self.queue {
            let hints: Vec<_> = deliveries.iter().map(Hint::from).collect();
            queue.send(&hints).await;
        }
    }
}

/// The routes as the environment configures them: the hosts that the operator
/// allows, and the queue if there is one.
///
/// # Errors
/// When an allowed host is neither `host` nor `host:port`.
pub fn configured(config: &Config) -> Result<Routes, Error> {
    let policy = AddressPolicy::allowing(config.allowed_hosts.iter().map(String::as_str))?;
    Ok(routes(policy, HintQueue::sqs(config).ok()))
}

/// The routes of this function. `policy` says where endpoints may be; what is due
/// at once is hinted to `queue`, and without one it waits for the next sweep.
#[must_use]
pub fn routes(policy: AddressPolicy, queue: Option<HintQueue>) -> Routes {
    let outbound = Outbound { policy: Arc::new(policy), queue };
    let with = |methods: Methods| methods.wrapped(|methods| methods.layer(Extension(outbound.clone())));
    Routes::new()
        .at("/v1/webhooks", with(get(endpoints::list).post(endpoints::create)))
        .at("/v1/webhooks/{webhook_id}", with(get(endpoints::get).patch(endpoints::patch).delete(endpoints::delete)))
        .at("/v1/webhooks/{webhook_id}/rotate-secret", post(endpoints::rotate_secret))
        .at("/v1/webhooks/{webhook_id}/test", with(post(deliveries::test)))
        .at("/v1/webhooks/{webhook_id}/replay", with(post(replay::replay)))
        .at("/v1/webhooks/{webhook_id}/deliveries", get(deliveries::list))
        .at("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", get(deliveries::get))
        .at("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry", with(post(deliveries::retry)))
        .at("/v1/events", get(events::feed))
        .at("/v1/sweeps", get(sweeps::list))
}
