//! The documentation of the API: the `OpenAPI` document, and a page made of it.
//!
//! Both are files of this folder, made by a test from the types of all functions
//! and kept in step by it (`tests/behaviour/openapi.rs`). The page works without
//! scripts and without any other address; a script adds the search.
//!
//! | to find | look in |
//! |---|---|
//! | `/openapi.json`, `/docs` | here |
//! | how the page is made of the document | [`page`](mod@page) |

pub mod openapi;
pub mod page;

use axum::{
    http::{
        HeaderName, HeaderValue,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY},
    },
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    function::{Routes, get},
    problem::Problem,
    query::QueryParameters,
};

/// The document.
pub const DOCUMENT: &str = include_str!("../assets/openapi.json");
const PAGE: &str = include_str!("../assets/docs.html");
const STYLE: &str = include_str!("../assets/docs.css");
const SCRIPT: &str = include_str!("../assets/docs.js");

/// Nothing but the page's own style and script, from its own origin.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// They change with a deployment only.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The routes of this function.
#[must_use]
pub fn routes() -> Routes<()> {
    Routes::new()
        .at("/openapi.json", get(document))
        .at("/docs", get(page))
        .at("/docs/style.css", get(style))
        .at("/docs/script.js", get(script))
}

/// `GET /openapi.json`: readable by any page, for tools.
async fn document(query: QueryParameters) -> Result<Response, Problem> {
    let mut response = file("application/json", DOCUMENT, query)?;
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}

/// `GET /docs`.
async fn page(query: QueryParameters) -> Result<Response, Problem> {
    let mut response = file("text/html; charset=utf-8", PAGE, query)?;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// `GET /docs/style.css`.
async fn style(query: QueryParameters) -> Result<Response, Problem> {
    file("text/css; charset=utf-8", STYLE, query)
}

/// `GET /docs/script.js`.
async fn script(query: QueryParameters) -> Result<Response, Problem> {
    file("text/javascript; charset=utf-8", SCRIPT, query)
}

fn file(kind: &'static str, text: &'static str, query: QueryParameters) -> Result<Response, Problem> {
    query.finish()?;
    let headers: [(HeaderName, HeaderValue); 2] =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CACHE_CONTROL, CACHED)];
    Ok((headers, text).into_response())
}
