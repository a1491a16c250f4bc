//! The routes over an engine in memory, and short words to call them.

use aws_credential_types::Credentials;
use http_body_util::BodyExt as _;
use lambdesk_api::{seal::SealingKey, state::App as State};
use lambdesk_directory::{OperatorToken, bootstrap, routes};
use lambdesk_domain::time::Timestamp;
use lambdesk_engine::{Engine, Storage};
use lambdesk_runtime::{
    Clock,
    aws::dynamo_client,
    config::{Aws, Config},
};
use lambdesk_store::Store;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const OPERATOR: &str = "operator-token-of-the-tests";

/// One installation, with an operator's token.
pub struct App {
    pub store: Store,
    pub clock: Clock,
    router: axum::Router,
    _engine: Engine,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    /// Null when the body is empty.
    pub body: Value,
}

impl Answer {
    /// The thing that was answered.
    pub fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// A text of the thing.
    pub fn text(&self, member: &str) -> String {
        self.data()[member].as_str().unwrap_or_else(|| panic!("{member} in {}", self.body)).to_owned()
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Field, before and after of every change that a dry run tells.
    pub fn changes(&self) -> Vec<(&str, &Value, &Value)> {
        let changes = self.data()["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
        changes.iter().map(|change| (change["field"].as_str().unwrap(), &change["from"], &change["to"])).collect()
    }

    /// Pointer and code of every bad field.
    pub fn errors(&self) -> Vec<(&str, &str)> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
    }
}

/// A request in the making.
pub struct Call<'a> {
    app: &'a App,
    request: axum::http::request::Builder,
    body: String,
}

impl App {
    pub async fn start() -> Self {
        let variables =
            [("LAMBDESK_TABLE", "-"), ("AWS_REGION", "-"), ("AWS_ACCESS_KEY_ID", "-"), ("AWS_SECRET_ACCESS_KEY", "-")];
        let token = [("LAMBDESK_OPERATOR_TOKEN", OPERATOR)];
        let variable = |name: &str| {
            variables.iter().chain(&token).find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
        };
        let config = Config::read(variable).unwrap();
        Self::with(OperatorToken::of(config.operator_token())).await
    }

    pub async fn with(operator: Option<OperatorToken>) -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let credentials = Credentials::from_keys("test", "test", None);
        let aws = Aws { region: "local".to_owned(), credentials, dynamodb_url: Some(engine.url()), sqs_url: None };
        let store = Store::new(dynamo_client(&aws), "lambdesk-test");
        store.create_table().await.unwrap();
        let clock = Clock::manual(Timestamp::from_millis(1_800_000_000_000));
        let state = State { clock: clock.clone(), ..State::new(store.clone(), SealingKey::new(&[7; 32])) };
        let router = routes(operator).router(&state);
        Self { store, clock, router, _engine: engine }
    }

    /// The key of the owner of a new workspace.
    pub async fn workspace(&self) -> String {
        let new = bootstrap(&self.store, &self.clock, name("Acme"), name("Ada"), "ada@acme.example".parse().unwrap());
        new.await.unwrap().key_text
    }

    /// A request with a key.
    pub fn call(&self, method: &str, path: &str, key: &str) -> Call<'_> {
        let request = axum::http::Request::builder().method(method).uri(path);
        Call { app: self, request: request.header("authorization", format!("Bearer {key}")), body: String::new() }
    }

    pub async fn get(&self, path: &str, key: &str) -> Answer {
        self.call("GET", path, key).send().await
    }

    pub async fn post(&self, path: &str, key: &str, body: Value) -> Answer {
        self.call("POST", path, key).json(&body).send().await
    }

    pub async fn patch(&self, path: &str, key: &str, body: Value) -> Answer {
        self.call("PATCH", path, key).json(&body).send().await
    }

    pub async fn delete(&self, path: &str, key: &str) -> Answer {
        self.call("DELETE", path, key).send().await
    }

    /// Makes something that must work, and answers its id.
    pub async fn made(&self, path: &str, key: &str, body: Value) -> String {
        let answer = self.post(path, key, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.text("id")
    }

    /// A user with this role, and a key of theirs with these scopes.
    pub async fn user(&self, owner: &str, role: &str, scopes: Value) -> (String, String) {
        let user = json!({"name": role, "email": format!("{role}@acme.example"), "role": role});
        let user = self.made("/v1/users", owner, user).await;
        let key = json!({"name": role, "kind": "user", "user_id": user, "scopes": scopes});
        let answer = self.post("/v1/api-keys", owner, key).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        (user, answer.text("key"))
    }
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw(&body.to_string())
    }

    pub fn raw(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.header("content-type", "application/json") }
    }

    pub async fn send(self) -> Answer {
        let request = self.request.body(axum::body::Body::from(self.body)).unwrap();
        let (parts, body) = self.app.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

pub fn name(text: &str) -> lambdesk_domain::text::Name {
    text.parse().unwrap()
}
