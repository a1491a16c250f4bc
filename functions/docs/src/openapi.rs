//! What the `OpenAPI` document tells of itself.

use lambdesk_api::openapi::{Operation, Operations};
use serde_json::json;

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    let text = |kind: &'static str| {
        move |op: &mut Operation| op.answers(200, "The file.", Some((kind, json!({ "type": "string" }))))
    };
    Operations::of("Documentation", "This document, and a page made of it.")
        .op(crate::document, "The OpenAPI document", |op| {
            op.answers(200, "The document.", Some(("application/json", json!({ "type": "object" }))));
        })
        .op(crate::page, "The document as a page", text("text/html"))
        .op(crate::style, "The page's style", text("text/css"))
        .op(crate::script, "The page's script", text("text/javascript"))
}
