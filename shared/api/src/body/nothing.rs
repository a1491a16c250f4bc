//! The body of a request that has nothing to say.

use super::{Checker, OptionalJsonBody, Unknown};
use crate::problem::Problem;
use serde::Deserialize;

/// Nothing needs to be said, and nothing may.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Nothing {
    #[serde(flatten)]
    unknown: Unknown,
}

/// No body, or an empty object.
pub type NoBody = OptionalJsonBody<Nothing>;

impl NoBody {
    /// Refuses whatever is said.
    ///
    /// # Errors
    /// 422 naming the fields.
    pub fn check(&self) -> Result<(), Problem> {
        let mut checker = Checker::new();
        if let Some(said) = &self.value {
            checker.unknown("", said.unknown.clone());
        }
        checker.finish()
    }
}
