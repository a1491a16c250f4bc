//! Calling a function's routes in this process, and reading what they answer.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
    response::Response,
};
use lambdesk_table::Usage;
use serde_json::Value as Json;
use tower::ServiceExt as _;

/// A caller of routes: with a key, or nobody.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: Vec<(String, String)>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct ClientAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
    /// What it cost at the table.
    pub usage: Usage,
    /// The body; null when it is no JSON.
    body: Json,
}

impl Client {
    /// Nobody, of these routes.
    pub const fn new(router: Router) -> Self {
        Self { router, headers: Vec::new() }
    }

    /// The same caller with one more header on every request.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(before, _)| before != name);
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// A caller with this key, and no other header.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self::new(self.router.clone()).with("authorization", &format!("Bearer {key}"))
    }

    /// A caller without a key.
    #[must_use]
    pub fn nobody(&self) -> Self {
        Self::new(self.router.clone())
    }

    /// GET.
    pub async fn get(&self, path: &str) -> ClientAnswer {
        self.send("GET", path, &[], "").await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> ClientAnswer {
        self.send("DELETE", path, &[], "").await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Json) -> ClientAnswer {
        self.send_json("POST", path, &body).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Json) -> ClientAnswer {
        self.send_json("PATCH", path, &body).await
    }

    /// Makes something that must work by a POST, and answers its id.
    pub async fn make(&self, path: &str, body: Json) -> String {
        let made = self.post(path, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.id()
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Json) -> ClientAnswer {
        self.send_json("PUT", path, &body).await
    }

    /// Any request with a JSON body.
    pub async fn send_json(&self, method: &str, path: &str, body: &Json) -> ClientAnswer {
        self.send(method, path, &[("content-type", "application/json")], body.to_string()).await
    }

    /// Any request; a header given here takes the place of the caller's own.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> ClientAnswer {
        let mut request = Request::builder().method(method).uri(path);
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let own = own.filter(|(name, _)| !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)));
        for (name, value) in own.chain(headers.iter().copied()) {
            request = request.header(name, value);
        }
        let answer = self.call(request.body(body.into()).expect("a request")).await;
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
        answer
    }

    /// A request as it is given, without the caller's headers; it may fail with a 5xx.
    pub async fn call(&self, request: Request<Body>) -> ClientAnswer {
        let Ok(response) = self.router.clone().oneshot(request).await;
        ClientAnswer::of(response).await
    }
}

impl ClientAnswer {
    /// Reads a response to its end.
    pub async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).expect("text"),
            usage: parts.extensions.get().cloned().unwrap_or_default(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// The names of the requests to the table, in the order in which they ended.
    pub fn operations(&self) -> Vec<&'static str> {
        self.usage.operations.iter().map(|operation| operation.name).collect()
    }

    /// The body; null when it is empty.
    pub fn json(&self) -> Json {
        if self.text.is_empty() {
            return Json::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The thing that was answered.
    pub fn data(&self) -> Json {
        self.json()["data"].take()
    }

    /// The thing that a 201 answers.
    pub fn created(&self) -> Json {
        assert_eq!(self.status, 201, "{}", self.text);
        self.data()
    }

    /// The thing that a 200 answers.
    pub fn ok(&self) -> Json {
        assert_eq!(self.status, 200, "{}", self.text);
        self.data()
    }

    /// The id of the thing that was answered.
    pub fn id(&self) -> String {
        self.member("id")
    }

    /// A text of the thing that was answered.
    pub fn member(&self, name: &str) -> String {
        self.data()[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.text)).to_owned()
    }

    /// A header's text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The problem's code; empty when it is no problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The status and the code of a problem document.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        (self.status, self.code().to_owned())
    }

    /// Pointer and code of every bad field.
    pub fn errors(&self) -> Vec<(&str, &str)> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let errors = errors.iter().map(|error| (error["pointer"].as_str(), error["code"].as_str()));
        errors.map(|(pointer, code)| (pointer.expect("text"), code.expect("text"))).collect()
    }

    /// The pointers of the bad fields.
    pub fn pointers(&self) -> Vec<String> {
        self.errors().into_iter().map(|(pointer, _)| pointer.to_owned()).collect()
    }

    /// Field, before and after of every change that a dry run tells.
    pub fn changes(&self) -> Vec<(&str, &Json, &Json)> {
        let changes = self.body["data"]["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
        changes.iter().map(|one| (one["field"].as_str().expect("text"), &one["from"], &one["to"])).collect()
    }
}

/// The texts of a list of messages.
pub fn texts(messages: &Json) -> Vec<&str> {
    let messages = messages.as_array().expect("a list").iter();
    messages.map(|message| message["body_text"].as_str().expect("text")).collect()
}
