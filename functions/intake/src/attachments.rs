//! `GET /intake/tickets/{public_token}/attachments/{attachment_id}`: the visitor
//! downloads a file of their ticket.

use crate::ticket_token::OwnTicket;
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
    response::Response,
};
use lambdesk_api::{download::download, problem::Problem, query::QueryParameters, render::MessageReader};
use lambdesk_domain::id::AttachmentId;

/// The path's file.
pub struct FileId(AttachmentId);

impl<S: Send + Sync> FromRequestParts<S> for FileId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let id = path.iter().find(|(name, _)| *name == "attachment_id").and_then(|(_, id)| id.parse().ok());
        id.map(Self).ok_or_else(Problem::not_found)
    }
}

/// A link to a file of a public message, that works for five minutes; with
/// `redirect=true` the link is where the answer leads.
pub async fn get(own: OwnTicket, FileId(id): FileId, mut query: QueryParameters) -> Result<Response, Problem> {
    let redirects = query.flag("redirect").unwrap_or(false);
    query.finish()?;
    let (request, ticket) = (&own.request, &own.ticket);
    let upload = request.app.tickets.attachment(ticket.workspace_id, ticket.id, id).await?;
    download(&request.app, ticket.workspace_id, upload, MessageReader::Customer, redirects, request.app.clock.now())
}
