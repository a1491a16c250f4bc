//! Who may do what with webhooks.

use axum::http::StatusCode;
use lambdesk_api::{
    auth::Session,
    problem::{FieldError, Problem},
    write::WriteOptions,
};
use lambdesk_domain::access::{Actor, Forbidden, Role, Scope, VisibilityScope};

/// Endpoints are for the staff: not for channel keys, not for restricted users.
pub fn read(session: &Session) -> Result<(), Problem> {
    match session.actor {
        Actor::Channel { .. } | Actor::Visitor { .. } => return Err(Forbidden::ChannelKey.into()),
        Actor::User { role: Role::Restricted, .. } => {
            let rule = "restricted users may not see webhooks";
            return Err(Problem::new(StatusCode::FORBIDDEN, "restricted_may_not", rule));
        }
        Actor::User { .. } | Actor::Machine { .. } | Actor::System => {}
    }
    session.require(Scope::WebhooksRead)
}

/// Changing them is administration.
pub fn write(session: &Session, write: &WriteOptions) -> Result<(), Problem> {
    session.actor.may_administer()?;
    session.require(Scope::WebhooksWrite)?;
    write.require_no_version("webhooks have no version; leave If-Match out")
}

/// As [`write()`], for what exists only for its outward effect.
pub fn send(session: &Session, request: &WriteOptions) -> Result<(), Problem> {
    write(session, request)?;
    if request.is_silent {
        let error = FieldError::new("?silent", "invalid", "a delivery can't be silent");
        let detail = "the query string has unknown or bad parameters";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail).with_errors(vec![error]));
    }
    Ok(())
}

/// An endpoint's log names every ticket that it was told of.
pub fn log(session: &Session) -> Result<(), Problem> {
    read(session)?;
    sees_all(session, "only keys that see all tickets of the workspace may read the log of deliveries")
}

/// The feed tells of every ticket.
pub fn feed(session: &Session) -> Result<(), Problem> {
    session.require(Scope::WebhooksRead)?;
    sees_all(session, "only keys that see all tickets of the workspace may read the feed")
}

fn sees_all(session: &Session, rule: &'static str) -> Result<(), Problem> {
    match session.visibility() {
        VisibilityScope::All => Ok(()),
        VisibilityScope::OwnAndUnassigned(_) | VisibilityScope::Own(_) | VisibilityScope::Channel(_) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "all_tickets_only", rule))
        }
    }
}
