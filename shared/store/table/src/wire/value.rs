//! Values and items as the protocol has them: `{"S": "a text"}`.

use crate::item::{Item, Value};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
    ser::{self, SerializeMap as _},
};
use std::{collections::HashMap, fmt};

/// Something in the form of the protocol.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wired<T>(pub T);

impl Serialize for Wired<Item> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        item(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for Wired<Item> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ItemVisitor { capacity: 0 })
    }
}

impl<'de> Deserialize<'de> for Wired<Vec<Item>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ItemsVisitor)
    }
}

impl<'de> Deserialize<'de> for Wired<Value> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ValueVisitor)
    }
}

/// Borrowed, to be written.
struct Shown<'a, T>(&'a T);

impl Serialize for Shown<'_, Value> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1))?;
        match self.0 {
            Value::S(text) => map.serialize_entry("S", text),
            Value::N(digits) => map.serialize_entry("N", digits),
            Value::Bool(flag) => map.serialize_entry("BOOL", flag),
            Value::B(bytes) => map.serialize_entry("B", &STANDARD.encode(bytes)),
            Value::M(inner) => map.serialize_entry("M", &Shown(inner)),
            Value::L(list) => map.serialize_entry("L", &list.iter().map(Shown).collect::<Vec<_>>()),
            Value::Ss(set) => map.serialize_entry("SS", set),
            Value::Ns(set) => map.serialize_entry("NS", set),
            Value::Bs(set) => {
                map.serialize_entry("BS", &set.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>())
            }
            Value::Null(is_null) => map.serialize_entry("NULL", is_null),
            _ => Err(ser::Error::custom("a value of a type that we don't know")),
        }?;
        map.end()
    }
}

impl Serialize for Shown<'_, Item> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        item(self.0, to)
    }
}

fn item<S: Serializer>(item: &Item, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(item.iter().map(|(name, value)| (name, Shown(value))))
}

/// Reads an item of about so many attributes.
struct ItemVisitor {
    capacity: usize,
}

impl<'de> DeserializeSeed<'de> for ItemVisitor {
    type Value = Wired<Item>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Wired<Item>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut item = HashMap::with_capacity(self.capacity);
        while let Some((name, Wired(value))) = map.next_entry()? {
            item.insert(name, value);
        }
        Ok(Wired(item))
    }
}

/// Reads items, which mostly have as many attributes as the one before.
struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Wired<Vec<Item>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut items: Vec<Item> = Vec::new();
        loop {
            let capacity = items.last().map_or(0, HashMap::len);
            let Some(Wired(item)) = from.next_element_seed(ItemVisitor { capacity })? else {
                return Ok(Wired(items));
            };
            items.push(item);
        }
    }
}

/// The type of a value.
#[derive(Deserialize)]
enum ValueTag {
    S,
    N,
    #[serde(rename = "BOOL")]
    Bool,
    B,
    M,
    L,
    #[serde(rename = "SS")]
    Ss,
    #[serde(rename = "NS")]
    Ns,
    #[serde(rename = "BS")]
    Bs,
    #[serde(rename = "NULL")]
    Null,
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Wired<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let kind = map.next_key()?.ok_or_else(|| de::Error::custom("a value without a type"))?;
        let value = match kind {
            ValueTag::S => Value::S(map.next_value()?),
            ValueTag::N => Value::N(map.next_value()?),
            ValueTag::Bool => Value::Bool(map.next_value()?),
            ValueTag::B => Value::B(map.next_value::<Binary>()?.0.into()),
            ValueTag::M => Value::M(map.next_value::<Wired<Item>>()?.0),
            ValueTag::L => {
                Value::L(map.next_value::<Vec<Wired<Value>>>()?.into_iter().map(|Wired(value)| value).collect())
            }
            ValueTag::Ss => Value::Ss(map.next_value()?),
            ValueTag::Ns => Value::Ns(map.next_value()?),
            ValueTag::Bs => {
                Value::Bs(map.next_value::<Vec<Binary>>()?.into_iter().map(|bytes| bytes.0.into()).collect())
            }
            ValueTag::Null => Value::Null(map.next_value()?),
        };
        match map.next_key::<de::IgnoredAny>()? {
            None => Ok(Wired(value)),
            Some(_) => Err(de::Error::custom("a value with two types")),
        }
    }
}

/// Bytes, in base64.
struct Binary(Vec<u8>);

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Base64;

        impl Visitor<'_> for Base64 {
            type Value = Binary;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Binary, E> {
                STANDARD.decode(text).map(Binary).map_err(de::Error::custom)
            }
        }

        from.deserialize_str(Base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_type_of_value_has_its_form() {
        let text = |text: &str| text.to_owned();
        let inner = Item::from([(text("x"), Value::Bool(true))]);
        for (value, expected) in [
            (Value::S(text("a\"b")), json!({"S": "a\"b"})),
            (Value::N(text("-1.5")), json!({"N": "-1.5"})),
            (Value::Bool(false), json!({"BOOL": false})),
            (Value::B(vec![255, 0].into()), json!({"B": "/wA="})),
            (Value::M(inner), json!({"M": {"x": {"BOOL": true}}})),
            (Value::L(vec![Value::Null(true)]), json!({"L": [{"NULL": true}]})),
            (Value::Ss(vec![text("a"), text("b")]), json!({"SS": ["a", "b"]})),
            (Value::Ns(vec![text("1")]), json!({"NS": ["1"]})),
            (Value::Bs(vec![vec![1].into()]), json!({"BS": ["AQ=="]})),
        ] {
            assert_eq!(serde_json::to_value(Shown(&value)).unwrap(), expected);
            let read: Wired<Value> = serde_json::from_value(expected).unwrap();
            assert_eq!(read.0, value);
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for bad in [json!({}), json!({"X": "a"}), json!({"S": "a", "N": "1"}), json!({"S": 1}), json!({"B": "%"})] {
            assert!(serde_json::from_value::<Wired<Value>>(bad.clone()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_item_reads_back_as_it_was_written(texts in prop::collection::hash_map(".{0,20}", ".{0,60}", 0..6)) {
            let item: Item = texts.into_iter().map(|(name, text)| (name, Value::S(text))).collect();
            let written = serde_json::to_vec(&Shown(&item)).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Wired<Item>>(&written).unwrap().0, item);
        }
    }
}
