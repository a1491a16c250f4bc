//! Contacts, the people who write in, and accounts, what they write about.
//!
//! | to find | look in |
//! |---|---|
//! | `/v1/contacts` | [`contacts`] |
//! | `/v1/accounts` | [`accounts`] |
//!
//! Both are for people and machines: a channel key sees its tickets only.

mod accounts;
mod contacts;

use axum::routing::{get, post};
use lambdesk_api::{auth::Session, function::Routes, problem::Problem};
use lambdesk_domain::access::{Actor, Forbidden, Scope};

/// The routes of this function.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .at("/v1/contacts", post(contacts::create))
        .at("/v1/contacts/{contact_id}", get(contacts::get))
        .at("/v1/accounts", post(accounts::create))
        .at("/v1/accounts/{account_id}", get(accounts::get))
}

/// Holds the caller to a scope, and to being no channel.
fn require(session: &Session, scope: Scope) -> Result<(), Problem> {
    if matches!(session.actor, Actor::Channel { .. }) {
        return Err(Forbidden::ChannelKey.into());
    }
    session.require(scope)
}
