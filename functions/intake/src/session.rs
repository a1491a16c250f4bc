//! `POST /intake/{channel_token}/session`: a page of the channel's asks for a
//! session, with which it may open tickets for half an hour.

use crate::channel_access::ChannelAccess;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    body::{Checker, Input, OptionalJsonBody, Unknown},
    idempotency::Answer,
    openapi::nullable,
    problem::Problem,
    query::QueryParameters,
    visitor::IntakeSession,
};
use lambdesk_domain::{
    status::ChannelType,
    text::{Color, Name},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a session may begin with.
#[derive(Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "IntakeSessionBody")]
pub struct SessionBody {
    /// Who the visitor is, by the word of the site's own login: a JWT (HS256 with the
    /// channel's identity secret, at most 4,096 characters) with `sub`, `exp` within an
    /// hour, and perhaps `email` and `name`. What is opened in the session is then
    /// `portal`, not `guest`.
    #[schemars(transform = nullable)]
    identity: Input<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl SessionBody {
    fn check(self) -> Result<Option<String>, Problem> {
        let mut checker = Checker::new();
        let identity = checker.optional("/identity", self.identity);
        checker.unknown("", self.unknown);
        checker.finish()?;
        Ok(identity)
    }
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "IntakeSession")]
pub struct SessionView {
    session: String,
    expires_at: Timestamp,
    channel: IntakeChannelView,
}

/// The channel as its pages may know it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "IntakeChannel")]
pub struct IntakeChannelView {
    name: Name,
    #[serde(rename = "type")]
    kind: ChannelType,
    color: Option<Color>,
}

/// Nothing is stored, so there is nothing to repeat: an `Idempotency-Key` changes
/// nothing here.
pub async fn begin(
    access: ChannelAccess,
    query: QueryParameters,
    body: OptionalJsonBody<SessionBody>,
) -> Result<Response, Problem> {
    query.finish()?;
    let identity = body.value.unwrap_or_default().check()?;
    let origin = access.page()?.serialized();
    access.require_on()?;
    let identity = match identity {
        Some(token) => Some(access.identity(&token).await?),
        None => None,
    };
    let app = &access.request.app;
    let session = IntakeSession::begin(app.new_id(), origin, identity, access.request.now);
    let view = SessionView {
        session: session.seal(&app.sealing, access.directory.workspace.id, access.channel.id),
        expires_at: session.expires_at,
        channel: IntakeChannelView {
            name: access.channel.name.clone(),
            kind: access.channel.kind,
            color: access.channel.color.clone(),
        },
    };
    Ok(Answer::new(StatusCode::CREATED, &view).into_response())
}
