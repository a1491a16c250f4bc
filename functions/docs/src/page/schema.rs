//! JSON Schemas in words.

use super::{
    json::{items, members, text},
    markdown::markdown,
};
use maud::{Markup, html};
use serde_json::Value as Json;

/// Keywords that bound a value, and the words for them.
const BOUNDS: [(&str, &str); 7] = [
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("minimum", "from {}"),
    ("maximum", "to {}"),
    ("pattern", "as {}"),
];

/// A schema's fields, one row each; or what it is, when it has none.
pub fn properties(schema: &Json) -> Markup {
    if !schema["properties"].is_object() {
        return html! { p { (spelled(schema)) } };
    }
    let required: Vec<_> = items(&schema["required"]).map(text).collect();
    html! {
        table {
            @for (name, field) in members(&schema["properties"]) {
                tr {
                    th scope="row" { code { (name) } @if required.contains(&name.as_str()) { " " small { "always" } } }
                    td { (spelled(field)) }
                    td { (markdown(text(&field["description"]))) }
                }
            }
        }
        @for keyword in ["oneOf", "anyOf"] {
            @for choice in items(&schema[keyword]) { p { "One of: " (spelled(choice)) } }
        }
    }
}

/// A schema in a line; objects of its own as a table.
pub fn spelled(schema: &Json) -> Markup {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap_or_default();
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    for (keyword, between) in [("anyOf", " or "), ("oneOf", " or "), ("allOf", ", ")] {
        if schema[keyword].is_array() {
            return joined(&schema[keyword], between);
        }
    }
    html! { (kind(schema)) (bounds(schema)) }
}

fn joined(schemas: &Json, between: &str) -> Markup {
    html! {
        @for (index, schema) in items(schemas).enumerate() {
            @if index > 0 { (between) }
            (spelled(schema))
        }
    }
}

fn kind(schema: &Json) -> Markup {
    if schema["enum"].is_array() {
        return html! { @for word in items(&schema["enum"]) { code { (value(word)) } " " } };
    }
    if !schema["const"].is_null() {
        return html! { code { (value(&schema["const"])) } };
    }
    if !schema["items"].is_null() {
        return html! { "list of " (spelled(&schema["items"])) };
    }
    if schema["properties"].is_object() {
        return properties(schema);
    }
    if schema["required"].is_array() && schema["type"].is_null() {
        return html! { "with " @for name in items(&schema["required"]) { code { (text(name)) } " " } };
    }
    let names: Vec<_> = match &schema["type"] {
        Json::Array(types) => types.iter().map(text).collect(),
        Json::String(one) => vec![one.as_str()],
        _ => vec!["anything"],
    };
    let format = text(&schema["format"]);
    // The widths of our integers are of no use to callers.
    let is_width = format.starts_with("int") || format.starts_with("uint");
    html! { (names.join(" or ")) @if !format.is_empty() && !is_width { " (" (format) ")" } }
}

fn bounds(schema: &Json) -> Markup {
    html! {
        @for (keyword, phrase) in BOUNDS {
            @if let Some(bound) = schema.get(keyword) { ", " (phrase.replace("{}", &value(bound))) }
        }
        @if let Some(default) = schema.get("default") { ", default " code { (value(default)) } }
    }
}

fn value(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
