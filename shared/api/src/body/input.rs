//! Members of a body, read without failing.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;
use std::fmt;

/// How many unknown members of one object are named.
const NAMED_UNKNOWN: usize = 20;
/// How many characters of an unknown name are repeated.
const NAME_CHARACTERS: usize = 64;

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
pub(super) fn bad<T>(error: &serde_json::Error) -> Input<T> {
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
