//! A ticket's head as an item: its attributes, how they are read, written and changed.

pub(crate) mod attr;
mod compact;
mod condition;
mod decode;
mod encode;
mod news;
mod update;

pub(crate) use condition::{condition, is_written, reach, unwritten};
pub use decode::decode;
pub(crate) use encode::{custom as custom_value, encode};
pub(crate) use update::update;

pub(crate) use attr::filterable;

use crate::item::Item;
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
