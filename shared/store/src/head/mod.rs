//! A ticket's head as an item: its attributes, how they are read, written and changed.

pub(crate) mod attr;
mod compact;
mod condition;
mod decode;
mod encode;
mod update;

pub(crate) use attr::custom as custom_value;
pub(crate) use condition::{condition, dedup, is_written, reach};
pub use decode::decode;
pub(crate) use encode::encode;
pub(crate) use update::update;

pub(crate) use attr::filterable;

use crate::item::Item;
use attr::Path;
use aws_sdk_dynamodb::types::AttributeValue as Av;
use std::collections::HashMap;

/// The parts of an expression, with their names and values.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    names: HashMap<String, String>,
    values: Item,
}

impl Expression {
    /// A placeholder for an attribute's name (many of ours are reserved words).
    pub fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// A placeholder for an attribute inside a map. Short, because there may be
    /// many custom fields and an expression has at most 4 KB.
    pub fn path(&mut self, map: &str, key: &str) -> String {
        let placeholder = format!("#{}", self.names.len());
        self.names.insert(placeholder.clone(), key.to_owned());
        format!("{}.{placeholder}", self.name(map))
    }

    /// The placeholder for where a field is.
    pub fn at(&mut self, path: Path<'_>) -> String {
        match path {
            Path::Whole(name) => self.name(name),
            Path::Member(map, key) => self.path(map, key),
        }
    }

    /// A placeholder for a value.
    pub fn value(&mut self, value: Av) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Names and values as the SDK takes them; it refuses empty maps.
    pub fn into_parts(self) -> (Option<HashMap<String, String>>, Option<Item>) {
        ((!self.names.is_empty()).then_some(self.names), (!self.values.is_empty()).then_some(self.values))
    }
}
