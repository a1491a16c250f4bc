//! A caller, whose every answer is held to the document.

use crate::{contract, reply::Reply};
use reqwest::{
    Client, Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value as Json;

/// A caller: a key, or nobody.
#[derive(Clone)]
pub struct Api {
    http: Client,
    url: String,
    headers: HeaderMap,
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
