//! Postings packed in bytes: words in order, each with the numbers of its tickets,
//! highest first.
//!
//! A word is written as what it shares with the one before and the rest; a number as
//! the distance to the one before, with one bit that says whether only notes say the
//! word. So a posting takes one to three bytes.

use crate::{error::Corrupt, keys::Place};
use std::{cmp::Reverse, collections::BTreeMap};

/// The numbers of the tickets that say a word, highest first, and whether others than
/// notes do.
pub type List = BTreeMap<Reverse<u64>, bool>;

/// Words with their tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists(BTreeMap<String, List>);

impl Lists {
    /// Adds a posting; public is what is public anywhere.
    pub fn add(&mut self, word: &str, number: u64, is_public: bool) {
        if !self.0.contains_key(word) {
            self.0.insert(word.to_owned(), List::new());
        }
        if let Some(list) = self.0.get_mut(word) {
            *list.entry(Reverse(number)).or_default() |= is_public;
        }
    }

    /// The words and their tickets, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &List)> {
        self.0.iter().map(|(word, list)| (word.as_str(), list))
    }

    fn highest(&self) -> u64 {
        self.0.values().filter_map(|list| list.first_key_value()).map(|(Reverse(number), _)| *number).max().unwrap_or(0)
    }
}

/// Some bytes of postings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its last posting.
    pub last: Place,
    /// All of them.
    pub bytes: Vec<u8>,
}

/// Packs postings into blocks of at most `most` bytes.
pub fn pack(lists: &Lists, most: usize) -> Vec<Block> {
    let base = lists.highest();
    let mut packer = Packer { base, most, blocks: Vec::new(), bytes: begun(base), before: String::new(), last: None };
    for (word, list) in lists.iter() {
        packer.word(word, list);
    }
    packer.end_block();
    packer.blocks
}

/// Numbers are written as distances from the highest.
fn begun(base: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(base, &mut bytes);
    bytes
}

struct Packer {
    base: u64,
    most: usize,
    blocks: Vec<Block>,
    bytes: Vec<u8>,
    /// The word before in this block.
    before: String,
    last: Option<Place>,
}

impl Packer {
    fn word(&mut self, word: &str, list: &List) {
        let (mut postings, mut count, mut previous) = (Vec::new(), 0, self.base);
        for (Reverse(number), is_public) in list {
            let mut posting = encoded(previous, *number, *is_public);
            if self.bytes.len() + head_room(word) + postings.len() + posting.len() > self.most {
                self.entry(word, count, &postings);
                self.end_block();
                postings.clear();
                count = 0;
                posting = encoded(self.base, *number, *is_public);
            }
            postings.extend(posting);
            count += 1;
            previous = *number;
            self.last = Some(Place { word: word.to_owned(), number: *number });
        }
        self.entry(word, count, &postings);
    }

    fn entry(&mut self, word: &str, count: u64, postings: &[u8]) {
        if count == 0 {
            return;
        }
        let shared = shared(&self.before, word);
        let rest = word.get(shared..).unwrap_or_default();
        write(shared as u64, &mut self.bytes);
        write(rest.len() as u64, &mut self.bytes);
        self.bytes.extend(rest.as_bytes());
        write(count, &mut self.bytes);
        self.bytes.extend(postings);
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

/// The most that an entry takes beside its postings.
const fn head_room(word: &str) -> usize {
    word.len() + 12
}

fn encoded(previous: u64, number: u64, is_public: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3);
    // Numbers are counted from 1, so the lost bit is never set.
    write((previous.saturating_sub(number) << 1) | u64::from(!is_public), &mut bytes);
    bytes
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
    let base = read(&mut bytes)?;
    let mut word = String::new();
    while !bytes.is_empty() {
        let shared = usize::try_from(read(&mut bytes)?).ok()?;
        let length = usize::try_from(read(&mut bytes)?).ok()?;
        let (rest, behind) = bytes.split_at_checked(length)?;
        bytes = behind;
        if !word.is_char_boundary(shared) {
            return None;
        }
        word.truncate(shared);
        word.push_str(std::str::from_utf8(rest).ok()?);
        let mut number = base;
        for _ in 0..read(&mut bytes)? {
            let posting = read(&mut bytes)?;
            number = number.checked_sub(posting >> 1)?;
            each(&word, number, posting & 1 == 0);
        }
    }
    Some(())
}

/// Writes a number in as few bytes as it needs, seven bits each, the lowest first.
pub fn write(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

/// Reads [`write`].
pub fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lists() -> impl Strategy<Value = Lists> {
        let posting = ("[a-cé]{1,6}", prop_oneof![1_u64..40, 1_u64..1 << 40], any::<bool>());
        prop::collection::vec(posting, 0..200).prop_map(|postings| {
            let mut lists = Lists::default();
            postings.iter().for_each(|(word, number, is_public)| lists.add(word, *number, *is_public));
            lists
        })
    }

    proptest! {
        #[test]
        fn what_was_packed_reads_back_in_order_and_in_bounds(lists in lists(), most in 60_usize..400) {
            let blocks = pack(&lists, most);
            let mut back = Lists::default();
            let mut places = Vec::new();
            for block in &blocks {
                prop_assert!(block.bytes.len() <= most);
                unpack(&block.bytes, |word, number, is_public| {
                    back.add(word, number, is_public);
                    places.push(Place { word: word.to_owned(), number });
                }).expect("it reads back");
                prop_assert_eq!(places.last(), Some(&block.last));
            }
            prop_assert_eq!(back, lists);
            let keys: Vec<_> = places.iter().map(Place::key).collect();
            prop_assert!(keys.is_sorted());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = unpack(&bytes, |_, _, _| {});
        }

        #[test]
        fn numbers_read_back(number: u64) {
            let mut bytes = Vec::new();
            write(number, &mut bytes);
            prop_assert_eq!(read(&mut bytes.as_slice()), Some(number));
        }
    }

    #[test]
    fn a_message_of_sixty_words_takes_less_than_a_kilobyte() {
        let mut lists = Lists::default();
        for word in 0..60 {
            lists.add(&format!("word{:03}", word * 7 % 101), 250_000, true);
        }
        assert!(pack(&lists, 4_000)[0].bytes.len() < 600);
    }
}
