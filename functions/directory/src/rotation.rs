//! `POST /v1/api-keys/{api_key_id}/rotate`: a new secret, while the old one lives on.

use crate::{
    key_rules::{holders_role, maker, may_grant, may_prolong},
    key_view::KeyView,
    keys::find,
};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{BearerKey, Session},
    body::{Checker, Input, OptionalJsonBody, Unknown},
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    path::Id,
    problem::Problem,
    write::WriteOptions,
};
use lambdesk_domain::id::ApiKeyId;
use lambdesk_store_directory::KeyChange;
use lambdesk_table::{AlreadyAnswered, AnswerError};
use serde::Deserialize;
use std::time::Duration;

/// Hours that the old secret is taken when nothing else is asked for.
const OVERLAP: u64 = 24;
/// The most hours that can be asked for: 30 days.
const LONGEST_OVERLAP: u64 = 30 * 24;

/// How a key is rotated.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "KeyRotation")]
pub struct RotationBody {
    /// How many hours the old secret is taken, too: 0 to 720.
    #[schemars(range(max = LONGEST_OVERLAP))]
    overlap_hours: Input<u64>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl RotationBody {
    fn overlap(self) -> Result<Duration, Problem> {
        let mut check = Checker::new();
        let hours = check.present("/overlap_hours", self.overlap_hours).unwrap_or(OVERLAP);
        if hours > LONGEST_OVERLAP {
            check.error("/overlap_hours", "invalid", format!("must be 0 to {LONGEST_OVERLAP} hours"));
        }
        check.unknown("", self.unknown);
        check.finish()?;
        Ok(Duration::from_hours(hours))
    }
}

/// Gives a key another secret, which is shown in this answer alone. The secret that it
/// had is taken for the overlap; one from a rotation before that no more, so that two
/// live at most. Whoever rotates a key could have made it: with an
/// end that is no later than the own.
pub async fn rotate(
    session: Session,
    Id(id): Id<ApiKeyId>,
    write: WriteOptions,
    body: OptionalJsonBody<RotationBody>,
) -> Result<Response, Problem> {
    session.require_admin()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let until = session.now.plus(body.value.unwrap_or_default().overlap()?);
    for _ in 0..ATTEMPTS {
        let listed = find(&session, id).await?;
        write.require_version(listed.version())?;
        may_grant(&session, listed.key.scopes, holders_role(&session, &listed.key).await?)?;
        may_prolong(&session, &listed.key)?;
        let (text, hash) = BearerKey::generate(session.workspace());
        let change = KeyChange::Rotate { hash: &hash, until, by: Some(maker(&session)) };
        let after = listed.after(change).ok_or_else(Problem::internal)?;
        if write.is_dry_run {
            let now = session.now;
            return Ok(DryRun::between(&KeyView::listed(listed, now), &KeyView::listed(after, now)));
        }
        let version = after.version();
        let answer = Answer::ok(&KeyView::listed(after, session.now).with_text(text)).with_version(version);
        let record = executor.remember(&answer);
        match session.app.directories.change_api_key(&listed, change, record.as_ref(), session.now).await {
            Ok(true) => return Ok(answer.into_response()),
            Ok(false) => {}
            Err(AnswerError::Answered(AlreadyAnswered(record))) => return Ok(executor.replay(&record)?),
            Err(AnswerError::Table(error)) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable())
}
