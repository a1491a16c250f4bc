//! What an event says of a field that changed.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One changed field. Personal fields are named without their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Before.
    pub from: Json,
    /// After.
    pub to: Json,
    /// The values are personal and left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_redacted: bool,
}

/// The name that stands for "some fields, nobody knows which" in a change.
pub const UNKNOWN_FIELD: &str = "*";

impl FieldChange {
    /// Of a field whose values may be told.
    pub(super) fn of(field: &str, from: &impl Serialize, to: &impl Serialize) -> Self {
        let (from, to) = (serde_json::to_value(from), serde_json::to_value(to));
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        Self { field: field.to_owned(), from, to, is_redacted: false }
    }

    /// Of a field whose values are personal.
    pub(super) fn redacted(field: &str) -> Self {
        Self { field: field.to_owned(), from: Json::Null, to: Json::Null, is_redacted: true }
    }

    /// Of nobody knows which fields.
    #[must_use]
    pub fn unknown() -> Self {
        Self::redacted(UNKNOWN_FIELD)
    }
}
