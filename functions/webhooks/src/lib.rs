//! Webhooks: endpoints, their delivery log, the feed of events, the record of sweeps.
//!
//! | to find | look in |
//! |---|---|
//! | `/v1/webhooks`, one of them, `rotate-secret` | [`endpoints`] |
//! | the fields they take, checked | [`fields`] |
//! | `…/deliveries`, `retry`, `test` | [`deliveries`] |
//! | `…/replay`, and the ids of what it queues | [`replay`], [`replay_id`] |
//! | `GET /v1/events` | [`events`] |
//! | `GET /v1/sweeps` | [`sweeps`] |
//! | who may do what | [`access`] |
//! | how things are shown | [`view`] |
//! | what handlers have at hand | [`state`] |

mod access;
mod deliveries;
mod endpoints;
mod events;
mod fields;
pub mod openapi;
mod replay;
mod replay_id;
mod state;
mod sweeps;
mod view;

use lambdesk_api::function::{Function, Routes, get, post};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Config, Error, HintQueue};
use state::{Outbound, WebhooksState};

/// The function as the environment configures it: the hosts that the operator allows,
/// and the queue if there is one.
///
/// # Errors
/// When an allowed host is neither `host` nor `host:port`.
pub fn configured(config: &Config) -> Result<Function, Error> {
    let policy = AddressPolicy::allowing(config.allowed_hosts.iter().map(String::as_str))?;
    Ok(routes(policy, HintQueue::sqs(config).ok()))
}

/// The routes of this function. `policy` says where endpoints may be; what is due
/// at once is hinted to `queue`, and without one it waits for the next sweep.
#[must_use]
pub fn routes(policy: AddressPolicy, queue: Option<HintQueue>) -> Function {
    let outbound = Outbound::new(policy, queue);
    Routes::new()
        .at("/v1/webhooks", get(endpoints::list).post(endpoints::create))
        .at("/v1/webhooks/{webhook_id}", get(endpoints::get).patch(endpoints::patch).delete(endpoints::delete))
        .at("/v1/webhooks/{webhook_id}/rotate-secret", post(endpoints::rotate_secret))
        .at("/v1/webhooks/{webhook_id}/test", post(deliveries::test))
        .at("/v1/webhooks/{webhook_id}/replay", post(replay::replay))
        .at("/v1/webhooks/{webhook_id}/deliveries", get(deliveries::list))
        .at("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", get(deliveries::get))
        .at("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry", post(deliveries::retry))
        .at("/v1/events", get(events::feed))
        .at("/v1/sweeps", get(sweeps::list))
        .over(move |app| WebhooksState::new(app, outbound))
}
