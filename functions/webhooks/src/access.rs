//! Who may do what with webhooks.

use axum::http::StatusCode;
use lambdesk_api::{
    auth::Session,
    problem::{FieldError, Problem},
    write::Write,
};
use lambdesk_domain::access::{Actor, Forbidden, Reach, Role, Scope};

/// Endpoints and their logs are for the staff: not for channel keys, not for
/// restricted users.
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
pub fn write(session: &Session, write: &Write) -> Result<(), Problem> {
    session.actor.may_administer()?;
    session.require(Scope::WebhooksWrite)?;
    if write.if_match.is_some() {
        let detail = "webhooks have no version; leave If-Match out";
        return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "no_version", detail));
    }
    Ok(())
}

/// As [`write`], for what exists only for its outward effect.
pub fn send(session: &Session, request: &Write) -> Result<(), Problem> {
    write(session, request)?;
    if request.is_silent {
        let error = FieldError::new("?silent", "invalid", "a delivery can't be silent");
        let detail = "the query string has unknown or bad parameters";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail).with_errors(vec![error]));
    }
    Ok(())
}

/// The feed tells of every ticket, so it is for those who see every ticket.
pub fn feed(session: &Session) -> Result<(), Problem> {
    session.require(Scope::WebhooksRead)?;
    match session.reach() {
        Reach::All => Ok(()),
        Reach::OwnAndUnassigned(_) | Reach::Own(_) | Reach::Channel(_) => {
            let rule = "only keys that see all tickets of the workspace may read the feed";
            Err(Problem::new(StatusCode::FORBIDDEN, "all_tickets_only", rule))
        }
    }
}
