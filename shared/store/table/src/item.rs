//! Reading and writing single attributes of an item.

use crate::{error::Corrupt, keys};
use aws_sdk_dynamodb::types::AttributeValue;
use lambdesk_domain::time::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use uuid::Uuid;

/// The value of an attribute, as the SDK has it.
pub type Value = AttributeValue;

/// An item as the SDK has it.
pub type Item = HashMap<String, Value>;

/// The format version that this code writes. Readers accept the previous one too.
pub const FORMAT: u64 = 1;

/// An item of nothing but its primary key.
#[must_use]
pub fn primary(key: keys::Key) -> Item {
    HashMap::from([("pk".to_owned(), Value::S(key.pk)), ("sk".to_owned(), Value::S(key.sk))])
}

/// A text.
pub fn text(text: impl Into<String>) -> Value {
    Value::S(text.into())
}

/// A number.
pub fn number(number: u64) -> Value {
    Value::N(number.to_string())
}

/// A time, in milliseconds.
pub fn time(time: Timestamp) -> Value {
    number(time.millis())
}

/// An id, in its short form.
pub fn id(id: Uuid) -> Value {
    text(keys::short(id))
}

/// Bytes.
pub fn binary(bytes: Vec<u8>) -> Value {
    Value::B(bytes.into())
}

/// Anything, as JSON text.
///
/// # Panics
/// Never: our types have string keys and finite numbers.
pub fn json(value: &impl Serialize) -> Value {
    text(serde_json::to_string(value).expect("our types are representable in JSON"))
}

/// An item of nothing but its key.
#[must_use]
pub fn keyed(key: keys::Key) -> Item {
    let keys::Key { pk, sk } = key;
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// An item that is one JSON document under a key.
pub fn document(key: keys::Key, value: &impl Serialize) -> Item {
    let mut item = keyed(key);
    item.insert("v".to_owned(), number(FORMAT));
    item.insert("doc".to_owned(), json(value));
    item
}

/// Reads [`document`].
///
/// # Errors
/// When it is not there or not readable.
pub fn read_document<T: DeserializeOwned>(item: &Item) -> Result<T, Corrupt> {
    Reader(item).json("doc")
}

/// Reads attributes; every method fails with the name of the attribute that is missing
/// or unreadable.
#[derive(Clone, Copy)]
pub struct Reader<'a>(pub &'a Item);

#[expect(clippy::missing_errors_doc, reason = "said once, at the type")]
impl<'a> Reader<'a> {
    /// A text that may be absent.
    pub fn text_if_any(self, name: &'static str) -> Result<Option<&'a str>, Corrupt> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::S(text)) => Ok(Some(text)),
            Some(_) => Err(Corrupt(name)),
        }
    }

    /// A text.
    pub fn text(self, name: &'static str) -> Result<&'a str, Corrupt> {
        self.text_if_any(name)?.ok_or(Corrupt(name))
    }

    /// A text of a kind, which was one when it was stored: `Subject::stored`.
    pub fn stored<T>(self, name: &'static str, wrap: impl Fn(String) -> T) -> Result<T, Corrupt> {
        Ok(wrap(self.text(name)?.to_owned()))
    }

    /// The same, which may be absent.
    pub fn stored_if_any<T>(self, name: &'static str, wrap: impl Fn(String) -> T) -> Result<Option<T>, Corrupt> {
        Ok(self.text_if_any(name)?.map(|text| wrap(text.to_owned())))
    }

    /// A text that means something.
    pub fn parsed<T: std::str::FromStr>(self, name: &'static str) -> Result<T, Corrupt> {
        self.text(name)?.parse().map_err(|_| Corrupt(name))
    }

    /// A text that means something and may be absent.
    pub fn parsed_if_any<T: std::str::FromStr>(self, name: &'static str) -> Result<Option<T>, Corrupt> {
        self.text_if_any(name)?.map(|text| text.parse().map_err(|_| Corrupt(name))).transpose()
    }

    /// A word of a closed set.
    pub fn word<T>(self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Corrupt> {
        parse(self.text(name)?).ok_or(Corrupt(name))
    }

    /// A number that may be absent.
    pub fn number_if_any(self, name: &'static str) -> Result<Option<u64>, Corrupt> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::N(digits)) => digits.parse().map(Some).map_err(|_| Corrupt(name)),
            Some(_) => Err(Corrupt(name)),
        }
    }

    /// A number.
    pub fn number(self, name: &'static str) -> Result<u64, Corrupt> {
        self.number_if_any(name)?.ok_or(Corrupt(name))
    }

    /// A time that may be absent.
    pub fn time_if_any(self, name: &'static str) -> Result<Option<Timestamp>, Corrupt> {
        Ok(self.number_if_any(name)?.map(Timestamp::from_millis))
    }

    /// A time.
    pub fn time(self, name: &'static str) -> Result<Timestamp, Corrupt> {
        self.number(name).map(Timestamp::from_millis)
    }

    /// An id that may be absent.
    pub fn id_if_any<T>(self, name: &'static str, wrap: impl Fn(Uuid) -> T) -> Result<Option<T>, Corrupt> {
        self.text_if_any(name)?.map(|short| keys::long(short).map(&wrap).ok_or(Corrupt(name))).transpose()
    }

    /// A flag.
    pub fn flag(self, name: &'static str) -> Result<bool, Corrupt> {
        match self.0.get(name) {
            Some(Value::Bool(flag)) => Ok(*flag),
            _ => Err(Corrupt(name)),
        }
    }

    /// Anything written by [`json`].
    pub fn json<T: DeserializeOwned>(self, name: &'static str) -> Result<T, Corrupt> {
        serde_json::from_str(self.text(name)?).map_err(|_| Corrupt(name))
    }

    /// Bytes; empty when absent.
    pub fn bytes(self, name: &'static str) -> Result<&'a [u8], Corrupt> {
        match self.0.get(name) {
            None => Ok(&[]),
            Some(Value::B(bytes)) => Ok(bytes.as_ref()),
            Some(_) => Err(Corrupt(name)),
        }
    }

    /// A map; empty when absent.
    pub fn map(self, name: &'static str) -> Result<Option<&'a Item>, Corrupt> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::M(map)) => Ok(Some(map)),
            Some(_) => Err(Corrupt(name)),
        }
    }

    /// A set of texts; empty when absent.
    pub fn set(self, name: &'static str) -> Result<&'a [String], Corrupt> {
        match self.0.get(name) {
            None => Ok(&[]),
            Some(Value::Ss(set)) => Ok(set),
            Some(_) => Err(Corrupt(name)),
        }
    }
}
