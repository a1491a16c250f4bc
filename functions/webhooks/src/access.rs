//! Who may do what with webhooks.

use axum::http::StatusCode;
use lambdesk_api::{
    auth::Session,
    problem::{FieldError, Problem},
    render::MessageReader,
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

/// What of the feed a caller is told of.
#[derive(Debug, Clone, Copy)]
pub struct FeedSight {
    /// Events of tickets that are within sight.
    pub tickets: VisibilityScope,
    /// Events of contacts.
    pub contacts: bool,
    /// Events of notes.
    pub notes: bool,
}

/// The whole feed is for those who may see webhooks and all tickets; whoever reads tickets
/// is told of the tickets within sight.
pub fn feed(session: &Session) -> Result<FeedSight, Problem> {
    let tickets = session.visibility();
    let sees_all = tickets == VisibilityScope::All;
    if !(sees_all && session.key.scopes.allow(Scope::WebhooksRead)) {
        session.require(Scope::TicketsRead)?;
    }
    let notes = MessageReader::from(&session.actor).is_insider();
    Ok(FeedSight { tickets, contacts: sees_all && session.client_detail().is_whole(), notes })
}

fn sees_all(session: &Session, rule: &'static str) -> Result<(), Problem> {
    match session.visibility() {
        VisibilityScope::All => Ok(()),
        VisibilityScope::OwnAndUnassigned(_) | VisibilityScope::Own(_) | VisibilityScope::Channel(_) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "all_tickets_only", rule))
        }
    }
}
