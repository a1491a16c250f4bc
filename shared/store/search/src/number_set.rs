//! Sets of ticket numbers, packed as the distances between them: 1 to 3 bytes each.
//! The tombstones of a write buffer's item or a segment are such a set.

use crate::varint;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// Numbers of tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberSet(pub BTreeSet<u64>);

impl NumberSet {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, number: u64) -> bool {
        self.0.contains(&number)
    }

    pub fn extend(&mut self, more: &Self) {
        self.0.extend(&more.0);
    }

    /// In few bytes: the distances between the numbers.
    pub fn pack(&self) -> Vec<u8> {
        let (mut bytes, mut before) = (Vec::new(), 0);
        for number in &self.0 {
            varint::write(number - before, &mut bytes);
            before = *number;
        }
        bytes
    }

    /// Reads [`NumberSet::pack`].
    pub fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let (mut numbers, mut before) = (BTreeSet::new(), 0_u64);
        while !bytes.is_empty() {
            before = before.checked_add(varint::read(&mut bytes)?)?;
            numbers.insert(before);
        }
        Some(Self(numbers))
    }
}

impl FromIterator<u64> for NumberSet {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl Serialize for NumberSet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD_NO_PAD.encode(self.pack()))
    }
}

impl<'de> Deserialize<'de> for NumberSet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Self::unpack(&bytes).ok_or_else(|| serde::de::Error::custom("not a set of numbers"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sets_of_numbers_read_back(numbers: BTreeSet<u64>) {
            let numbers = NumberSet(numbers);
            let json = serde_json::to_string(&numbers).expect("a text");
            prop_assert_eq!(serde_json::from_str::<NumberSet>(&json).expect("it reads back"), numbers);
        }
    }
}
