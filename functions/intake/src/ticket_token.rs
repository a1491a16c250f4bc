//! A visitor's own ticket, opened with its public token.

use crate::{channel_access::RequestContext, origin::OriginNotAllowed};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
    response::Response,
};
use lambdesk_api::{
    execute::Executor, idempotency::Idempotency, problem::Problem, render::ClientDetail, state::App,
    visitor::PublicToken,
};
use lambdesk_domain::{
    access::Actor,
    directory::Directory,
    status::Lifecycle,
    ticket::{ChannelRef, Ticket},
};
use std::sync::Arc;

/// A public token, known to be genuine. Nothing has been read.
pub struct TicketToken {
    /// What the request has at hand.
    pub request: RequestContext,
    /// What the token names.
    pub named: PublicToken,
}

impl FromRequestParts<App> for TicketToken {
    type Rejection = Problem;

    /// 404 for a token that is not ours, before anything is read.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
        let text = path.iter().find(|(name, _)| *name == "public_token").map(|(_, text)| text);
        let token = text.and_then(|text| PublicToken::open(text, &app.sealing));
        Ok(Self { named: token.ok_or_else(Problem::not_found)?, request: RequestContext::of(parts, app)? })
    }
}

impl TicketToken {
    /// Lets the visitor in, now that the ticket is known. No `Origin` is fine (a
    /// server, an app): the token is the secret.
    ///
    /// # Errors
    /// 404 for what is gone or in the trash; 403 for a page that is none of the
    /// channel's.
    pub fn admit(self, ticket: Option<Ticket>, directory: Option<Arc<Directory>>) -> Result<OwnTicket, Problem> {
        let ticket = ticket.filter(|ticket| ticket.lifecycle != Lifecycle::Trashed).ok_or_else(Problem::not_found)?;
        let channel = ticket.channel.ok_or_else(Problem::not_found)?;
        let directory = directory.ok_or_else(Problem::not_found)?;
        self.request.admit(directory.channels.get(&channel.id))?;
        Ok(OwnTicket { request: self.request, directory, ticket, channel })
    }
}

/// A visitor's own ticket as it is.
pub struct OwnTicket {
    /// What the request has at hand.
    pub request: RequestContext,
    /// The workspace.
    pub directory: Arc<Directory>,
    /// The ticket.
    pub ticket: Ticket,
    /// The channel that it came through.
    pub channel: ChannelRef,
}

impl FromRequestParts<App> for OwnTicket {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = TicketToken::from_request_parts(parts, app).await?;
        let PublicToken { workspace, ticket } = token.named;
        let (ticket, directory) =
            tokio::try_join!(app.tickets.ticket(workspace, ticket), app.directories.directory(workspace))?;
        token.admit(ticket, directory)
    }
}

impl OwnTicket {
    /// Executes what this visitor asks for.
    #[must_use]
    pub fn executor(&self, idempotency: Option<Idempotency>) -> Executor<'_> {
        let actor = Actor::Visitor {
            channel: self.channel.id,
            contact: self.ticket.contact.as_ref().map(|contact| contact.id),
            name: self.ticket.requester.name.clone(),
        };
        Executor {
            app: &self.request.app,
            workspace: self.ticket.workspace_id,
            context: self.request.context(actor, &self.directory),
            is_dry_run: false,
            idempotency,
            detail: ClientDetail::Ids,
        }
    }
}

/// `OPTIONS /intake/tickets/{public_token}…`: for the pages of the ticket's channel.
pub async fn preflight(own: OwnTicket) -> Result<Response, Problem> {
    own.request.origin.ok_or(OriginNotAllowed::Foreign)?;
    Ok(crate::cors::preflight())
}
