//! An answer, and what a test expects of it.

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value as Json;

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
