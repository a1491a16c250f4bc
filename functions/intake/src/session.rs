//! `POST /intake/{channel_token}/session`: a page of the channel's asks for a
//! session, with which it may open tickets for half an hour.

use crate::{body::NoBody, door::Door};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    body::OptionalJsonBody, idempotency::Answer, problem::Problem, query::Query, visitor::IntakeSession,
};
use lambdesk_domain::{
    status::ChannelType,
    text::{Color, Name},
    time::Timestamp,
};
use serde::Serialize;

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
pub async fn begin(door: Door, query: Query, body: OptionalJsonBody<NoBody>) -> Result<Response, Problem> {
    query.finish()?;
    NoBody::check(&body)?;
    let origin = door.page()?.serialized();
    door.require_on()?;
    let app = &door.visit.app;
    let session = IntakeSession::begin(app.new_id(), origin, door.visit.now);
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
