//! What a caller and a write are held to.

use lambdesk_api::{auth::Session, problem::Problem};
use lambdesk_domain::access::{Actor, Forbidden, Scope};

/// Holds the caller to a scope, and to being no channel.
pub fn require(session: &Session, scope: Scope) -> Result<(), Problem> {
    if matches!(session.actor, Actor::Channel { .. }) {
        return Err(Forbidden::ChannelKey.into());
    }
    session.require(scope)
}

/// Holds the caller to what touches everything of a person.
pub fn require_admin(session: &Session, scope: Scope) -> Result<(), Problem> {
    require(session, scope)?;
    session.require_admin()
}
