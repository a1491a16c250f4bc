//! Strict JSON bodies, read so that all bad fields are told at once.
//!
//! A request body is a struct of [`Input`]s that reading never fails on, and a
//! [`Checker`] that turns them into values and collects what is wrong:
//!
//! ```
//! use lambdesk_api::body::{Checker, Input, Unknown, from_slice};
//! use lambdesk_domain::text::{EmailAddress, Subject};
//!
//! #[derive(serde::Deserialize)]
//! struct Body {
//!     #[serde(default)]
//!     subject: Input<Subject>,
//!     #[serde(default)]
//!     from: Input<From>,
//!     #[serde(flatten)]
//!     unknown: Unknown,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct From {
//!     #[serde(default)]
//!     email: Input<EmailAddress>,
//!     #[serde(flatten)]
//!     unknown: Unknown,
//! }
//!
//! let body: Body = from_slice(br#"{"subject": 7, "from": {"email": "a@b.c", "nmae": "Ada"}}"#)?;
//! let mut check = Checker::new();
//! let subject = check.required("/subject", body.subject);
//! let email = check.optional("/from", body.from).and_then(|from| {
//!     check.within("/from", |check| {
//!         check.unknown("", from.unknown);
//!         check.required("/email", from.email)
//!     })
//! });
//! check.unknown("", body.unknown);
//! let problem = check.finish().expect_err("two fields are bad");
//! assert_eq!(problem.errors()[0].pointer, "/subject");
//! assert_eq!(problem.errors()[1].pointer, "/from/nmae");
//! assert!(subject.is_none() && email.is_some());
//! # Ok::<(), lambdesk_api::problem::Problem>(())
//! ```

mod nothing;

pub use crate::checker::Checker;
pub use nothing::{NoBody, Nothing};

use crate::{
    media::{self, MediaType},
    problem::{FieldError, Problem},
};
use axum::{
    body::{Body, Bytes},
    extract::FromRequest,
    http::Request,
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use std::fmt;

/// How many unknown members of one object are named.
const NAMED_UNKNOWN: usize = 20;
/// How many characters of an unknown name are repeated.
pub(crate) const NAME_CHARACTERS: usize = 64;

/// One member of a body: reading it never fails. Needs `#[serde(default)]` on the field.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Input<T> {
    /// The member is not there.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It is this.
    Value(T),
    /// It can't be a `T`.
    Bad {
        /// A word for machines: `wrong_type` or `invalid`.
        code: &'static str,
        /// A sentence for people, without the value.
        detail: String,
    },
}

impl<T> Input<T> {
    /// Reads the value further; a refusal is the code and the sentence to answer.
    #[must_use]
    pub fn try_map<U, D: fmt::Display>(self, read: impl FnOnce(T) -> Result<U, (&'static str, D)>) -> Input<U> {
        match self {
            Self::Absent => Input::Absent,
            Self::Null => Input::Null,
            Self::Bad { code, detail } => Input::Bad { code, detail },
            Self::Value(value) => match read(value) {
                Ok(value) => Input::Value(value),
                Err((code, detail)) => Input::Bad { code, detail: detail.to_string() },
            },
        }
    }

    /// Whether the member is there at all.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::Null => Self::Null,
            value => T::deserialize(value).map_or_else(|error| bad(&error), Self::Value),
        })
    }
}

/// Serde's own messages repeat what was sent; ours only say what is expected.
fn bad<T>(error: &serde_json::Error) -> Input<T> {
    let message = error.to_string();
    let is_serde = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `", "unknown field `"]
        .iter()
        .any(|beginning| message.starts_with(beginning));
    if !is_serde {
        return Input::Bad { code: "invalid", detail: message };
    }
    let expected = message.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
    Input::Bad { code: "wrong_type", detail: format!("expected {}", in_json_words(expected)) }
}

/// Rust's names of types in the words of JSON.
fn in_json_words(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a borrowed string" | "string" => "a string",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("a sequence") || expected.starts_with("a tuple") => "a list",
        _ => expected,
    }
}

/// The members that no field of the struct took. Used as `#[serde(flatten)]`;
/// with it the struct is read from objects only, never from lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    pub(crate) names: Vec<String>,
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(UnknownVisitor)
    }
}

struct UnknownVisitor;

impl<'de> Visitor<'de> for UnknownVisitor {
    type Value = Unknown;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unknown, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = members.next_entry::<String, _>()? {
            if names.len() < NAMED_UNKNOWN {
                names.push(name.chars().take(NAME_CHARACTERS).collect());
            }
        }
        Ok(Unknown { names })
    }
}

/// Any JSON, but no object that names a member twice: whose value would count
/// is up to the reader (RFC 8259 section 4), so a check could be talked past.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DocumentVisitor).map(Self)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Document(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Document(value))) = members.next_entry::<String, _>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated member"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// Reads a whole JSON document, whatever it is. At most 127 levels deep.
///
/// # Errors
/// 400 for bad syntax, trailing characters, invalid UTF-8, repeated members.
pub fn document(raw: &[u8]) -> Result<Value, Problem> {
    match serde_json::from_slice::<Document>(raw) {
        Ok(Document(value)) => Ok(value),
        Err(error) => {
            let what = if error.is_data() { "an object names a member twice" } else { "the body is no JSON" };
            Err(Problem::malformed(format!("{what} (line {}, column {})", error.line(), error.column())))
        }
    }
}

/// Reads a body that must be an object.
///
/// # Errors
/// As [`document`]; 422 with the pointer "" when it is no object or no `T`.
pub fn from_slice<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    let value = document(raw)?;
    if !value.is_object() {
        return Err(Problem::invalid(vec![FieldError::new("", "wrong_type", "expected an object")]));
    }
    T::deserialize(value).map_err(|error| match bad::<T>(&error) {
        Input::Bad { code, detail } => Problem::invalid(vec![FieldError::new("", code, detail)]),
        _ => Problem::internal(),
    })
}

/// A body that must be there and be `application/json`.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// What it says.
    pub value: T,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

/// A merge patch (RFC 7396), as `application/merge-patch+json` or `application/json`.
#[derive(Debug, Clone)]
pub struct PatchBody<T> {
    /// What it says.
    pub value: T,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

/// A body that may be left out.
#[derive(Debug, Clone)]
pub struct OptionalJsonBody<T> {
    /// What it says; none when the body is empty.
    pub value: Option<T>,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let (_, raw) = media::read(request, &[MediaType::Json]).await?;
        Ok(Self { value: from_slice(&raw)?, raw })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for PatchBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let (_, raw) = media::read(request, &[MediaType::MergePatch, MediaType::Json]).await?;
        Ok(Self { value: from_slice(&raw)?, raw })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let media_type = media::media_type(request.headers(), &[MediaType::Json]);
        let raw = media::read_bytes(request).await?;
        if raw.is_empty() {
            return Ok(Self { value: None, raw });
        }
        media_type?;
        Ok(Self { value: Some(from_slice(&raw)?), raw })
    }
}

#[cfg(test)]
mod tests;
