//! One operation, as it is told.

use super::{access::Access, schemas::Schemas};
use crate::{execute::DryRun, function::Served, page::PageInfo};
use axum::http::Method;
use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is told of one handler.
pub(super) struct OperationDoc {
    pub(super) summary: String,
    pub(super) tell: Box<dyn Fn(&mut Operation)>,
}

/// One operation in the making.
pub struct Operation {
    schemas: Schemas,
    served: Served,
    members: Map<String, Json>,
    path: Vec<Json>,
    parameters: Vec<Json>,
    body: Option<Body>,
    answers: BTreeMap<u16, AnswerDoc>,
    refusals: BTreeSet<u16>,
    may_be_dry: bool,
    access: Option<Access>,
}

struct Body {
    /// By media type.
    content: Vec<(&'static str, Json)>,
    is_required: bool,
    required: Vec<&'static str>,
}

#[derive(Default)]
struct AnswerDoc {
    about: &'static str,
    content: Option<(&'static str, Json)>,
    headers: Vec<&'static str>,
}

impl Operation {
    /// The whole of one, apart from what it sends ([`Finished::body`]).
    pub(super) fn told(
        told: &OperationDoc,
        served: &Served,
        access: Option<(Access, Access)>,
        schemas: &mut Schemas,
    ) -> Finished {
        let mut operation = Self {
            schemas: std::mem::take(schemas),
            served: served.clone(),
            members: Map::from_iter([("summary".to_owned(), told.summary.as_str().into())]),
            path: Vec::new(),
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            refusals: BTreeSet::new(),
            may_be_dry: false,
            access: None,
        };
        (told.tell)(&mut operation);
        operation.tell_access(access);
        let finished = operation.finish();
        *schemas = operation.schemas;
        finished
    }

    /// Its method.
    pub fn method(&self) -> &Method {
        &self.served.method
    }

    /// More than its summary, in Markdown.
    pub fn about(&mut self, text: &str) {
        self.members.insert("description".to_owned(), text.into());
    }

    /// For these callers, whatever holds for other operations of the function.
    pub fn needs(&mut self, access: Access) {
        self.access = Some(access);
    }

    fn tell_access(&mut self, usual: Option<(Access, Access)>) {
        let is_by_key = self.members.get("security").is_some_and(|security| *security == json!([{ KEY: [] }]));
        let usual = usual.map(|(reading, writing)| if self.method() == Method::GET { reading } else { writing });
        if let Some(access) = self.access.or(usual).filter(|_| is_by_key) {
            access.tell(&mut self.members);
        }
    }

    /// Needs what this security scheme of the document names.
    pub fn secured(&mut self, scheme: &str) {
        self.members.insert("security".to_owned(), json!([{ scheme: [] }]));
    }

    /// As [`Operation::secured`], but what is needed may also come in the body.
    pub fn secured_here_or_in_body(&mut self, scheme: &str) {
        self.members.insert("security".to_owned(), json!([{ scheme: [] }, {}]));
    }

    /// May answer problems with these statuses. 5xx and 405 are everywhere.
    pub fn refuses(&mut self, statuses: &[u16]) {
        self.refusals.extend(statuses);
    }

    /// The next variable of the path.
    pub fn in_path<T: JsonSchema>(&mut self) {
        let schema = self.schemas.sent::<T>();
        self.path.push(schema);
    }

    /// The next variable of the path, which is a text: what it says.
    pub fn text_in_path(&mut self, about: &str) {
        self.path.push(json!({ "type": "string", "description": about }));
    }

    /// A query parameter.
    pub fn query(&mut self, name: &str, schema: Json, about: &str) {
        self.parameters.push(parameter("query", name, schema, about));
    }

    /// A query parameter with a value of this type.
    pub fn query_of<T: JsonSchema>(&mut self, name: &str, about: &str) {
        let schema = self.schemas.sent::<T>();
        self.query(name, schema, about);
    }

    /// A query parameter with several of these words.
    pub fn query_words(&mut self, name: &str, words: &[&str], about: &str) {
        let items = json!({ "type": "string", "enum": words });
        self.query_list(name, &items, about);
    }

    /// A query parameter with several ids, or words that stand for some.
    pub fn query_ids(&mut self, name: &str, words: &[&str], about: &str) {
        let items = json!({ "anyOf": [{ "enum": words }, { "type": "string", "format": "uuid" }] });
        self.query_list(name, &items, about);
    }

    /// A query parameter with several values, any of which may hold: `a=1,2` or `a=1&a=2`.
    pub fn query_any_of<T: JsonSchema>(&mut self, name: &str, about: &str) {
        let items = self.schemas.sent::<T>();
        self.query_list(name, &items, about);
    }

    fn query_list(&mut self, name: &str, items: &Json, about: &str) {
        let schema = json!({ "type": "array", "items": items, "minItems": 1 });
        self.parameters.push(json!({
            "name": name, "in": "query", "schema": schema, "description": about, "style": "form", "explode": false,
        }));
    }

    /// A request header.
    pub fn header(&mut self, name: &str, schema: Json, about: &str) {
        self.parameters.push(parameter("header", name, schema, about));
    }

    /// The parameters of lists that can be counted: `page` and `with_total`.
    pub fn counted(&mut self) {
        let number = json!({ "type": "integer", "minimum": 1 });
        self.query(
            "page",
            number,
            "A page by its number, instead of `cursor`; page numbers reach the first 1,000 tickets.",
        );
        self.query(
            "with_total",
            json!({ "type": "boolean", "default": false }),
            "Count all rows: `page.total`, and `page.last`, the last page that has a number. Of very many the total is a \
             lower bound, and `page.total_is_at_least` says so.",
        );
    }

    /// Does not take these parameters, whatever its signature tells.
    pub fn leaves_out(&mut self, names: &[&str]) {
        self.parameters.retain(|parameter| !names.contains(&parameter["name"].as_str().unwrap_or_default()));
    }

    /// Takes a body.
    pub fn body<T: JsonSchema>(&mut self, types: &[&'static str], is_required: bool) {
        let schema = self.schemas.sent::<T>();
        let content = types.iter().map(|kind| (*kind, schema.clone())).collect();
        self.body = Some(Body { content, is_required, required: Vec::new() });
        self.refuses(&[400, 413, 415, 422]);
    }

    /// Takes a body of another media type too.
    pub fn body_as(&mut self, kind: &'static str, schema: Json) {
        let body = self.body.get_or_insert(Body { content: Vec::new(), is_required: true, required: Vec::new() });
        body.content.push((kind, schema));
    }

    /// The body's members that must be there.
    pub fn requires(&mut self, members: &[&'static str]) {
        if let Some(body) = &mut self.body {
            body.required.extend(members);
        }
    }

    /// `?dry_run=true` answers 200 with what would follow.
    pub fn may_be_dry(&mut self) {
        self.may_be_dry = true;
    }

    /// 200 with one thing.
    pub fn ok<T: JsonSchema>(&mut self) {
        self.one::<T>(200, "It, as it is now.", &[]);
    }

    /// 200 with one thing that has versions.
    pub fn ok_versioned<T: JsonSchema>(&mut self) {
        if self.method() == Method::GET {
            self.header(
                "If-None-Match",
                entity_tags(),
                "The `ETag`s of what the caller has: 304 where it is that still.",
            );
            self.answers.insert(304, AnswerDoc { about: "The caller has it.", content: None, headers: vec!["ETag"] });
        }
        self.one::<T>(200, "It, as it is now.", &["ETag"]);
    }

    /// 201 with one thing and its address.
    pub fn created<T: JsonSchema>(&mut self) {
        self.one::<T>(201, "It was made.", &["Location"]);
    }

    /// 201 with one thing that has versions from then on, and its address.
    pub fn created_versioned<T: JsonSchema>(&mut self) {
        self.leaves_out(&["If-Match"]);
        self.one::<T>(201, "It was made.", &["ETag", "Location"]);
    }

    /// Any status with one thing.
    pub fn one<T: JsonSchema>(&mut self, status: u16, about: &'static str, headers: &[&'static str]) {
        let data = self.schemas.answered::<T>();
        self.answers
            .insert(status, AnswerDoc { about, content: Some((JSON, enveloped(&data))), headers: headers.to_vec() });
    }

    /// 200 with a page of many.
    pub fn page<T: JsonSchema>(&mut self) {
        let items = self.schemas.answered::<T>();
        let page = self.schemas.answered::<PageInfo>();
        let schema = json!({
            "type": "object",
            "required": ["data", "page"],
            "properties": { "data": { "type": "array", "items": items }, "page": page },
        });
        self.answers.insert(200, AnswerDoc { about: "A page.", content: Some((JSON, schema)), headers: vec!["Link"] });
    }

    /// 204.
    pub fn no_content(&mut self) {
        self.answers.insert(204, AnswerDoc { about: "Done.", ..AnswerDoc::default() });
    }

    /// Any status with content of any kind, whose schema is given; without
    /// content when none is.
    pub fn answers(&mut self, status: u16, about: &'static str, content: Option<(&'static str, Json)>) {
        self.answers.insert(status, AnswerDoc { about, content, headers: Vec::new() });
    }

    /// The schema of something answered, for [`Operation::answers`].
    pub fn schema_of<T: JsonSchema>(&mut self) -> Json {
        self.schemas.answered::<T>()
    }

    fn finish(&mut self) -> Finished {
        self.add_dry_run();
        let mut parameters = self.path_parameters();
        parameters.append(&mut self.parameters);
        let responses = self.responses();
        let mut members = std::mem::take(&mut self.members);
        members.insert("parameters".to_owned(), parameters.into());
        members.insert("responses".to_owned(), responses.into());
        Finished { members, body: self.body.take().map(Body::json) }
    }

    fn add_dry_run(&mut self) {
        if !self.may_be_dry {
            return;
        }
        let dry = enveloped(&self.schemas.answered::<DryRun>());
        let answer = self
            .answers
            .entry(200)
            .or_insert(AnswerDoc { about: "With `dry_run`: what would follow.", ..AnswerDoc::default() });
        answer.content = Some(match answer.content.take() {
            None => (JSON, dry),
            Some((kind, schema)) => (kind, json!({ "anyOf": [schema, dry] })),
        });
    }

    fn path_parameters(&mut self) -> Vec<Json> {
        let names = self.served.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut schemas = std::mem::take(&mut self.path).into_iter();
        let parameter = |name: &str| {
            let schema = schemas.next().unwrap_or_else(|| json!({ "type": "string" }));
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        };
        names.map(parameter).collect()
    }

    fn responses(&self) -> Map<String, Json> {
        let answers = self.answers.iter().map(|(status, answer)| (status.to_string(), answer.json()));
        let refusals = self.refusals.iter().map(|status| (status.to_string(), refusal(&status.to_string())));
        answers.chain(refusals).chain([("5XX".to_owned(), refusal("5XX"))]).collect()
    }
}

/// An operation without its place in the document.
pub(super) struct Finished {
    /// Its members, but for the body.
    pub members: Map<String, Json>,
    /// The `requestBody`.
    pub body: Option<Json>,
}

const JSON: &str = "application/json";
/// The security scheme of API keys.
pub(super) const KEY: &str = "key";

fn parameter(place: &str, name: &str, schema: Json, about: &str) -> Json {
    let members = [("name", name.into()), ("in", place.into()), ("description", about.into()), ("schema", schema)];
    Json::Object(members.map(|(name, value): (&str, Json)| (name.to_owned(), value)).into_iter().collect())
}

/// One or several entity tags, or `*` (RFC 9110 section 8.8.3).
pub(super) fn entity_tags() -> Json {
    json!({ "type": "string", "pattern": r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"# })
}

fn enveloped(data: &Json) -> Json {
    json!({ "type": "object", "required": ["data"], "properties": { "data": data } })
}

fn refusal(status: &str) -> Json {
    json!({ "$ref": format!("#/components/responses/{status}") })
}

impl Body {
    fn json(self) -> Json {
        let Self { content, is_required, required } = self;
        let whole = |schema: Json| match required.as_slice() {
            [] => schema,
            required => json!({ "allOf": [schema, { "required": required }] }),
        };
        let content: Map<_, _> =
            content.into_iter().map(|(kind, schema)| (kind.to_owned(), json!({ "schema": whole(schema) }))).collect();
        json!({ "required": is_required, "content": content })
    }
}

impl AnswerDoc {
    fn json(&self) -> Json {
        let named = self.headers.iter().copied().chain(["X-Request-Id"]);
        let headers: Map<_, _> =
            named.map(|name| (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))).collect();
        let mut answer =
            Map::from_iter([("description".to_owned(), self.about.into()), ("headers".to_owned(), headers.into())]);
        if let Some((kind, schema)) = &self.content {
            answer.insert("content".to_owned(), json!({ *kind: { "schema": schema } }));
        }
        answer.into()
    }
}
