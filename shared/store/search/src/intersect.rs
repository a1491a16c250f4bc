//! The intersection of posting lists: from the hits of each part of the index to the
//! tickets that meet all terms, of each one of its words or its number. Pure; linear in the
//! postings that were read.

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

/// A term of a query, by the words that are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermLists {
    /// The places of its words among them.
    pub words: Vec<usize>,
    /// The ticket that it names, too.
    pub number: Option<u64>,
}

/// What was read of one segment or item of the write buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentHits {
    /// Of every word that is read.
    pub words: Vec<PostingList>,
    pub tombstones: NumberSet,
}

/// The tickets that meet all terms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intersection {
    /// Those from the low watermark on.
    pub hits: BTreeSet<u64>,
    /// Below this number nothing is known; 0: everything is.
    pub low_watermark: u64,
}

/// Which tickets below a number meet all terms, by the parts of the index, the newest
/// first.
pub fn intersect(newest_first: &[SegmentHits], terms: &[TermLists], sees_notes: bool, below: u64) -> Intersection {
    let lists: Vec<_> = terms.iter().map(|term| of_term(newest_first, term, sees_notes, below)).collect();
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

/// The list of one term: a ticket has one of its words, or its number.
fn of_term(newest_first: &[SegmentHits], term: &TermLists, sees_notes: bool, below: u64) -> PostingList {
    let mut all = PostingList::default();
    for word in &term.words {
        let list = of_word(newest_first, *word, sees_notes, below);
        all.low_watermark = all.low_watermark.max(list.low_watermark);
        list.numbers.into_iter().for_each(|(number, is_public)| all.add(number, is_public));
    }
    term.number.filter(|number| *number < below).into_iter().for_each(|number| all.add(number, true));
    all
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

    fn term(word: usize) -> TermLists {
        TermLists { words: vec![word], number: None }
    }

    fn hits(parts: &[SegmentHits], below: u64) -> (Vec<u64>, u64) {
        let found = intersect(parts, &[term(0), term(1)], true, below);
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
        assert_eq!(intersect(&parts, &[term(0)], true, u64::MAX).hits, [1].into());
        assert_eq!(intersect(&parts, &[term(0)], false, u64::MAX).hits, [].into());
    }

    #[test]
    fn a_term_is_met_by_any_of_its_words_or_by_its_number() {
        let parts = [part(vec![list(&[9, 5], 0), list(&[7, 3], 3)], &[])];
        let any = TermLists { words: vec![0, 1], number: Some(4) };
        let found = intersect(&parts, std::slice::from_ref(&any), true, u64::MAX);
        assert_eq!((found.hits, found.low_watermark), ([3, 4, 5, 7, 9].into(), 3));
        assert_eq!(intersect(&parts, &[any, term(1)], true, 9).hits, [3, 7].into());
        let number = TermLists { words: Vec::new(), number: Some(4) };
        assert_eq!(intersect(&[], std::slice::from_ref(&number), true, u64::MAX).hits, [4].into());
        assert_eq!(intersect(&[], &[number], true, 4).hits, [].into());
    }
}
