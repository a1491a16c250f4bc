//! Block, unblock, and the way to a contact's tickets.

use crate::{
    access::require,
    contacts::{changed, load},
};
use axum::{
    http::{HeaderValue, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
};
use lambdesk_api::{auth::Session, body::NoBody, path::Id, problem::Problem, write::WriteOptions};
use lambdesk_domain::{access::Scope, contact::Contact, id::ContactId};

/// `POST /v1/contacts/{contact_id}/block`: from now on their messages wake nothing.
pub async fn block(
    session: Session,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    set_blocked(&session, id, &write, body, true).await
}

/// `POST /v1/contacts/{contact_id}/unblock`.
pub async fn unblock(
    session: Session,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    set_blocked(&session, id, &write, body, false).await
}

async fn set_blocked(
    session: &Session,
    id: ContactId,
    write: &WriteOptions,
    body: NoBody,
    is_blocked: bool,
) -> Result<Response, Problem> {
    require(session, Scope::ContactsWrite)?;
    body.check()?;
    changed(session, id, write, &body.raw, |contact| Ok(Contact { is_blocked, ..contact })).await
}

/// `GET /v1/contacts/{contact_id}/tickets`: they are in the list of tickets, with
/// all its filters; this is the way there.
pub async fn tickets(session: Session, Id(id): Id<ContactId>, uri: Uri) -> Result<Response, Problem> {
    require(&session, Scope::TicketsRead)?;
    let (_, contact) = load(&session, id).await?;
    let query = uri.query().map(|query| format!("&{query}")).unwrap_or_default();
    let location = format!("/v1/tickets?contact_id={}{query}", contact.id);
    let location = HeaderValue::try_from(location).map_err(|_| Problem::malformed("the query can't be followed"))?;
    Ok((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response())
}
