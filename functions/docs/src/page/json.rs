//! Reading parts of the document. What is missing or of another type is empty.

use serde_json::Value as Json;

/// What a pointer leads to; null where there is nothing.
pub fn part<'a>(value: &'a Json, pointer: &str) -> &'a Json {
    value.pointer(pointer).unwrap_or(&Json::Null)
}

/// The text of a string.
pub fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of an array.
pub fn items(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

/// The members of an object.
pub fn members(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}
