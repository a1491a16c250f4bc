//! Blocks: postings packed into bytes. Words are in order, each with the numbers of its
//! tickets, highest first.
//!
//! A word is written as the length that it shares with the word before and the rest; a
//! number as the distance to the number before, with a bit that is set when the word is
//! only in notes and a bit that is set when more numbers follow. So a posting takes one
//! to three bytes.

use crate::varint;
use lambdesk_table::{Corrupt, keys::BlockKey};
use std::{cmp::Reverse, collections::BTreeMap};

/// The numbers of the tickets with a word, highest first, and whether the word is in
/// more than notes.
pub type WordPostings = BTreeMap<Reverse<u64>, bool>;

/// Words with their tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Postings(BTreeMap<String, WordPostings>);

impl Postings {
    /// Adds a posting; public is what is public anywhere.
    pub fn add(&mut self, word: &str, number: u64, is_public: bool) {
        if !self.0.contains_key(word) {
            self.0.insert(word.to_owned(), WordPostings::new());
        }
        if let Some(postings) = self.0.get_mut(word) {
            *postings.entry(Reverse(number)).or_default() |= is_public;
        }
    }

    /// The words and their tickets, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &WordPostings)> {
        self.0.iter().map(|(word, postings)| (word.as_str(), postings))
    }

    fn highest(&self) -> u64 {
        self.0
            .values()
            .filter_map(|postings| postings.first_key_value())
            .map(|(Reverse(number), _)| *number)
            .max()
            .unwrap_or(0)
    }
}

/// Packed postings and the key of the block's item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its last posting.
    pub last: BlockKey,
    /// All of its postings.
    pub bytes: Vec<u8>,
}

/// Packs postings into blocks of at most `most` bytes.
pub fn pack(postings: &Postings, most: usize) -> Vec<Block> {
    let base = postings.highest();
    let mut packer = Packer { base, most, blocks: Vec::new(), bytes: begun(base), before: String::new(), last: None };
    for (word, of_word) in postings.iter() {
        packer.word(word, of_word);
    }
    packer.end_block();
    packer.blocks
}

/// Numbers are written as distances from the highest.
fn begun(base: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint::write(base, &mut bytes);
    bytes
}

struct Packer {
    base: u64,
    most: usize,
    blocks: Vec<Block>,
    bytes: Vec<u8>,
    /// The word before in this block.
    before: String,
    last: Option<BlockKey>,
}

impl Packer {
    fn word(&mut self, word: &str, of_word: &WordPostings) {
        let (mut postings, mut size, mut previous) = (Vec::new(), 0, self.base);
        for (Reverse(number), is_public) in of_word {
            let mut posting = distance(previous, *number, *is_public);
            if self.bytes.len() + HEAD + word.len() + size + length(posting) > self.most {
                self.entry(word, &postings);
                self.end_block();
                postings.clear();
                size = 0;
                posting = distance(self.base, *number, *is_public);
            }
            postings.push(posting);
            size += length(posting);
            previous = *number;
            self.last = Some(BlockKey { word: word.to_owned(), number: *number });
        }
        self.entry(word, &postings);
    }

    fn entry(&mut self, word: &str, postings: &[u64]) {
        let Some((last, others)) = postings.split_last() else {
            return;
        };
        let shared = shared(&self.before, word);
        let rest = word.get(shared..).unwrap_or_default();
        let (shared, length) = (shared as u64, rest.len() as u64);
        self.bytes.push((shared.min(ESCAPE) << 4 | length.min(ESCAPE)).to_le_bytes()[0]);
        for much in [shared, length].into_iter().filter_map(|many| many.checked_sub(ESCAPE)) {
            varint::write(much, &mut self.bytes);
        }
        self.bytes.extend(rest.as_bytes());
        for posting in others {
            varint::write(posting << 1 | 1, &mut self.bytes);
        }
        varint::write(last << 1, &mut self.bytes);
        word.clone_into(&mut self.before);
    }

    fn end_block(&mut self) {
        let bytes = std::mem::replace(&mut self.bytes, begun(self.base));
        self.before.clear();
        if let Some(last) = self.last.take() {
            self.blocks.push(Block { last, bytes });
        }
    }
}

/// What doesn't fit into half a byte is written behind it.
const ESCAPE: u64 = 15;
/// The most that an entry takes beside its word and postings.
const HEAD: usize = 4;

/// How far a number is below the one before, and whether only notes say the word.
/// Numbers are counted from 1, so the bits that are lost are never set.
fn distance(previous: u64, number: u64, is_public: bool) -> u64 {
    previous.saturating_sub(number) << 1 | u64::from(!is_public)
}

/// The bytes of a posting.
const fn length(posting: u64) -> usize {
    let bits = 65 - posting.leading_zeros();
    bits.div_ceil(7) as usize
}

/// How many bytes two words begin with alike, in whole characters.
fn shared(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum()
}

/// Reads [`pack`]: every posting, in order.
pub fn unpack(bytes: &[u8], mut each: impl FnMut(&str, u64, bool)) -> Result<(), Corrupt> {
    walk(bytes, &mut each).ok_or(Corrupt("b"))
}

fn walk(mut bytes: &[u8], each: &mut impl FnMut(&str, u64, bool)) -> Option<()> {
    let base = varint::read(&mut bytes)?;
    let mut word = String::new();
    while let Some((head, behind)) = bytes.split_first() {
        bytes = behind;
        let shared = half(u64::from(head >> 4), &mut bytes)?;
        let length = half(u64::from(head & 15), &mut bytes)?;
        let (rest, behind) = bytes.split_at_checked(length)?;
        bytes = behind;
        if !word.is_char_boundary(shared) {
            return None;
        }
        word.truncate(shared);
        word.push_str(std::str::from_utf8(rest).ok()?);
        let mut number = base;
        loop {
            let posting = varint::read(&mut bytes)?;
            number = number.checked_sub(posting >> 2)?;
            each(&word, number, posting & 2 == 0);
            if posting & 1 == 0 {
                break;
            }
        }
    }
    Some(())
}

/// Half a byte and what didn't fit into it.
fn half(half: u64, bytes: &mut &[u8]) -> Option<usize> {
    let more = if half == ESCAPE { varint::read(bytes)? } else { 0 };
    usize::try_from(half.checked_add(more)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn postings() -> impl Strategy<Value = Postings> {
        let posting = ("[a-cé]{1,6}|[ab]{14,32}", prop_oneof![1_u64..40, 1_u64..1 << 40], any::<bool>());
        prop::collection::vec(posting, 0..200).prop_map(|many| {
            let mut postings = Postings::default();
            for (word, number, is_public) in &many {
                postings.add(word, *number, *is_public);
            }
            postings
        })
    }

    proptest! {
        #[test]
        fn what_was_packed_reads_back_in_order_and_in_bounds(postings in postings(), most in 60_usize..400) {
            let blocks = pack(&postings, most);
            let mut back = Postings::default();
            let mut keys = Vec::new();
            for block in &blocks {
                prop_assert!(block.bytes.len() <= most);
                unpack(&block.bytes, |word, number, is_public| {
                    back.add(word, number, is_public);
                    keys.push(BlockKey { word: word.to_owned(), number });
                }).expect("it reads back");
                prop_assert_eq!(keys.last(), Some(&block.last));
            }
            prop_assert_eq!(back, postings);
            let keys: Vec<_> = keys.iter().map(BlockKey::sort_key).collect();
            prop_assert!(keys.is_sorted());
        }

        #[test]
        fn damaged_bytes_give_no_more_than_they_hold_and_no_number_above_the_highest(
            postings in postings(), at: prop::sample::Index, by: Vec<u8>, is_cut: bool,
        ) {
            let mut bytes = pack(&postings, 1000).into_iter().next().map_or(vec![0], |block| block.bytes);
            let at = at.index(bytes.len());
            let end = if is_cut { bytes.len() } else { at + 1 };
            bytes.splice(at..end, by);
            let highest = varint::read(&mut bytes.as_slice()).unwrap_or(0);
            let mut read = Vec::new();
            let outcome = unpack(&bytes, |word, number, _| read.push((word.len(), number)));
            prop_assert!(read.len() < bytes.len().max(1), "{} of {}", read.len(), bytes.len());
            for (length, number) in read {
                prop_assert!(length < bytes.len() && number <= highest, "{} {}", length, number);
            }
            prop_assert!(outcome.is_err() || !bytes.is_empty());
        }
    }

    #[test]
    fn a_message_of_sixty_words_takes_less_than_a_kilobyte() {
        let mut postings = Postings::default();
        for word in 0..60 {
            postings.add(&format!("word{:03}", word * 7 % 101), 250_000, true);
        }
        assert!(pack(&postings, 4_000)[0].bytes.len() < 300);
    }
}
