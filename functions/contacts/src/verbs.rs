//! Block, unblock, and the way to a contact's tickets.

use crate::{access::require, contacts::changed, sight::Sight};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
};
use lambdesk_api::{auth::Session, body::NoBody, path::Id, problem::Problem, write::WriteOptions};
use lambdesk_domain::{access::Scope, contact::Contact, id::ContactId};
use lambdesk_store_lists::Lists;

/// `POST /v1/contacts/{contact_id}/block`: from now on their messages wake nothing.
pub async fn block(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    set_blocked(Sight::of(&session, &lists), id, &write, body, true).await
}

/// `POST /v1/contacts/{contact_id}/unblock`.
pub async fn unblock(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    set_blocked(Sight::of(&session, &lists), id, &write, body, false).await
}

async fn set_blocked(
    sight: Sight<'_>,
    id: ContactId,
    write: &WriteOptions,
    body: NoBody,
    is_blocked: bool,
) -> Result<Response, Problem> {
    require(sight.session(), Scope::ContactsWrite)?;
    body.check()?;
    changed(sight, id, write, &body.raw, |contact| Ok(Contact { is_blocked, ..contact })).await
}

/// `GET /v1/contacts/{contact_id}/tickets`: they are in the list of tickets, with
/// all its filters; this is the way there.
pub async fn tickets(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<ContactId>,
    uri: Uri,
) -> Result<Response, Problem> {
    require(&session, Scope::TicketsRead)?;
    let (_, contact) = Sight::of(&session, &lists).load(id).await?;
    let query = uri.query().map(|query| format!("&{query}")).unwrap_or_default();
    let location = format!("/v1/tickets?contact_id={}{query}", contact.id);
    let location = HeaderValue::try_from(location).map_err(|_| Problem::malformed("the query can't be followed"))?;
    Ok((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response())
}
