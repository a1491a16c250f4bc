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
/// What the functions serve without telling, or tell without serving.
pub fn document() -> Result<serde_json::Value, Vec<Incomplete>> {
    let (queue, _) = HintQueue::local(1);
    let mut told = told();
    let functions = functions(&AddressPolicy::public_only(), &queue).into_iter().map(|(name, routes)| {
        let operations = told.iter().position(|(of, _)| *of == name).map(|index| told.swap_remove(index).1);
        (routes, operations.unwrap_or_else(|| Operations::of(name, "")))
    });
    openapi::document(ABOUT, env!("CARGO_PKG_VERSION"), functions.collect())
}

fn told() -> Vec<(&'static str, Operations)> {
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
