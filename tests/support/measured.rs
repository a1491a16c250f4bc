//! Calls within the process, so that what a request has used of the table, and how long its
//! answer is to Lambda, comes back with the answer.

use crate::{Desk, Json};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use lambdesk_domain::budget::escaped_len;
use lambdesk_table::{TableRequest, Usage};
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

/// A caller whose requests are measured.
#[derive(Clone)]
pub struct MeasuredApi {
    router: Router,
    headers: Vec<(String, String)>,
}

/// An answer, and what it took.
#[derive(Debug, Clone)]
pub struct MeasuredReply {
    /// Its status.
    pub status: u16,
    /// Its body, null when it has none.
    pub body: Json,
    /// Bytes of the body as a string in JSON.
    pub escaped: usize,
    /// What was asked of the table.
    pub usage: Usage,
    /// Until it was answered.
    pub took: Duration,
}

impl MeasuredApi {
    /// A caller with this key, or nobody, over the desk's stack.
    pub fn of(desk: &Desk, key: Option<&str>) -> Self {
        let api = Self { router: desk.stack.router(), headers: Vec::new() };
        key.map_or(api.clone(), |key| api.with("authorization", &format!("Bearer {key}")))
    }

    /// With one more header on every request.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut api = self.clone();
        api.headers.push((name.to_owned(), value.to_owned()));
        api
    }

    /// GET.
    pub async fn get(&self, path: &str) -> MeasuredReply {
        self.send(Method::GET, path, None).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Json) -> MeasuredReply {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Any request with a JSON body or none.
    pub async fn send(&self, method: Method, path: &str, body: Option<Json>) -> MeasuredReply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let began = Instant::now();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let took = began.elapsed();
        let status = response.status().as_u16();
        let usage = response.extensions().get::<Usage>().cloned().unwrap_or_default();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        MeasuredReply { status, body, escaped: escaped_len(&bytes), usage, took }
    }
}

impl MeasuredReply {
    /// It, if its status is this one.
    #[expect(clippy::return_self_not_must_use, reason = "often the status is all that is asked")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Read units.
    pub fn reads(&self) -> f64 {
        self.units(|name| matches!(name, "GetItem" | "Query" | "BatchGetItem" | "Scan"))
    }

    /// Write units.
    pub fn writes(&self) -> f64 {
        self.units(|name| !matches!(name, "GetItem" | "Query" | "BatchGetItem" | "Scan"))
    }

    fn units(&self, is_counted: impl Fn(&str) -> bool) -> f64 {
        let units = |one: &TableRequest| one.table_units + one.index_units.values().sum::<f64>();
        self.usage.operations.iter().filter(|one| is_counted(one.name)).map(units).sum()
    }
}
