//! What a caller and a write are held to.

use lambdesk_api::{auth::Session, problem::Problem};
use lambdesk_domain::{
    access::{Actor, Forbidden, Scope},
    contact::Contact,
    id::ContactId,
};
use lambdesk_store_contacts::ContactSlot;

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

/// A contact of the caller's workspace, and its slot.
///
/// # Errors
/// 404 when there is none.
pub async fn load(session: &Session, id: ContactId) -> Result<(ContactSlot, Contact), Problem> {
    let found = session.app.contacts.contact_slot(session.workspace(), id).await?;
    let slot = found.ok_or_else(Problem::not_found)?;
    let contact = slot.contact().cloned().ok_or_else(Problem::not_found)?;
    Ok((slot, contact))
}
