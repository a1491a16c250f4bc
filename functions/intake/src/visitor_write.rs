//! What a visitor's write may say besides its body: an idempotency key.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use lambdesk_api::{
    idempotency::{Idempotency, IdempotencyKey},
    problem::Problem,
    state::App,
    write::WriteOptions,
};
use lambdesk_domain::id::WorkspaceId;

/// The key of a visitor's write. Silent writes and dry runs are for callers with
/// a key: a dry run would tell visitors what is ours to know.
#[derive(Debug)]
pub struct VisitorWrite(Option<IdempotencyKey>);

impl FromRequestParts<App> for VisitorWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let write = WriteOptions::from_request_parts(parts, app).await?;
        if write.is_silent || write.is_dry_run {
            let detail = "silent and dry_run are for callers with an API key";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail));
        }
        Ok(Self(write.idempotency))
    }
}

impl VisitorWrite {
    /// Bound to the visitor and to what was sent.
    #[must_use]
    pub fn bind(&self, workspace: WorkspaceId, visitor: &str, raw: &[u8]) -> Option<Idempotency> {
        self.0.as_ref().map(|key| key.bind(workspace, visitor, raw))
    }
}
