//! `POST /v1/channels/{channel_id}/identity-secret`: what a site's own login signs
//! its visitors' identity tokens with.

use crate::entries::load;
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    body::NoBody,
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    path::Id,
    problem::Problem,
    visitor::IdentitySecret,
    write::WriteOptions,
};
use lambdesk_domain::{
    directory::{Channel, Entry},
    id::ChannelId,
};
use lambdesk_store_directory::{EntryChange, EntryError};
use lambdesk_table::{AlreadyAnswered, version_of};
use serde::Serialize;

/// A channel's new identity secret.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "IdentitySecret")]
pub struct SecretView {
    channel_id: ChannelId,
    /// How many secrets the channel has had with this one.
    identity_generation: u32,
    /// The key of the HMAC: this text, as it is. Left out of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl SecretView {
    fn of(channel: &Channel) -> Self {
        Self { channel_id: channel.id, identity_generation: channel.identity_generation, secret: None }
    }

    fn exposed(channel: &Channel, session: &Session) -> Self {
        let secret = IdentitySecret::of(&session.app.sealing, session.workspace(), channel);
        Self { secret: secret.map(|secret| secret.expose().to_owned()), ..Self::of(channel) }
    }
}

/// Makes the channel's next identity secret, which is shown in this answer alone. The
/// one before proves nothing any more; sessions that began with it end by themselves.
pub async fn next_secret(
    session: Session,
    Id(id): Id<ChannelId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    session.require_admin()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    body.check()?;
    for _ in 0..ATTEMPTS {
        let (read, before) = load::<Channel>(&session, id.uuid()).await?;
        write.require_version(read.version())?;
        let generation = before.identity_generation.checked_add(1).ok_or_else(Problem::internal)?;
        let after = Channel { identity_generation: generation, ..before.clone() };
        if write.is_dry_run {
            return Ok(DryRun::between(&SecretView::of(&before), &SecretView::of(&after)));
        }
        let view = SecretView::exposed(&after, &session);
        let entry = Entry::Channel(after);
        let answer = Answer::ok(&view).with_version(version_of(&entry));
        let record = executor.remember(&answer);
        let change = EntryChange { before: &read, after: Some(&entry), co_condition: None, beside: Vec::new() };
        match session.app.directories.change_entry(session.workspace(), change, record.as_ref(), session.now).await {
            Ok(true) => return Ok(answer.into_response()),
            Ok(false) => {}
            Err(EntryError::Answered(AlreadyAnswered(record))) => return Ok(executor.replay(&record)?),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable())
}
