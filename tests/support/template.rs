//! The SAM template as data.

use crate::{Json, json};
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The template, with intrinsic functions in their long form (`{"Ref": …}`).
pub struct Template(Json);

/// One function of the template.
pub struct Function {
    /// Its logical id in small letters, which is its folder and its binary.
    pub name: String,
    /// Its properties, with the global ones where it has none of its own.
    pub properties: Json,
}

impl Template {
    /// As it is in the repository.
    pub fn read() -> Self {
        let text = fs::read_to_string(repository("infra/template.yaml")).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap();
        assert_eq!(documents.len(), 1);
        Self(to_json(&documents[0]))
    }

    /// All of it.
    pub fn whole(&self) -> &Json {
        &self.0
    }

    /// A parameter.
    pub fn parameter(&self, name: &str) -> &Json {
        &self.0["Parameters"][name]
    }

    /// The properties of a resource.
    pub fn resource(&self, name: &str) -> &Json {
        &self.0["Resources"][name]["Properties"]
    }

    /// All functions, in order of their names.
    pub fn functions(&self) -> Vec<Function> {
        let resources = self.0["Resources"].as_object().unwrap();
        let is_function = |resource: &Json| resource["Type"] == "AWS::Serverless::Function";
        let functions = resources.iter().filter(|(_, resource)| is_function(resource));
        functions
            .map(|(name, resource)| {
                let mut properties = self.0["Globals"]["Function"].clone();
                merge(&mut properties, &resource["Properties"]);
                Function { name: name.to_lowercase(), properties }
            })
            .collect()
    }

    /// The function of this name.
    pub fn function(&self, name: &str) -> Function {
        let mut functions = self.functions().into_iter();
        functions
            .find(|function| function.name == name)
            .unwrap_or_else(|| panic!("the template has no function {name}"))
    }

    /// Every path of the API and the function behind it.
    pub fn routes(&self) -> Vec<(String, String)> {
        let functions = self.functions();
        let routes = functions
            .iter()
            .flat_map(|function| function.paths().into_iter().map(|path| (path, function.name.clone())));
        routes.collect()
    }

    /// The function behind what no other route takes.
    pub fn default_route(&self) -> String {
        let functions: Vec<_> = self.functions().into_iter().filter(Function::is_default).collect();
        assert_eq!(functions.len(), 1, "one function is behind $default");
        functions[0].name.clone()
    }

    /// The patterns any of which lets a record of the stream through to fanout.
    pub fn stream_filters(&self) -> Vec<Json> {
        let stream = self.function("fanout").properties["Events"]["Stream"]["Properties"].take();
        let filters = stream["FilterCriteria"]["Filters"].as_array().unwrap().iter();
        filters.map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap()).collect()
    }
}

impl Function {
    /// Its environment; values may be intrinsic functions.
    pub fn variables(&self) -> BTreeMap<String, Json> {
        let variables = self.properties["Environment"]["Variables"].as_object().unwrap();
        variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Its routes of the HTTP API.
    fn routes(&self) -> impl Iterator<Item = &Json> {
        let events = self.properties["Events"].as_object().unwrap();
        events.values().filter(|event| event["Type"] == "HttpApi").map(|event| &event["Properties"])
    }

    /// Whether it has a route without a path: that of whatever no other route takes.
    fn is_default(&self) -> bool {
        self.routes().any(|event| event.get("Path").is_none())
    }

    /// Its paths of the HTTP API.
    fn paths(&self) -> Vec<String> {
        let events = self.routes().filter(|event| event.get("Path").is_some());
        events
            .map(|event| {
                assert_eq!(event["Method"], "ANY", "{}: the function answers unknown methods itself", self.name);
                event["Path"].as_str().unwrap().to_owned()
            })
            .collect()
    }
}

/// As SAM merges globals with a function's own: maps entry by entry, the rest whole.
fn merge(into: &mut Json, from: &Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Whether any filter of an event source lets a record through. Source: Lambda's
/// developer guide, "Filter rule syntax"; of it what the template uses.
pub fn lets_through(patterns: &[Json], record: &Json) -> bool {
    patterns.iter().any(|pattern| fits(pattern, record))
}

fn fits(pattern: &Json, record: &Json) -> bool {
    match pattern {
        Json::Object(fields) => fields.iter().all(|(name, pattern)| fits(pattern, &record[name])),
        Json::Array(allowed) => allowed.iter().any(|allowed| {
            let text = record.as_str().unwrap_or_default();
            match (allowed["prefix"].as_str(), allowed["suffix"].as_str()) {
                (Some(prefix), _) => text.starts_with(prefix),
                (_, Some(suffix)) => text.ends_with(suffix),
                (None, None) => allowed == record,
            }
        }),
        _ => panic!("a pattern is an object of lists: {pattern}"),
    }
}

fn to_json(yaml: &Yaml) -> Json {
    match yaml {
        Yaml::Value(scalar) => scalar_to_json(scalar),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (&Yaml, &Yaml)| (key.as_str().unwrap().to_owned(), to_json(value));
            Json::Object(entries.iter().map(entry).collect())
        }
        Yaml::Tagged(tag, node) if tag.suffix == "Ref" => json!({ "Ref": to_json(node) }),
        Yaml::Tagged(tag, node) => {
            let name = format!("Fn::{}", tag.suffix);
            json!({ name: to_json(node) })
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("not of this template: {yaml:?}"),
    }
}

fn scalar_to_json(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::Null => Json::Null,
        Scalar::Boolean(value) => json!(value),
        Scalar::Integer(value) => json!(value),
        Scalar::FloatingPoint(value) => json!(value.into_inner()),
        Scalar::String(value) => json!(value),
    }
}

#[test]
fn intrinsic_functions_are_read_in_their_long_form() {
    let template = Template::read();
    let function = template.function("tickets");
    assert_eq!(
        function.variables()["LAMBDESK_TABLE"],
        json!({"Fn::If": ["MakesTable", {"Ref": "Table"}, {"Ref": "ExistingTable"}]})
    );
    assert_eq!(function.properties["Role"], json!({"Fn::GetAtt": "TicketsRole.Arn"}));
    assert_eq!(template.function("sweep").properties["Timeout"], 55, "its own wins over the global one");
}
