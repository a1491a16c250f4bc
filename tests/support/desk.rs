//! A desk: the stack in memory, and callers with keys.

use crate::{Receiver, contract};
use axum::Router;
use lambdesk_api::{seal::SealingKey, state::App};
use lambdesk_local::{Options, Stack, stack};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Clock, HintQueue};
use lambdesk_testkit::Stores;
use reqwest::{
    Client, Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value as Json, json};

/// The whole stack, with its owner's key.
pub struct Desk {
    /// The stack.
    pub stack: Stack,
    /// The owner.
    pub owner: Api,
}

/// A caller: a key, or nobody.
#[derive(Clone)]
pub struct Api {
    http: Client,
    url: String,
    headers: HeaderMap,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, null when it has none.
    pub body: Json,
}

impl Desk {
    /// An empty desk.
    pub async fn start() -> Self {
        Self::start_at(Clock::system()).await
    }

    /// An empty desk whose clock the test turns.
    pub async fn start_at(clock: Clock) -> Self {
        Self::of(Stack::start_at(&Options::in_memory(), clock).await.unwrap()).await
    }

    /// A desk over a stack that runs already.
    pub async fn of(stack: Stack) -> Self {
        let key = stack.bootstrap("Test", "Olga Owner", "owner@desk.example").await.unwrap();
        let owner = Api::of(&stack.url(), Some(&key));
        Self { stack, owner }
    }

    /// Somebody without a key.
    pub fn nobody(&self) -> Api {
        Api::of(&self.stack.url(), None)
    }

    /// A caller with this key.
    pub fn with_key(&self, key: &str) -> Api {
        Api::of(&self.stack.url(), Some(key))
    }

    /// The stores over the stack's table, with nothing cached.
    pub fn stores(&self) -> Stores {
        Stores::new(&self.stack.app.table)
    }

    /// The routes of functions that have just started: nothing is cached.
    pub fn cold_router(&self) -> Router {
        let App { table, directories: _, contacts: _, tickets: _, objects, sealing, clock } = self.stack.app.clone();
        let cold = App { objects, clock, ..App::new(&table, SealingKey::clone(&sealing)) };
        let (queue, _) = HintQueue::local(1);
        stack::router(&cold, stack::functions(&AddressPolicy::public_only(), &queue))
    }

    /// Another workspace on the same desk; answers its owner.
    pub async fn other_workspace(&self) -> Api {
        let key = self.stack.bootstrap("Other", "Otto Other", "owner@other.example").await.unwrap();
        self.with_key(&key)
    }

    /// A user of this role, and a caller with a key of theirs.
    pub async fn user(&self, name: &str, role: &str) -> (Json, Api) {
        let email = format!("{}@desk.example", name.to_lowercase().replace(' ', "."));
        let user = json!({"name": name, "email": email, "role": role, "timezone": "Europe/Brussels"});
        let user = self.owner.post("/v1/users", user).await.created();
        let key = self.key(json!({"name": name, "kind": "user", "user_id": user["id"], "scopes": ["tickets:read", "tickets:write"]})).await;
        (user, self.with_key(&key))
    }

    /// A program with a machine key of these scopes.
    pub async fn machine(&self, scopes: &[&str]) -> Api {
        let key = self.key(json!({"name": "Program", "kind": "machine", "scopes": scopes})).await;
        self.with_key(&key)
    }

    /// A new key's text.
    pub async fn key(&self, body: Json) -> String {
        let key = self.owner.post("/v1/api-keys", body).await.created();
        key["key"].as_str().unwrap().to_owned()
    }

    /// A chat channel that `https://shop.example` may embed.
    pub async fn channel(&self) -> Json {
        let channel = json!({"name": "Website", "type": "chat", "color": "#3b82f6", "hostnames": ["shop.example"]});
        self.owner.post("/v1/channels", channel).await.created()
    }

    /// A ticket with a message from a customer.
    pub async fn ticket(&self, subject: &str) -> Json {
        let body = json!({
            "subject": subject,
            "from": {"name": "Grace Example", "email": "grace@customer.example"},
            "message": {"body_text": "Hello, I need help."},
        });
        self.owner.post("/v1/tickets", body).await.created()
    }

    /// A receiver of webhooks that is subscribed to these types.
    pub async fn receiver(&self, types: &[&str]) -> Receiver {
        let receiver = Receiver::start().await;
        receiver.subscribe(&self.owner, types).await
    }

    /// Runs the sweep now.
    pub async fn sweep(&self) {
        self.stack.sweep.run(self.stack.app.clock.now(), std::time::Duration::from_secs(30)).await;
    }
}

impl Api {
    /// For this URL and key.
    pub fn of(url: &str, key: Option<&str>) -> Self {
        let api = Self { http: Client::new(), url: url.to_owned(), headers: HeaderMap::new() };
        match key {
            Some(key) => api.with("authorization", &format!("Bearer {key}")),
            None => api,
        }
    }

    /// With one more header on every request.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut api = self.clone();
        api.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::try_from(value).unwrap());
        api
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Json) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: Json) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// PATCH.
    pub async fn patch(&self, path: &str, body: Json) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Any request with a JSON body or none.
    pub async fn send(&self, method: Method, path: &str, body: Option<Json>) -> Reply {
        let body = body.map(|body| body.to_string().into_bytes());
        self.send_raw(method, path, "application/json", body).await
    }

    /// Any request with any body.
    pub async fn send_raw(&self, method: Method, path: &str, content_type: &str, body: Option<Vec<u8>>) -> Reply {
        let called = method.clone();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone());
        if let Some(body) = body {
            request = request.header("content-type", content_type).body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        let reply = Reply { status, headers, body };
        contract::hold(&called, path, &reply);
        reply
    }

    /// Asks until the answer is as wanted, for what happens asynchronously.
    pub async fn eventually(&self, path: &str, wanted: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..1500 {
            let reply = self.get(path).await;
            if wanted(&reply.body) {
                return reply.body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{path} never answered as wanted; at last: {}", self.get(path).await.body);
    }
}

impl Reply {
    /// The `data` of a 200.
    pub fn ok(self) -> Json {
        self.expect(200)["data"].take()
    }

    /// The `data` of a 201.
    pub fn created(self) -> Json {
        self.expect(201)["data"].take()
    }

    /// The body of an answer with this status.
    pub fn expect(self, status: u16) -> Json {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The problem document of an answer with this status and code.
    pub fn problem(self, status: u16, code: &str) -> Json {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.body);
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
        assert!(body["request_id"].is_string() && body["title"].is_string(), "{body}");
        body
    }

    /// The pointers of the bad fields, sorted.
    pub fn bad_fields(self) -> Vec<String> {
        let body = self.expect(422);
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("{body}"));
        let mut pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect();
        pointers.sort();
        pointers
    }

    /// A header's text, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
