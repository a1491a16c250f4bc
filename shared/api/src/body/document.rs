//! Whole JSON documents, read strictly.

use super::{
    input::{Input, bad},
    numbers::{self, InexactNumbers},
};
use crate::problem::{FieldError, Problem};
use lambdesk_domain::custom_field::EXACT_NUMBERS;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Any JSON, but no object that names a member twice: whose value would count
/// is up to the reader (RFC 8259 section 4), so a check could be talked past.
struct StrictJson(Value);

impl<'de> Deserialize<'de> for StrictJson {
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
        while let Some(StrictJson(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, StrictJson(value))) = members.next_entry::<String, _>()? {
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
/// 400 for bad syntax, trailing characters, invalid UTF-8, repeated members; 422 for numbers
/// that can't be kept as they are.
pub fn document(raw: &[u8]) -> Result<Value, Problem> {
    match serde_json::from_slice::<StrictJson>(raw) {
        Ok(StrictJson(value)) => require_exact(raw).map(|()| value),
        Err(error) => {
            let what = if error.is_data() { "an object names a member twice" } else { "the body is no JSON" };
            Err(Problem::malformed(format!("{what} (line {}, column {})", error.line(), error.column())))
        }
    }
}

/// Refuses numbers that would be kept as other numbers.
fn require_exact(json: &[u8]) -> Result<(), Problem> {
    let InexactNumbers { pointers, more } = numbers::inexact(json);
    if pointers.is_empty() {
        return Ok(());
    }
    let detail = format!("expected {EXACT_NUMBERS}");
    let named = pointers.into_iter().map(|pointer| FieldError::new(pointer, "inexact_number", detail.clone()));
    let others =
        (more > 0).then(|| FieldError::new("", "inexact_number", format!("{more} more numbers are like these")));
    Err(Problem::invalid(named.chain(others).collect()))
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
