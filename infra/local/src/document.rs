//! The `OpenAPI` document of all functions together.

use crate::stack::functions;
use lambdesk_api::openapi::{self, Incomplete, Operations};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::HintQueue;

/// What every caller should know, in Markdown.
const ABOUT: &str = include_str!("document.md");

/// The document, made from the types of the functions.
///
/// # Errors
/// What the functions serve without describing it, or describe without serving it.
pub fn document() -> Result<serde_json::Value, Vec<Incomplete>> {
    let (queue, _) = HintQueue::local(1);
    let mut described = operations();
    let functions = functions(&AddressPolicy::public_only(), &queue).into_iter().map(|(name, function)| {
        let operations = described.iter().position(|(of, _)| *of == name).map(|index| described.swap_remove(index).1);
        (function, operations.unwrap_or_else(|| Operations::of(name, "")))
    });
    openapi::document(ABOUT, env!("CARGO_PKG_VERSION"), functions.collect())
}

/// What each function says of its operations beyond their signatures.
fn operations() -> Vec<(&'static str, Operations)> {
    vec![
        ("contacts", lambdesk_contacts::openapi::operations()),
        ("directory", lambdesk_directory::openapi::operations()),
        ("docs", lambdesk_docs::openapi::operations()),
        ("intake", lambdesk_intake::openapi::operations()),
        ("messages", lambdesk_messages::openapi::operations()),
        ("reports", lambdesk_reports::openapi::operations()),
        ("tickets", lambdesk_tickets::openapi::operations()),
        ("webhooks", lambdesk_webhooks::openapi::operations()),
    ]
}
