//! `POST /v1/reports/recount`: everything counted anew from the events.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    body::NoBody,
    execute::{DryRun, Executor},
    idempotency::Answer,
    problem::Problem,
    write::WriteOptions,
};
use lambdesk_domain::time::Timestamp;
use lambdesk_store_reports::Reports;
use serde::Serialize;

/// Pages of 100 events that one request counts at most.
const PAGES: usize = 30;

/// How far the recount has come.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RecountReport {
    /// Reports tell what was counted anew. Until then they tell the counts of before,
    /// and the same request goes on with the recount.
    is_complete: bool,
    /// Every change up to here is counted anew.
    as_of: Timestamp,
}

/// `POST /v1/reports/recount`: 200 when it is over, 202 while there is more to count.
/// It begins at the workspace's first event; those of purged tickets are still there.
pub async fn recount(
    session: Session,
    State(reports): State<Reports>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    session.require_admin()?;
    body.check()?;
    write.require_no_version("counts have no version; leave If-Match out")?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    if write.is_dry_run {
        return Ok(DryRun::answer(Vec::new()));
    }
    let created_at = session.directory.workspace.created_at;
    let recounted = reports.recount(session.workspace(), created_at, session.now, PAGES).await?;
    let status = if recounted.is_complete { StatusCode::OK } else { StatusCode::ACCEPTED };
    let answer = Answer::new(status, &RecountReport { is_complete: recounted.is_complete, as_of: recounted.as_of });
    // A recount that is repeated gives the same, so that its answer may be remembered after it.
    if let Some(record) = executor.remember(&answer) {
        session.app.table.remember(session.workspace(), &record, session.now).await?;
    }
    Ok(answer.into_response())
}
