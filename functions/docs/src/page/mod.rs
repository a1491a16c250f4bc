//! The page: the document as HTML, whole without scripts.

mod json;
mod markdown;
mod schema;

use json::{items, members, part, text};
use markdown::markdown;
use maud::{DOCTYPE, Markup, html};
use schema::{properties, spelled};
use serde_json::Value as Json;

/// The methods in the order in which they are shown.
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "options"];

/// The page of a document as `lambdesk_api::openapi::document` makes it.
#[must_use]
pub fn render(document: &Json) -> String {
    let info = &document["info"];
    let title = format!("{} API", text(&info["title"]));
    let groups: Vec<Section<'_>> = items(&document["tags"]).map(|tag| Section::of(tag, document)).collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href="docs/style.css";
                script defer src="docs/script.js" {}
            }
            body {
                nav { (contents(&groups)) }
                main {
                    header {
                        h1 { (title) " " small { (text(&info["version"])) } }
                        (markdown(text(&info["description"])))
                        p { a href="openapi.json" { "openapi.json" } " (OpenAPI " (text(&document["openapi"])) ")" }
                    }
                    (keys(document))
                    @for group in &groups { (group.section(document)) }
                    (webhooks(document))
                    (schemas(document))
                }
            }
        }
    }
    .into_string()
}

/// The operations under one heading.
struct Section<'a> {
    tag: &'a Json,
    operations: Vec<DocumentedOperation<'a>>,
}

/// One operation and where it is.
struct DocumentedOperation<'a> {
    method: &'a str,
    path: &'a str,
    description: &'a Json,
}

impl<'a> Section<'a> {
    fn of(tag: &'a Json, document: &'a Json) -> Self {
        let of_path = |(path, item): (&'a String, &'a Json)| {
            let at = move |method: &&'static str| {
                Some(DocumentedOperation { method, path, description: item.get(*method)? })
            };
            METHODS.iter().filter_map(at).collect::<Vec<_>>()
        };
        let all = members(&document["paths"]).flat_map(of_path);
        Self {
            tag,
            operations: all.filter(|operation| operation.description.pointer("/tags/0") == tag.get("name")).collect(),
        }
    }

    fn name(&self) -> &'a str {
        text(&self.tag["name"])
    }

    fn section(&self, document: &Json) -> Markup {
        html! {
            section id=(anchor(self.name())) {
                h2 { (self.name()) }
                (markdown(text(&self.tag["description"])))
                @for operation in &self.operations { (operation.article(document)) }
            }
        }
    }
}

impl DocumentedOperation<'_> {
    fn id(&self) -> &str {
        text(&self.description["operationId"])
    }

    fn article(&self, document: &Json) -> Markup {
        html! {
            details.operation id=(self.id()) {
                summary {
                    span.method.(self.method) { (self.method) } " "
                    code.path { (self.path) } " "
                    span { (text(&self.description["summary"])) }
                }
                (markdown(text(&self.description["description"])))
                @if let Some((scheme, _)) = members(part(self.description, "/security/0")).next() {
                    p.needs { "Needs: " a href={ "#security-" (scheme) } { (scheme) } }
                }
                (parameters(&self.description["parameters"], document))
                (body(&self.description["requestBody"]))
                (responses(&self.description["responses"], document))
            }
        }
    }
}

fn contents(groups: &[Section<'_>]) -> Markup {
    html! {
        ul {
            @for group in groups {
                li {
                    a href={ "#" (anchor(group.name())) } { (group.name()) }
                    ul {
                        @for operation in &group.operations {
                            li { a href={ "#" (operation.id()) } { (text(&operation.description["summary"])) } }
                        }
                    }
                }
            }
            li { a href="#webhooks" { "Webhooks" } }
            li { a href="#schemas" { "Schemas" } }
        }
    }
}

fn keys(document: &Json) -> Markup {
    html! {
        section id="security" {
            h2 { "Keys and tokens" }
            dl {
                @for (name, scheme) in members(part(document, "/components/securitySchemes")) {
                    dt id={ "security-" (name) } { code { "Authorization: Bearer <" (name) ">" } }
                    dd { (markdown(text(&scheme["description"]))) }
                }
            }
        }
    }
}

fn parameters(list: &Json, document: &Json) -> Markup {
    html! {
        @if items(list).next().is_some() {
            h3 { "Parameters" }
            table {
                @for parameter in items(list).map(|parameter| resolved(parameter, document)) {
                    tr {
                        th scope="row" { code { (text(&parameter["name"])) } " " small { (text(&parameter["in"])) } }
                        td { (spelled(&parameter["schema"])) }
                        td { (markdown(text(&parameter["description"]))) }
                    }
                }
            }
        }
    }
}

fn body(body: &Json) -> Markup {
    html! {
        @if body.is_object() {
            h3 { "Body" @if body["required"] == false { " (may be left out)" } }
            (content(body))
        }
    }
}

fn content(holder: &Json) -> Markup {
    html! {
        @for (kind, content) in members(&holder["content"]) {
            p.content { code { (kind) } ": " (spelled(&content["schema"])) }
        }
    }
}

fn responses(responses: &Json, document: &Json) -> Markup {
    html! {
        h3 { "Answers" }
        table {
            @for (status, response) in members(responses) {
                @let response = resolved(response, document);
                tr {
                    th scope="row" { code { (status) } }
                    td {
                        (markdown(text(&response["description"])))
                        (content(response))
                        @let names: Vec<_> = members(&response["headers"]).map(|(name, _)| name).collect();
                        @if !names.is_empty() {
                            p.content { "Headers: " @for name in names { code { (name) } " " } }
                        }
                    }
                }
            }
        }
    }
}

fn webhooks(document: &Json) -> Markup {
    html! {
        section id="webhooks" {
            h2 { "Webhooks" }
            @for (_, item) in members(&document["webhooks"]) {
                @let operation = &item["post"];
                (markdown(text(&operation["description"])))
                (parameters(&operation["parameters"], document))
                (body(&operation["requestBody"]))
            }
        }
    }
}

fn schemas(document: &Json) -> Markup {
    html! {
        section id="schemas" {
            h2 { "Schemas" }
            @for (name, schema) in members(part(document, "/components/schemas")) {
                article.schema id={ "schema-" (name) } {
                    h3 { (name) }
                    (markdown(text(&schema["description"])))
                    (properties(schema))
                }
            }
        }
    }
}

fn resolved<'a>(value: &'a Json, document: &'a Json) -> &'a Json {
    let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}
