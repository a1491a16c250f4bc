//! Bodies as arguments of handlers.

use super::document::from_slice;
use crate::{
    media::{self, BodyMediaType},
    problem::Problem,
};
use axum::{
    body::{Body, Bytes},
    extract::FromRequest,
    http::Request,
};
use serde::de::DeserializeOwned;

/// A body that must be there and be `application/json`.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// What it says.
    pub value: T,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

/// A merge patch (RFC 7396), as `application/merge-patch+json` or `application/json`.
#[derive(Debug, Clone)]
pub struct PatchBody<T> {
    /// What it says.
    pub value: T,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

/// A body that may be left out.
#[derive(Debug, Clone)]
pub struct OptionalJsonBody<T> {
    /// What it says; none when the body is empty.
    pub value: Option<T>,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let (_, raw) = media::read(request, &[BodyMediaType::Json]).await?;
        Ok(Self { value: from_slice(&raw)?, raw })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for PatchBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let (_, raw) = media::read(request, &[BodyMediaType::MergePatch, BodyMediaType::Json]).await?;
        Ok(Self { value: from_slice(&raw)?, raw })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let media_type = media::media_type(request.headers(), &[BodyMediaType::Json]);
        let raw = media::read_bytes(request).await?;
        if raw.is_empty() {
            return Ok(Self { value: None, raw });
        }
        media_type?;
        Ok(Self { value: Some(from_slice(&raw)?), raw })
    }
}
