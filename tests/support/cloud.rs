//! The deployment without AWS: the Lambda binaries with the template's environment,
//! each behind a Runtime API of its own, over the embedded engine. What AWS does
//! between them is done by stand-ins: API Gateway (here), SQS ([`Queue`]), the
//! stream and the schedule when a test says so.

use crate::{
    Api, Json, binary,
    queue::{QUEUE_URL, Queue},
    routes,
    template::{Template, lets_through},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambdesk_engine::{Engine, Position, Storage};
use lambdesk_runtime::{Clock, Config, aws};
use lambdesk_store_directory::Directories;
use lambdesk_table::Table;
use lambdesk_testkit::runtime_api::{FunctionError, LambdaProcess, REGION, RuntimeApi, events};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::OnceCell};

/// The table's name.
pub const TABLE: &str = "lambdesk-deployed";
/// 32 bytes in base64.
pub const SEALING_KEY: &str = "c2VhbGluZy1rZXktb2YtdGhlLWRlcGxveW1lbnQtMDE=";
/// The bearer token that may make workspaces.
pub const OPERATOR_TOKEN: &str = "operator-token-of-the-deployment-tests";
const BUCKET: &str = "lambdesk-files";

/// The functions as they are deployed, started when they are first called.
pub struct Cloud {
    /// The owner of the workspace.
    pub owner: Api,
    /// The header with the owner's key.
    pub authorization: String,
    /// The queue of hints.
    pub queue: Queue,
    url: String,
    engine: Engine,
    functions: Arc<Functions>,
}

impl Cloud {
    /// With a table of its own, and a workspace.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With other values of some variables.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let (engine, queue) = (Engine::open(Storage::Memory).unwrap(), Queue::start().await);
        let mut environment = environment(&engine, &queue);
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let key = workspace(&environment).await;
        Self::over(engine, queue, environment, &key).await
    }

    /// The same over another table of another engine, where a workspace is already: with what
    /// its owner has.
    pub async fn of_table(engine_url: &str, table: &str, authorization: &str) -> Self {
        let (engine, queue) = (Engine::open(Storage::Memory).unwrap(), Queue::start().await);
        let mut environment = environment(&engine, &queue);
        let given = [("AWS_ENDPOINT_URL_DYNAMODB", engine_url), ("LAMBDESK_TABLE", table)];
        environment.extend(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let key = authorization.trim_start_matches("Bearer ");
        Self::over(engine, queue, environment, key).await
    }

    async fn over(engine: Engine, queue: Queue, environment: BTreeMap<String, String>, key: &str) -> Self {
        let functions = Arc::new(Functions::new(environment));
        functions.keep_secret([SEALING_KEY, OPERATOR_TOKEN, "owner@desk.example", key].map(str::to_owned));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = Router::new().fallback(forward).with_state(Arc::clone(&functions));
        tokio::spawn(async move { axum::serve(listener, gateway).await });
        Self { owner: Api::of(&url, Some(key)), authorization: format!("Bearer {key}"), queue, url, engine, functions }
    }

    /// Somebody with this key, or without one.
    pub fn caller(&self, key: Option<&str>) -> Api {
        Api::of(&self.url, key)
    }

    /// Calls a function with an event of AWS's.
    pub async fn invoke(&self, function: &str, event: Json) -> Json {
        self.functions.invoke(function, event).await
    }

    /// The same for a function that may end instead.
    ///
    /// # Errors
    /// What the function fails with.
    pub async fn try_invoke(&self, function: &str, event: Json) -> Result<Json, FunctionError> {
        self.functions.try_invoke(function, event).await
    }

    /// Where the engine listens.
    pub fn engine_url(&self) -> String {
        self.engine.url()
    }

    /// The records of the whole stream that the template's filter lets through.
    pub fn stream(&self) -> Vec<Json> {
        let records = self.engine.read_stream(TABLE, Position::START, 1_000).unwrap();
        self.let_through(records.into_iter().map(|record| record.event).collect())
    }

    /// Those of some records that the template's filter lets through.
    pub fn let_through(&self, mut records: Vec<Json>) -> Vec<Json> {
        let filters = self.functions.template.stream_filters();
        records.retain(|record| lets_through(&filters, record));
        records
    }

    /// The names of the functions that have been called.
    pub fn called(&self) -> Vec<&str> {
        let started = self.functions.processes.iter().filter(|(_, process)| process.initialized());
        started.map(|(name, _)| name.as_str()).collect()
    }
}

/// Everything that any function is given, by name.
fn environment(engine: &Engine, queue: &Queue) -> BTreeMap<String, String> {
    let variables = [
        ("AWS_ENDPOINT_URL_DYNAMODB", engine.url()),
        ("AWS_ENDPOINT_URL_SQS", queue.url.clone()),
        ("LAMBDESK_ALLOWED_HOSTS", "127.0.0.1".to_owned()),
        ("LAMBDESK_LOG", "debug".to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

/// What the template's references stand for.
fn resolved(value: &Json) -> String {
    // Of a choice the first: the table is made, as by default.
    let value = value.get("Fn::If").map_or(value, |choice| &choice[1]);
    let text = match value["Ref"].as_str() {
        Some("Table") => TABLE,
        Some("SealingKey") => SEALING_KEY,
        // The parameter's default.
        Some("SealingKeyPrevious" | "BasePath") => "",
        Some("DueShards") => "8",
        Some("OperatorToken") => OPERATOR_TOKEN,
        Some("Queue") => QUEUE_URL,
        Some("Files") => BUCKET,
        _ => panic!("what is {value}?"),
    };
    text.to_owned()
}

/// Creates the table and a workspace, as an operator does once; answers the owner's key.
async fn workspace(environment: &BTreeMap<String, String>) -> String {
    let config = Config::read(|name| match name {
        "LAMBDESK_TABLE" => Some(TABLE.to_owned()),
        "AWS_REGION" => Some(REGION.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        other => environment.get(other).cloned(),
    });
    let config = config.unwrap();
    let table = Table::new(&aws::connection(&config.aws), &config.table);
    table.create().await.unwrap();
    let (name, owner, email) = ("Test".parse(), "Olga Owner".parse(), "owner@desk.example".parse());
    let (name, owner, email) = (name.unwrap(), owner.unwrap(), email.unwrap());
    lambdesk_directory::bootstrap(&Directories::new(&table), &Clock::system(), name, owner, email)
        .await
        .unwrap()
        .key_text
}

struct Functions {
    template: Template,
    /// Path and function.
    routes: BTreeMap<String, String>,
    /// The function behind what none of them takes.
    default_route: String,
    environment: BTreeMap<String, String>,
    processes: BTreeMap<String, OnceCell<LambdaProcess>>,
    /// What no log may hold.
    secrets: Mutex<BTreeSet<String>>,
}

impl Functions {
    fn new(environment: BTreeMap<String, String>) -> Self {
        let template = Template::read();
        let routes = template.routes().into_iter().collect();
        let processes = template.functions().into_iter().map(|function| (function.name, OnceCell::new())).collect();
        let default_route = template.default_route();
        Self { template, routes, default_route, environment, processes, secrets: Mutex::default() }
    }

    /// One invocation, after which the function has told no secret to its log.
    async fn invoke(&self, name: &str, event: Json) -> Json {
        self.try_invoke(name, event).await.unwrap()
    }

    async fn try_invoke(&self, name: &str, event: Json) -> Result<Json, FunctionError> {
        let function = self.processes[name].get_or_init(|| spawn(&self.template, name, &self.environment, "")).await;
        let answer = function.invoke(event).await?;
        let logs = function.logs().unwrap();
        for secret in self.secrets.lock().unwrap().iter() {
            assert!(!logs.contains(secret.as_str()), "{name} logs {secret}: {logs}");
        }
        Ok(answer)
    }

    fn keep_secret(&self, secrets: impl IntoIterator<Item = String>) {
        self.secrets.lock().unwrap().extend(secrets);
    }

    /// Keeps the secrets and the personal text of a body.
    fn keep_secret_of(&self, body: &[u8]) {
        let mut found = Vec::new();
        secrets_in(&serde_json::from_slice(body).unwrap_or_default(), &mut found);
        self.keep_secret(found);
    }
}

fn secrets_in(body: &Json, found: &mut Vec<String>) {
    const NAMES: [&str; 6] = ["key", "secret", "session", "public_token", "email", "body_text"];
    match body {
        Json::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if NAMES.contains(&name.as_str()) => found.push(text.to_owned()),
                    _ => secrets_in(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| secrets_in(item, found)),
        _ => {}
    }
}

/// Starts a function with the template's variables, the others' values, and one left out.
pub async fn spawn(
    template: &Template,
    name: &str,
    others: &BTreeMap<String, String>,
    left_out: &str,
) -> LambdaProcess {
    let of_template = template.function(name).variables();
    let mut variables: BTreeMap<_, _> =
        of_template.iter().map(|(name, value)| (name.clone(), resolved(value))).collect();
    variables.extend(others.clone());
    variables.remove(left_out);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    RuntimeApi::start().await.unwrap().spawn(&binary::path(name), &variables).unwrap()
}

/// API Gateway: one request, as the event of the function that has its route.
async fn forward(State(functions): State<Arc<Functions>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let key = routes::select(functions.routes.keys().map(String::as_str), path);
    let function = key.map_or(&functions.default_route, |key| &functions.routes[key]);
    let headers = headers(&parts.headers);
    functions.keep_secret_of(&body);
    let event = events::api_gateway_v2(parts.method.as_str(), path, query, &headers, &body);
    let answer = functions.invoke(function, event).await;
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true { STANDARD.decode(body).unwrap() } else { body.into() };
    functions.keep_secret_of(&body);
    let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
    let mut response = Response::builder().status(status);
    for (name, value) in answer["headers"].as_object().unwrap() {
        response = response.header(name, value.as_str().unwrap());
    }
    response.body(Body::from(body)).unwrap()
}

/// All but the host, which is API Gateway's own.
fn headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let given = headers.iter().filter(|(name, _)| name.as_str() != "host");
    given.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}
