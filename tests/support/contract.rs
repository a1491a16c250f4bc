//! Every answer that a test gets is held to the `OpenAPI` document: its status,
//! its content type, its members.

use crate::{Json, Reply};
use boon::{Compiler, SchemaIndex, Schemas};
use reqwest::Method;
use std::{collections::HashMap, sync::LazyLock};

/// Where the document is for the validator.
const PLACE: &str = "http://lambdesk.test/openapi.json";

/// None while the document is incomplete, of which its own test tells.
static CONTRACT: LazyLock<Option<Contract>> = LazyLock::new(Contract::read);

/// The document as the types have it now, made strict.
struct Contract {
    document: Json,
    schemas: Schemas,
    /// By pointer into the document.
    compiled: HashMap<String, SchemaIndex>,
}

/// Holds an answer to the document. What is asked of paths and methods that the
/// document doesn't know is held to being refused.
pub fn hold(method: &Method, path: &str, reply: &Reply) {
    let Some(contract) = &*CONTRACT else { return };
    let path = path.split('?').next().unwrap_or_default();
    let called = format!("{method} {path}");
    let Some(operation) = contract.operation(method, path) else {
        let status = reply.status.as_u16();
        assert!(
            matches!(status, 400 | 404 | 405) || *method == Method::HEAD,
            "{called} is served but not in the document: {status}"
        );
        return;
    };
    let status = reply.status.as_u16().to_string();
    let of_class = format!("{}XX", &status[..1]);
    let answers = &contract.document.pointer(&operation).unwrap()["responses"];
    let Some(key) = [status.as_str(), &of_class].into_iter().find(|key| !answers[*key].is_null()) else {
        panic!("{called} answered {status}, which the document doesn't have: {}", reply.body);
    };
    let answer = answers[key]["$ref"]
        .as_str()
        .map_or_else(|| format!("{operation}/responses/{key}"), |target| target.trim_start_matches('#').to_owned());
    contract.hold_content(&called, &answer, reply);
}

impl Contract {
    fn read() -> Option<Self> {
        let mut document = lambdesk_local::document().ok()?;
        strict(&mut document);
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(PLACE, document.clone()).unwrap();
        let (mut schemas, mut places) = (Schemas::new(), HashMap::new());
        for pointer in answered(&document) {
            let place = format!("{PLACE}#{}", pointer.replace('{', "%7B").replace('}', "%7D"));
            let index = compiler.compile(&place, &mut schemas).unwrap_or_else(|error| panic!("{pointer}: {error:#}"));
            places.insert(pointer, index);
        }
        Some(Self { document, schemas, compiled: places })
    }

    /// The pointer to the operation that this path is of, the most literal first.
    fn operation(&self, method: &Method, path: &str) -> Option<String> {
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            let is_fit = parts.len() == asked.len()
                && parts
                    .iter()
                    .zip(&asked)
                    .all(|(part, asked)| part.starts_with('{') && !asked.is_empty() || part == asked);
            is_fit.then(|| parts.iter().map(|part| !part.starts_with('{')).collect::<Vec<_>>())
        };
        let paths = self.document["paths"].as_object().unwrap();
        let best = paths.keys().filter_map(|path| Some((fits(path)?, path))).max()?.1;
        let method = method.as_str().to_ascii_lowercase();
        let pointer = format!("/paths/{}/{method}", best.replace('~', "~0").replace('/', "~1"));
        self.document.pointer(&pointer).is_some().then_some(pointer)
    }

    fn hold_content(&self, called: &str, answer: &str, reply: &Reply) {
        let told = self.document.pointer(answer).unwrap();
        if reply.status == 201 && told["headers"]["Location"].is_object() {
            assert!(!reply.header("location").is_empty(), "{called}: no Location");
        }
        let Some(content) = told["content"].as_object() else {
            assert!(reply.body.is_null(), "{called} has content that the document doesn't have: {}", reply.body);
            return;
        };
        let (kind, _) = content.iter().next().unwrap();
        let got = reply.header("content-type").split(';').next().unwrap_or_default();
        assert_eq!(got, kind, "{called}");
        if kind.ends_with("json") {
            let pointer = format!("{answer}/content/{}/schema", kind.replace('/', "~1"));
            self.hold_schema(called, &pointer, &reply.body);
        }
    }

    fn hold_schema(&self, called: &str, pointer: &str, body: &Json) {
        if let Err(error) = self.schemas.validate(body, self.compiled[pointer]) {
            panic!("{called} answered what the document doesn't have: {error:#}\n{body}");
        }
    }
}

/// The pointers to the schemas of all JSON answers.
fn answered(document: &Json) -> Vec<String> {
    fn collect(value: &Json, pointer: &str, found: &mut Vec<String>) {
        let Json::Object(members) = value else { return };
        for (name, member) in members {
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            let is_answer = pointer.contains("/responses/") && pointer.contains("json/schema");
            if is_answer && name == "schema" { found.push(pointer) } else { collect(member, &pointer, found) }
        }
    }
    let mut found = Vec::new();
    collect(&document["paths"], "/paths", &mut found);
    collect(&document["components"]["responses"], "/components/responses", &mut found);
    found
}

/// An answer may have no member that the document doesn't have.
fn strict(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(strict),
        Json::Object(members) => {
            members.values_mut().for_each(strict);
            let is_object = members.get("properties").is_some_and(Json::is_object);
            if is_object && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
        }
        _ => {}
    }
}
