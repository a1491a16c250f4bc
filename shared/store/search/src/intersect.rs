//! The intersection of posting lists: from the hits of each part of the index to the
//! tickets that have all words. Pure; linear in the postings that were read.

use crate::number_set::NumberSet;
use std::collections::{BTreeMap, BTreeSet};

/// The tickets with a word, and whether the word is in more than notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostingList {
    pub numbers: BTreeMap<u64, bool>,
    /// All tickets from this number on have been read; 0: all there are.
    pub low_watermark: u64,
}

impl PostingList {
    pub fn add(&mut self, number: u64, is_public: bool) {
        *self.numbers.entry(number).or_default() |= is_public;
    }
}

/// What was read of one segment or item of the write buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentHits {
    /// Of every word of the query.
    pub words: Vec<PostingList>,
    pub tombstones: NumberSet,
}

/// The tickets with all words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intersection {
    /// Those from the low watermark on.
    pub hits: BTreeSet<u64>,
    /// Below this number nothing is known; 0: everything is.
    pub low_watermark: u64,
}

/// Which tickets below a number have all words, by the parts of the index, the newest
/// first.
pub fn intersect(newest_first: &[SegmentHits], words: usize, sees_notes: bool, below: u64) -> Intersection {
    let lists: Vec<_> = (0..words).map(|word| of_word(newest_first, word, sees_notes, below)).collect();
    let low_watermark = lists.iter().map(|list| list.low_watermark).max().unwrap_or(0);
    let shortest = lists.iter().min_by_key(|list| list.numbers.len());
    let has_all = |number: &u64| lists.iter().all(|list| list.numbers.contains_key(number));
    let candidates = shortest.into_iter().flat_map(|list| list.numbers.keys());
    let hits = candidates.copied().filter(|number| *number >= low_watermark).filter(has_all).collect();
    Intersection { hits, low_watermark: lowest(low_watermark, &lists) }
}

/// Where a word is wholly known, no ticket lies between the watermark and the word's
/// next ticket.
fn lowest(low_watermark: u64, lists: &[PostingList]) -> u64 {
    let known = lists.iter().filter(|list| list.low_watermark == 0);
    let next = known.map(|list| list.numbers.range(..low_watermark).next_back().map_or(0, |(number, _)| number + 1));
    next.chain([low_watermark]).min().unwrap_or(0)
}

/// The list of one word over all parts, without what tombstones hide.
fn of_word(newest_first: &[SegmentHits], word: usize, sees_notes: bool, below: u64) -> PostingList {
    let mut all = PostingList::default();
    let mut tombstones = NumberSet::default();
    for part in newest_first {
        if let Some(list) = part.words.get(word) {
            all.low_watermark = all.low_watermark.max(list.low_watermark);
            let lasting = list.numbers.range(..below).filter(|(number, _)| !tombstones.contains(**number));
            let seen = lasting.filter(|(_, is_public)| **is_public || sees_notes);
            all.numbers.extend(seen.map(|(number, is_public)| (*number, *is_public)));
        }
        tombstones.extend(&part.tombstones);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(numbers: &[u64], low_watermark: u64) -> PostingList {
        PostingList { numbers: numbers.iter().map(|number| (*number, true)).collect(), low_watermark }
    }

    fn part(words: Vec<PostingList>, tombstones: &[u64]) -> SegmentHits {
        SegmentHits { words, tombstones: tombstones.iter().copied().collect() }
    }

    fn hits(parts: &[SegmentHits], below: u64) -> (Vec<u64>, u64) {
        let found = intersect(parts, 2, true, below);
        (found.hits.into_iter().collect(), found.low_watermark)
    }

    #[test]
    fn words_may_come_from_different_parts() {
        let parts = [part(vec![list(&[3], 0), list(&[2], 0)], &[]), part(vec![list(&[2], 0), list(&[3, 4], 0)], &[])];
        assert_eq!(hits(&parts, u64::MAX), (vec![2, 3], 0));
        assert_eq!(hits(&parts, 3), (vec![2], 0));
    }

    #[test]
    fn a_tombstone_hides_postings_of_older_parts() {
        let parts = [part(vec![list(&[3], 0), list(&[], 0)], &[3]), part(vec![list(&[], 0), list(&[3], 0)], &[])];
        assert_eq!(hits(&parts, u64::MAX), (vec![], 0));
    }

    #[test]
    fn nothing_is_known_below_what_was_read_of_any_part() {
        let parts = [part(vec![list(&[9, 5, 2], 0), list(&[9, 7, 5], 5)], &[])];
        assert_eq!(hits(&parts, u64::MAX), (vec![5, 9], 3), "the next ticket of the known word is 2");
        let parts = [part(vec![list(&[9, 5], 0), list(&[9, 7, 5], 5)], &[])];
        assert_eq!(hits(&parts, u64::MAX), (vec![5, 9], 0), "the known word has no more");
        let parts = [part(vec![list(&[9, 6], 6), list(&[9, 7, 5], 5)], &[])];
        assert_eq!(hits(&parts, u64::MAX), (vec![9], 6));
    }

    #[test]
    fn words_of_notes_count_for_those_who_read_notes() {
        let note = PostingList { numbers: [(1, false)].into(), low_watermark: 0 };
        let parts = [part(vec![note], &[])];
        assert_eq!(intersect(&parts, 1, true, u64::MAX).hits, [1].into());
        assert_eq!(intersect(&parts, 1, false, u64::MAX).hits, [].into());
    }
}
