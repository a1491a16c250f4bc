//! Layers of the index as one: newer ones may tell older ones to forget tickets.

use super::block::Lists;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// Numbers of tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(pub BTreeSet<u64>);

impl Numbers {
    /// In few bytes: the distances between them.
    pub fn pack(&self) -> Vec<u8> {
        let (mut bytes, mut before) = (Vec::new(), 0);
        for number in &self.0 {
            super::block::write(number - before, &mut bytes);
            before = *number;
        }
        bytes
    }

    /// Reads [`Numbers::pack`].
    pub fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let (mut numbers, mut before) = (BTreeSet::new(), 0_u64);
        while !bytes.is_empty() {
            before = before.checked_add(super::block::read(&mut bytes)?)?;
            numbers.insert(before);
        }
        Some(Self(numbers))
    }

    pub fn extend(&mut self, more: &Self) {
        self.0.extend(&more.0);
    }
}

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD_NO_PAD.encode(self.pack()))
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Self::unpack(&bytes).ok_or_else(|| serde::de::Error::custom("not a set of numbers"))
    }
}

/// One piece of the index: what it says, and which tickets older pieces are to forget.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    pub lists: Lists,
    pub forgotten: Numbers,
}

/// What layers say together, the newest first.
pub fn merge<'a>(newest_first: impl IntoIterator<Item = &'a Layer>) -> Layer {
    let mut merged = Layer::default();
    for layer in newest_first {
        for (word, list) in layer.lists.iter() {
            let lasting = list.iter().filter(|(number, _)| !merged.forgotten.0.contains(&number.0));
            lasting.for_each(|(number, is_public)| merged.lists.add(word, number.0, *is_public));
        }
        merged.forgotten.extend(&layer.forgotten);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn layer(postings: &[(&str, u64, bool)], forgotten: &[u64]) -> Layer {
        let mut layer = Layer { forgotten: Numbers(forgotten.iter().copied().collect()), ..Layer::default() };
        for (word, number, is_public) in postings {
            layer.lists.add(word, *number, *is_public);
        }
        layer
    }

    #[test]
    fn a_newer_layer_makes_older_ones_forget_but_not_itself_or_newer_ones() {
        let oldest = layer(&[("old", 1, true), ("old", 2, true)], &[]);
        let middle = layer(&[("new", 1, true)], &[1]);
        let newest = layer(&[("newest", 1, false)], &[]);
        let expected = layer(&[("old", 2, true), ("new", 1, true), ("newest", 1, false)], &[1]);
        assert_eq!(merge([&newest, &middle, &oldest]), expected);
    }

    #[test]
    fn a_word_of_a_note_and_a_message_is_public() {
        let (note, message) = (layer(&[("word", 1, false)], &[]), layer(&[("word", 1, true)], &[]));
        assert_eq!(merge([&note, &message]), message);
        assert_eq!(merge([&message, &note]), message);
    }

    proptest! {
        #[test]
        fn sets_of_numbers_read_back(numbers: BTreeSet<u64>) {
            let numbers = Numbers(numbers);
            let json = serde_json::to_string(&numbers).expect("a text");
            prop_assert_eq!(serde_json::from_str::<Numbers>(&json).expect("it reads back"), numbers);
        }
    }
}
