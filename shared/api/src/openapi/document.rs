//! The whole document.

use super::{
    operation::{Finished, Operation},
    operations::Operations,
    schemas::Schemas,
};
use crate::{function::Function, problem::ProblemDocument};
use axum::http::StatusCode;
use lambdesk_domain::events::Event;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where routes and descriptions don't fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// Served, but nothing is told of its handler.
    #[error("{0} is not told of: add it to openapi.rs of its function")]
    Untold(String),
    /// Told of, but served nowhere.
    #[error("{0} of the handlers under {1} are told of, but no route serves them")]
    Unserved(usize, &'static str),
}

/// Makes the document of these functions, each with what it serves and what is told
/// of them. `about` is its description, in Markdown.
///
/// # Errors
/// Every handler that is served but not told of, and told of but not served.
pub fn document(about: &str, version: &str, functions: Vec<(Function, Operations)>) -> Result<Json, Vec<Incomplete>> {
    let mut document = Document31::default();
    for (function, operations) in functions {
        document.add(&function, &operations);
    }
    if !document.faults.is_empty() {
        return Err(document.faults);
    }
    Ok(document.finish(about, version))
}

/// A document in the making.
#[derive(Default)]
struct Document31 {
    schemas: Schemas,
    tags: Vec<Json>,
    /// By path and method, in this order.
    operations: BTreeMap<(String, String), Finished>,
    faults: Vec<Incomplete>,
}

impl Document31 {
    fn add(&mut self, function: &Function, operations: &Operations) {
        let mut served = BTreeSet::new();
        for route in function.served() {
            let method = route.method.as_str().to_ascii_lowercase();
            let Some(told) = operations.told.get(&route.handler) else {
                self.faults.push(Incomplete::Untold(format!("{} {}", route.method, route.path)));
                continue;
            };
            served.insert(route.handler);
            let mut finished = Operation::told(told, route, operations.access, &mut self.schemas);
            finished.members.insert("tags".to_owned(), json!([operations.tag]));
            finished.members.insert("operationId".to_owned(), operation_id(&method, route.path).into());
            self.operations.insert((route.path.to_owned(), method), finished);
        }
        let unserved = operations.told.len() - served.len();
        if unserved > 0 {
            self.faults.push(Incomplete::Unserved(unserved, operations.tag));
        }
        self.tags.push(json!({ "name": operations.tag, "description": operations.about }));
    }

    fn finish(mut self, about: &str, version: &str) -> Json {
        let event = self.schemas.answered::<Event>();
        let problem = self.schemas.answered::<ProblemDocument<'static>>();
        let mut sent: Vec<&mut Json> = Vec::new();
        for finished in self.operations.values_mut() {
            sent.extend(finished.members.get_mut("parameters"));
            sent.extend(finished.body.as_mut());
        }
        let schemas = self.schemas.finish(&mut sent);
        let parameters = share_parameters(self.operations.values_mut());
        json!({
            "openapi": "3.1.0",
            "info": { "title": "Lambdesk", "version": version, "description": about, "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
            "servers": [{ "url": "/" }],
            "tags": self.tags,
            "paths": paths(self.operations),
            "webhooks": { "event": webhook(&event) },
            "components": {
                "schemas": schemas,
                "parameters": parameters,
                "responses": problems(&problem),
                "headers": headers(),
                "securitySchemes": security_schemes(),
            },
        })
    }
}

/// The parameters that most operations have, told once.
const SHARED: [&str; 9] =
    ["limit", "cursor", "page", "with_total", "silent", "dry_run", "If-Match", "If-None-Match", "Idempotency-Key"];

/// Takes the shared parameters out of the operations; one that is told in another
/// way somewhere stays there.
fn share_parameters<'a>(operations: impl Iterator<Item = &'a mut Finished>) -> Map<String, Json> {
    let mut shared = Map::new();
    let lists = operations.filter_map(|operation| operation.members.get_mut("parameters")?.as_array_mut());
    for parameter in lists.flatten() {
        let name = parameter.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        if !SHARED.contains(&name.as_str()) {
            continue;
        }
        let reference = json!({ "$ref": format!("#/components/parameters/{name}") });
        if shared.entry(name).or_insert_with(|| parameter.clone()) == parameter {
            *parameter = reference;
        }
    }
    shared
}

fn paths(operations: BTreeMap<(String, String), Finished>) -> Map<String, Json> {
    let mut paths = Map::new();
    for ((path, method), Finished { mut members, body }) in operations {
        members.extend(body.map(|body| ("requestBody".to_owned(), body)));
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Json::Object(item) = item {
            item.insert(method, members.into());
        }
    }
    paths
}

/// `put_v1_tickets_ticket_id_status`: the method and the path's words.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

/// What is sent to webhooks.
#[must_use]
pub fn webhook(event: &Json) -> Json {
    let about = "Sent to every webhook that asks for one of its types, as the Standard Webhooks specification has it: \
                 at least once, with the same `webhook-id` on every attempt. Any 2xx takes it.";
    let header = |name: &str, about: &str| json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" }, "description": about });
    json!({ "post": {
        "summary": "Something happened to a ticket or a contact",
        "description": about,
        "parameters": [
            header("webhook-id", "The event's id."),
            header("webhook-timestamp", "When this attempt was made, in seconds since 1970."),
            header("webhook-signature", "`v1,` and an HMAC-SHA256 in base64 over id, timestamp and body; one for every live secret, separated by spaces."),
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": event } } },
        "responses": { "2XX": { "description": "Taken." } },
    } })
}

/// Why requests are refused: one response for each status.
const PROBLEMS: [(u16, &str); 11] = [
    (400, "It can't be read, or has unknown or bad query parameters."),
    (401, "No key or token, or one that is unknown, revoked or expired."),
    (403, "Visible, but a rule forbids it; the rule is named."),
    (404, "Absent, or not visible to the caller."),
    (409, "Not in the state that it is in now, or taken."),
    (412, "Changed since the caller saw it; `current_version` tells the version."),
    (413, "The body, or a part of it, is too large."),
    (415, "The body has the wrong content type."),
    (422, "Read, but these fields are bad: all of them are in `errors`."),
    (429, "Too many requests; `Retry-After` says how long to wait."),
    (410, "Gone for good."),
];

fn problems(schema: &Json) -> Map<String, Json> {
    let response = |about: &str, headers: &[&str]| {
        let headers: Map<_, _> = headers
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
            .collect();
        json!({
            "description": about,
            "headers": headers,
            "content": { "application/problem+json": { "schema": schema } },
        })
    };
    let mut problems: Map<_, _> = PROBLEMS
        .iter()
        .map(|(status, about)| {
            let headers: &[&str] = match *status {
                429 => &["X-Request-Id", "Retry-After"],
                _ => &["X-Request-Id"],
            };
            debug_assert!(StatusCode::from_u16(*status).is_ok());
            (status.to_string(), response(about, headers))
        })
        .collect();
    problems.insert(
        "5XX".to_owned(),
        response("A defect of ours (500), or it passes by itself (503, with `Retry-After`).", &["X-Request-Id"]),
    );
    problems
}

fn headers() -> Json {
    let header = |about: &str, schema: Json| json!({ "description": about, "schema": schema });
    let text = || json!({ "type": "string" });
    json!({
        "ETag": header("Its version, for `If-Match`.", json!({ "type": "string", "pattern": "^\"[0-9]+\"$" })),
        "Link": header("The neighbours of the page (RFC 8288).", text()),
        "Location": header("Its path.", text()),
        "Retry-After": header("Seconds to wait.", json!({ "type": "integer", "minimum": 1 })),
        "X-Request-Id": header("Names the request, for support.", json!({ "type": "string", "format": "uuid" })),
    })
}

fn security_schemes() -> Json {
    let bearer = |about: &str| json!({ "type": "http", "scheme": "bearer", "description": about });
    json!({
        "key": bearer("An API key: `ldk_…`, as it was shown when it was made."),
        "operator": bearer("The token of whoever runs the installation."),
        "session": bearer("A visitor's session, as `POST /intake/{channel_token}/session` answers it."),
    })
}
