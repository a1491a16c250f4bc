//! The operator's token: whoever runs the installation may make workspaces.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
};
use lambdesk_api::problem::Problem;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;

/// The operator's token, as its SHA-256 only.
#[derive(Clone)]
pub struct OperatorToken([u8; 32]);

impl OperatorToken {
    /// The token as it is configured: none where it is absent or empty.
    #[must_use]
    pub fn of(configured: Option<&SecretString>) -> Option<Self> {
        let text = configured?.expose_secret().trim();
        (!text.is_empty()).then(|| Self(hash(text)))
    }

    /// Whether this is the token. Takes the same time wherever they differ.
    fn is(&self, text: &str) -> bool {
        self.0.ct_eq(&hash(text)).into()
    }
}

impl fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorToken(redacted)")
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// A caller who has shown the operator's token.
#[derive(Debug, Clone, Copy)]
pub struct Operator;

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header =
            parts.headers.get(AUTHORIZATION).ok_or_else(|| Problem::unauthorized("the operator's token is needed"))?;
        let token =
            parts.extensions.get::<Option<OperatorToken>>().and_then(Option::as_ref).ok_or_else(switched_off)?;
        let text = header.to_str().unwrap_or_default().trim();
        let given = match text.split_once(' ') {
            Some((scheme, given)) if scheme.eq_ignore_ascii_case("bearer") => given.trim(),
            _ => text,
        };
        if token.is(given) { Ok(Self) } else { Err(Problem::unauthorized("this is not the operator's token")) }
    }
}

fn switched_off() -> Problem {
    let detail = "making workspaces is switched off: this installation has no operator token";
    Problem::new(StatusCode::FORBIDDEN, "bootstrap_off", detail)
}
