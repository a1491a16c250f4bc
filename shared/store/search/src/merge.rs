//! The merge of layers: postings and tombstones of several parts of the index become
//! those of one. Pure, in memory; linear in the number of postings.

use crate::{block::Postings, number_set::NumberSet};

/// One part of the index: a write buffer's item, a segment, or a range of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    pub postings: Postings,
    /// Tickets of which no older layer's postings count any more.
    pub tombstones: NumberSet,
}

/// What layers hold together, the newest first.
pub fn merge<'a>(newest_first: impl IntoIterator<Item = &'a Layer>) -> Layer {
    let mut merged = Layer::default();
    for layer in newest_first {
        for (word, postings) in layer.postings.iter() {
            let lasting = postings.iter().filter(|(number, _)| !merged.tombstones.contains(number.0));
            lasting.for_each(|(number, is_public)| merged.postings.add(word, number.0, *is_public));
        }
        merged.tombstones.extend(&layer.tombstones);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(postings: &[(&str, u64, bool)], tombstones: &[u64]) -> Layer {
        let mut layer = Layer { tombstones: tombstones.iter().copied().collect(), ..Layer::default() };
        for (word, number, is_public) in postings {
            layer.postings.add(word, *number, *is_public);
        }
        layer
    }

    #[test]
    fn a_tombstone_removes_postings_of_older_layers_but_not_of_its_own_or_newer_ones() {
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
}
