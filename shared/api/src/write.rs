//! What any write may say besides its body: silent, dry run, the version seen, an
//! idempotency key.

use crate::{
    auth::Session,
    idempotency::IdempotencyKey,
    precondition::{IfMatch, require_no_if_none_match},
    problem::Problem,
    query::QueryParameters,
};
use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
};
use lambdesk_domain::{
    command::Context,
    id::{Version, VersionSet},
};

/// The circumstances of a write. Query parameters other than its own are refused.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Recorded, without outward effect.
    pub is_silent: bool,
    /// Nothing recorded: tell what would follow.
    pub is_dry_run: bool,
    /// The versions one of which the caller has seen.
    pub if_match: Option<VersionSet>,
    /// The key under which the answer is remembered; of POST only.
    pub idempotency: Option<IdempotencyKey>,
}

impl<S: Send + Sync> FromRequestParts<S> for WriteOptions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = QueryParameters::from_request_parts(parts, state).await?;
        Self::read(parts, query)
    }
}

impl WriteOptions {
    /// Reads the circumstances, of whose query somebody has taken more already.
    ///
    /// # Errors
    /// 400 for parameters that nobody takes and for headers that can't be read.
    pub fn read(parts: &Parts, mut query: QueryParameters) -> Result<Self, Problem> {
        let is_silent = query.flag("silent").unwrap_or(false);
        let is_dry_run = query.flag("dry_run").unwrap_or(false);
        query.finish()?;
        require_no_if_none_match(&parts.headers)?;
        let is_post = parts.method == Method::POST;
        let idempotency = if is_post { IdempotencyKey::of(parts)? } else { None };
        Ok(Self { is_silent, is_dry_run, if_match: IfMatch::of(&parts.headers)?.0, idempotency })
    }

    /// Holds the write to a version that the caller has seen.
    ///
    /// # Errors
    /// 412 with the present one.
    pub fn require_version(&self, current: Version) -> Result<(), Problem> {
        match &self.if_match {
            Some(seen) if !seen.contains(current) => Err(Problem::stale(current)),
            _ => Ok(()),
        }
    }

    /// Refuses `If-Match` where there is no version that it could name: it is false of
    /// what is not there (RFC 9110, section 13.1.1). `detail` says so.
    ///
    /// # Errors
    /// 412 `no_version`.
    pub fn require_no_version(&self, detail: &'static str) -> Result<(), Problem> {
        match self.if_match {
            Some(_) => Err(Problem::new(StatusCode::PRECONDITION_FAILED, "no_version", detail)),
            None => Ok(()),
        }
    }

    /// As [`WriteOptions::require_no_version`], for what is made by this write.
    ///
    /// # Errors
    /// As there.
    pub fn require_new(&self) -> Result<(), Problem> {
        self.require_no_version("what is to be made has no version yet; leave If-Match out")
    }

    /// The circumstances as the domain wants them.
    #[must_use]
    pub fn context(&self, session: &Session) -> Context {
        Context {
            actor: session.actor.clone(),
            rules: session.directory.workspace.access,
            request_id: Some(session.request_id),
            is_silent: self.is_silent,
            if_match: self.if_match.clone(),
            now: session.now,
        }
    }
}

/// A write that may be told to go on although something is in use.
#[derive(Debug, Clone)]
pub struct Forcible {
    /// The write.
    pub write: WriteOptions,
    /// Whatever uses it is left without it.
    pub is_forced: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Forcible {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = QueryParameters::from_request_parts(parts, state).await?;
        Self::read(parts, query)
    }
}

impl Forcible {
    /// Reads it, of whose query somebody has taken more already.
    ///
    /// # Errors
    /// As [`WriteOptions::read`].
    pub fn read(parts: &Parts, mut query: QueryParameters) -> Result<Self, Problem> {
        let is_forced = query.flag("force").unwrap_or(false);
        Ok(Self { write: WriteOptions::read(parts, query)?, is_forced })
    }
}
