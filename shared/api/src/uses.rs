//! What uses something that is to be deleted, as a refusal tells it.

pub use lambdesk_store_tickets::{UsedBy, UserKind};

use crate::problem::Problem;
use serde_json::{Value as Json, json};

/// How many uses of a kind are named.
pub const NAMED: usize = 10;

/// 409 `in_use`, naming the uses, and what is to be said of it besides.
#[must_use]
pub fn in_use(uses: &[UsedBy], remedy: &str) -> Problem {
    let is_sure = uses.is_empty() || uses.iter().any(|used| !used.ids.is_empty());
    let begin =
        if is_sure { "it is still in use" } else { "it may still be in use: not every ticket could be looked at" };
    Problem::conflict("in_use", format!("{begin}; {remedy}"))
        .with_extra("uses", uses.iter().map(told).collect::<Vec<_>>())
}

fn told(UsedBy { kind, ids, is_exact }: &UsedBy) -> Json {
    let named: Vec<_> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    json!({"kind": kind, "count": ids.len(), "is_exact": is_exact, "ids": named})
}
