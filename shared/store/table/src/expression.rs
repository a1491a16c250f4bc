//! The names and values of an expression.

use crate::item::{Item, Value};
use std::collections::HashMap;

/// Collects the names and values that the parts of an expression refer to.
#[derive(Debug, Clone, Default)]
pub struct Expression {
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
    pub fn value(&mut self, value: Value) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// A value under a placeholder of the caller's choice, which begins with a colon.
    pub(crate) fn insert(&mut self, placeholder: &str, value: Value) {
        self.values.insert(placeholder.to_owned(), value);
    }

    /// A name under a placeholder of the caller's choice, which begins with `#`.
    pub(crate) fn insert_name(&mut self, placeholder: &str, attribute: &str) {
        self.names.insert(placeholder.to_owned(), attribute.to_owned());
    }

    /// With the names and values of another one, which must not use the same placeholders.
    pub(crate) fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.values.extend(other.values);
    }

    /// Names and values.
    pub(crate) fn into_parts(self) -> (HashMap<String, String>, Item) {
        (self.names, self.values)
    }
}
