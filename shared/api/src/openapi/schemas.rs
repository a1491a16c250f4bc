//! The schemas of what callers send and of what they get.

use crate::body::{Input, Unknown};
use lambdesk_domain::message::MAX_MESSAGE_BYTES;
use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::SchemaSettings,
    json_schema,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Map, Value as Json, json};
use std::{borrow::Cow, collections::BTreeSet};

/// Where the document keeps them.
const PLACE: &str = "#/components/schemas/";
/// What is put behind the name of a sent type whose answered form differs.
const SENT: &str = "Input";

/// Collects schemas by name while the document is made. A type that is both sent
/// and answered has two: input takes more spellings and leaves more out.
pub struct Schemas {
    sent: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings =
            || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
        let sent = settings().for_deserialize().with_transform(Strict);
        Self { sent: sent.into_generator(), answered: settings().for_serialize().into_generator() }
    }
}

impl Schemas {
    /// Of what callers send. Its name may get a suffix in [`Schemas::finish`].
    pub fn sent<T: JsonSchema>(&mut self) -> Json {
        self.sent.subschema_for::<T>().to_value()
    }

    /// Of what is answered.
    pub fn answered<T: JsonSchema>(&mut self) -> Json {
        self.answered.subschema_for::<T>().to_value()
    }

    /// Finishes: the schemas by name. References in `sent`, the parts of the
    /// document that callers send, follow those that had to be renamed.
    pub fn finish(mut self, sent: &mut [&mut Json]) -> Map<String, Json> {
        let mut all = self.answered.take_definitions(true);
        let inputs = self.sent.take_definitions(true);
        let differing = differing(&inputs, &all);
        for (name, mut schema) in inputs {
            rename(&mut schema, &differing);
            let name = if differing.contains(&name) { format!("{name}{SENT}") } else { name };
            all.entry(name).or_insert(schema);
        }
        for part in sent {
            rename(part, &differing);
        }
        all
    }
}

/// The names whose input is another schema than their output, or refers to such.
fn differing(inputs: &Map<String, Json>, outputs: &Map<String, Json>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, schema) in inputs {
            let Some(output) = outputs.get(name) else { continue };
            let mut renamed = schema.clone();
            rename(&mut renamed, &found);
            if renamed != *output {
                found.insert(name.clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn rename(value: &mut Json, names: &BTreeSet<String>) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Json::Object(members) => {
            for (key, member) in members {
                match member {
                    Json::String(target) if key == "$ref" => {
                        if target.strip_prefix(PLACE).is_some_and(|name| names.contains(name)) {
                            target.push_str(SENT);
                        }
                    }
                    member => rename(member, names),
                }
            }
        }
        _ => {}
    }
}

/// Put by [`Unknown`] into the object that it is flattened into.
const STRICT: &str = "x-strict";

/// Bodies with [`Unknown`] members refuse them.
#[derive(Debug, Clone)]
struct Strict;

impl Transform for Strict {
    fn transform(&mut self, schema: &mut Schema) {
        if schema.remove(STRICT).is_some() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        transform_subschemas(self, schema);
    }
}

/// For `#[schemars(transform = nullable)]` on an [`Input`]:
/// `null` is taken too, and means that there is no value.
pub fn nullable(schema: &mut Schema) {
    let Some(members) = schema.as_object_mut() else { return };
    let description = members.remove("description");
    let value = std::mem::take(members);
    members.insert("anyOf".to_owned(), json!([value, { "type": "null" }]));
    members.extend(description.map(|description| ("description".to_owned(), description)));
}

/// For bodies that say something in `body_text` or in `body_html`, in one of them:
/// `#[schemars(transform = text_or_html)]`.
pub fn text_or_html(schema: &mut Schema) {
    let members = ["body_text", "body_html"];
    for member in members {
        if let Some(text) = schema.pointer_mut(&format!("/properties/{member}")).and_then(Json::as_object_mut) {
            text.insert("minLength".to_owned(), 1.into());
            text.insert("maxLength".to_owned(), MAX_MESSAGE_BYTES.into());
        }
    }
    schema.insert("oneOf".to_owned(), members.map(|member| json!({ "required": [member] })).to_vec().into());
}

/// As [`text_or_html`], for bodies that may have files instead: the rule stands in their
/// words, because generators of clients don't read it from a choice.
pub fn text_or_html_or_files(schema: &mut Schema) {
    text_or_html(schema);
    for member in ["body_text", "body_html"] {
        if let Some(text) = schema.pointer_mut(&format!("/properties/{member}")).and_then(Json::as_object_mut) {
            text.remove("minLength");
        }
    }
    schema.remove("oneOf");
}

/// An input is what it holds; whether `null` is taken too says [`nullable`], and
/// what must be there says [`Operation::requires`](super::Operation::requires).
impl<T: JsonSchema> JsonSchema for Input<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// No member of its own: strict bodies take none that is not named.
impl JsonSchema for Unknown {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Unknown".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ STRICT: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::status::Status;

    #[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
    struct Holder {
        status: Status,
    }

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(default)]
    #[derive(Default)]
    struct Body {
        #[schemars(transform = nullable)]
        status: Input<Status>,
        #[serde(flatten)]
        #[expect(dead_code, reason = "described, never read")]
        unknown: Unknown,
    }

    #[test]
    fn what_is_sent_and_answered_alike_is_told_once_and_otherwise_twice() {
        let mut schemas = Schemas::default();
        schemas.answered::<Holder>();
        let mut sent = schemas.sent::<Holder>();
        let all = schemas.finish(&mut [&mut sent]);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["Holder", "HolderInput", "Status", "StatusInput"]);
        assert_eq!(sent["$ref"], "#/components/schemas/HolderInput");
        assert_eq!(all["HolderInput"]["properties"]["status"]["$ref"], "#/components/schemas/StatusInput");
        let words = |name: &str| all[name]["enum"].as_array().expect("words").len();
        assert!(words("StatusInput") > words("Status"));
    }

    #[test]
    fn a_body_is_strict_requires_nothing_by_itself_and_takes_null_where_told() {
        let mut schemas = Schemas::default();
        let mut sent = schemas.sent::<Body>();
        let all = schemas.finish(&mut [&mut sent]);
        let body = &all["Body"];
        assert_eq!((&body["additionalProperties"], &body["required"]), (&json!(false), &Json::Null));
        assert_eq!(body["properties"]["status"]["anyOf"][1], json!({ "type": "null" }));
        assert!(!all["Body"].to_string().contains(STRICT));
    }
}
