//! Access to a channel by its public token: from the path and the page's origin to the
//! channel and its workspace. Mostly from a cached directory; where none is cached or that
//! one doesn't know the token, one read of the channel's own item, and for a good token
//! one of the directory.

use crate::{
    cors::AllowedOrigin,
    origin::{OriginNotAllowed, WebOrigin},
};
use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION, request::Parts},
    response::Response,
};
use lambdesk_api::{
    channel_token::ChannelToken, layer::new_request_id, problem::Problem, state::App, visitor::IntakeSession,
};
use lambdesk_domain::{
    access::Actor,
    command::Context,
    directory::{Channel, Directory},
    id::RequestId,
    status::ChannelType,
    time::Timestamp,
};
use lambdesk_store_directory::Directories;
use lambdesk_table::TableError;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// What a visitor's request has at hand, whichever way it came in.
#[derive(Clone)]
pub struct RequestContext {
    /// The function's state.
    pub app: App,
    /// The request.
    pub request_id: RequestId,
    /// When it came.
    pub now: Timestamp,
    /// The page that it comes from.
    pub origin: Option<WebOrigin>,
    allowed: AllowedOrigin,
}

impl RequestContext {
    /// # Errors
    /// 403 for an origin that no page can have.
    pub fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self {
            app: app.clone(),
            request_id: parts.extensions.get().copied().unwrap_or_else(new_request_id),
            now: app.clock.now(),
            origin: WebOrigin::of(&parts.headers)?,
            allowed: parts.extensions.get().cloned().unwrap_or_default(),
        })
    }

    /// Holds the page, where there is one, to the channel's hosts; no channel has none.
    ///
    /// # Errors
    /// 403.
    pub fn admit(&self, channel: Option<&Channel>) -> Result<(), Problem> {
        let Some(origin) = &self.origin else {
            return Ok(());
        };
        let hosts = channel.map(|channel| channel.hostnames.as_slice());
        origin.require_covered_by(hosts.unwrap_or_default())?;
        self.allowed.set(origin);
        Ok(())
    }

    /// The circumstances of what this visitor does.
    #[must_use]
    pub fn context(&self, actor: Actor, directory: &Directory) -> Context {
        Context {
            actor,
            rules: directory.workspace.access,
            request_id: Some(self.request_id),
            is_silent: false,
            if_match: None,
            now: self.now,
        }
    }
}

/// A channel whose current public token was shown, by nobody or by one of its pages.
pub struct ChannelAccess {
    /// What the request has at hand.
    pub request: RequestContext,
    /// The workspace.
    pub directory: Arc<Directory>,
    /// The channel.
    pub channel: Channel,
}

impl FromRequestParts<App> for ChannelAccess {
    type Rejection = Problem;

    /// 404 for a token that names no form or chat, or is no longer the channel's;
    /// 403 for a page that is none of the channel's.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let token = path.ok().and_then(|Path(token)| token.parse::<ChannelToken>().ok());
        let token = token.ok_or_else(Problem::not_found)?;
        let request = RequestContext::of(parts, app)?;
        let found = channel_of(&request.app.directories, &token).await?;
        let (directory, channel) = found.ok_or_else(Problem::not_found)?;
        request.admit(Some(&channel))?;
        Ok(Self { request, directory, channel })
    }
}

/// The channel that a token names. Where no remembered directory knows it, the channel's
/// own item is read, so that new tokens work at once, and only a good token has the
/// directory read; a bad one is refused without a look for a while.
async fn channel_of(
    directories: &Directories,
    token: &ChannelToken,
) -> Result<Option<(Arc<Directory>, Channel)>, TableError> {
    let known = |directory: Arc<Directory>| {
        let channel = directory.channels.get(&token.channel).and_then(|channel| open_channel(channel, token))?;
        Some((directory, channel))
    };
    if let Some(found) = directories.cached_directory(token.workspace).and_then(known) {
        return Ok(Some(found));
    }
    let hash = Sha256::digest(token.to_string()).into();
    if directories.is_refused(&hash) {
        return Ok(None);
    }
    let channel = directories.channel(token.workspace, token.channel).await?;
    if channel.and_then(|channel| open_channel(&channel, token)).is_none() {
        directories.refuse(hash);
        return Ok(None);
    }
    Ok(directories.fresh_directory(token.workspace).await?.and_then(known))
}

fn open_channel(channel: &Channel, token: &ChannelToken) -> Option<Channel> {
    let is_public = matches!(channel.kind, ChannelType::Form | ChannelType::Chat);
    (is_public && token.matches(channel)).then(|| channel.clone())
}

impl ChannelAccess {
    /// The page's origin, where there must be one.
    ///
    /// # Errors
    /// 403 when the request comes from no page.
    pub fn page(&self) -> Result<&WebOrigin, Problem> {
        self.request.origin.as_ref().ok_or_else(|| OriginNotAllowed::Foreign.into())
    }

    /// Holds the channel to being on.
    ///
    /// # Errors
    /// 403.
    pub fn require_on(&self) -> Result<(), Problem> {
        if self.channel.is_enabled {
            return Ok(());
        }
        let detail = "this channel is switched off and takes no new tickets";
        Err(Problem::new(StatusCode::FORBIDDEN, "channel_off", detail))
    }

    /// The session that was shown, in `Authorization: Bearer` or, for plain forms,
    /// in the body.
    ///
    /// # Errors
    /// 401 for none and for one that has expired, is another channel's or is not
    /// ours; 403 when another page shows it than the one that it was given to, or
    /// when that page's host is no longer one of the channel's.
    pub fn session(&self, headers: &HeaderMap, in_body: Option<&str>) -> Result<IntakeSession, Problem> {
        let RequestContext { app, now, .. } = &self.request;
        let workspace = self.directory.workspace.id;
        let session = bearer(headers)
            .or(in_body)
            .and_then(|text| IntakeSession::open(text, &app.sealing, workspace, self.channel.id, *now))
            .ok_or_else(|| Problem::unauthorized("a session of this channel is needed; it is good for half an hour"))?;
        let given_to = WebOrigin::parse(&session.origin)
            .filter(|origin| origin.is_covered_by(&self.channel.hostnames))
            .ok_or(OriginNotAllowed::Foreign)?;
        match &self.request.origin {
            Some(origin) if *origin != given_to => Err(OriginNotAllowed::Foreign.into()),
            _ => Ok(session),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// `OPTIONS /intake/{channel_token}/…`: for the channel's own pages.
pub async fn preflight(access: ChannelAccess) -> Result<Response, Problem> {
    access.page()?;
    Ok(crate::cors::preflight())
}
