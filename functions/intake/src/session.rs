//! `POST /intake/{channel_token}/session`: a page of the channel's asks for a
//! session, with which it may open tickets for half an hour.

use crate::door::Door;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    body::{Checker, Input, OptionalJsonBody, Unknown},
    idempotency::Answer,
    openapi::nullable,
    problem::Problem,
    query::Query,
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
    channel: ChannelView,
}

/// The channel as its pages may know it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "IntakeChannel")]
pub struct ChannelView {
    name: Name,
    #[serde(rename = "type")]
    kind: ChannelType,
    color: Option<Color>,
}

/// Nothing is stored, so there is nothing to repeat: an `Idempotency-Key` changes
/// nothing here.
pub async fn begin(door: Door, query: Query, body: OptionalJsonBody<SessionBody>) -> Result<Response, Problem> {
    query.finish()?;
    let identity = body.value.unwrap_or_default().check()?;
    let origin = door.page()?.serialized();
    door.require_on()?;
    let identity = match identity {
        Some(token) => Some(door.identity(&token).await?),
        None => None,
    };
    let app = &door.visit.app;
    let session = IntakeSession::begin(app.new_id(), origin, identity, door.visit.now);
    let view = SessionView {
        session: session.seal(&app.sealing, door.directory.workspace.id, door.channel.id),
        expires_at: session.expires_at,
        channel: ChannelView {
            name: door.channel.name.clone(),
            kind: door.channel.kind,
            color: door.channel.color.clone(),
        },
    };
    Ok(Answer::new(StatusCode::CREATED, &view).into_response())
}
