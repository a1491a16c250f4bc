//! From what was read of the index to the tickets that say all words.

use super::merge::Numbers;
use std::collections::{BTreeMap, BTreeSet};

/// The tickets that say a word, and whether others than notes do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub numbers: BTreeMap<u64, bool>,
    /// All tickets from this number on have been read; 0: all there are.
    pub floor: u64,
}

/// What was read of one piece of the index: of every word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    pub words: Vec<Said>,
    pub forgotten: Numbers,
}

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// The tickets that say all words, among those from the floor on.
    pub hits: BTreeSet<u64>,
    /// Below this number nothing is decided; 0: everything is.
    pub floor: u64,
}

/// Which tickets below a number say all words, by the pieces of the index, the newest
/// first.
pub fn decide(newest_first: &[Heard], words: usize, sees_notes: bool, below: u64) -> Decided {
    let heard: Vec<_> = (0..words).map(|word| of_word(newest_first, word, sees_notes, below)).collect();
    let floor = heard.iter().map(|said| said.floor).max().unwrap_or(0);
    let shortest = heard.iter().min_by_key(|said| said.numbers.len());
    let says_all = |number: &u64| heard.iter().all(|said| said.numbers.contains_key(number));
    let candidates = shortest.into_iter().flat_map(|said| said.numbers.keys());
    let hits = candidates.copied().filter(|number| *number >= floor).filter(says_all).collect();
    Decided { hits, floor: lowered(floor, &heard) }
}

/// Where a word is wholly known, nothing can come between the floor and its next ticket.
fn lowered(floor: u64, heard: &[Said]) -> u64 {
    let known = heard.iter().filter(|said| said.floor == 0);
    let next = known.map(|said| said.numbers.range(..floor).next_back().map_or(0, |(number, _)| number + 1));
    next.chain([floor]).min().unwrap_or(0)
}

fn of_word(newest_first: &[Heard], word: usize, sees_notes: bool, below: u64) -> Said {
    let mut all = Said::default();
    let mut forgotten = Numbers::default();
    for piece in newest_first {
        if let Some(said) = piece.words.get(word) {
            all.floor = all.floor.max(said.floor);
            let lasting = said.numbers.range(..below).filter(|(number, _)| !forgotten.0.contains(number));
            let seen = lasting.filter(|(_, is_public)| **is_public || sees_notes);
            all.numbers.extend(seen.map(|(number, is_public)| (*number, *is_public)));
        }
        forgotten.extend(&piece.forgotten);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(numbers: &[u64], floor: u64) -> Said {
        Said { numbers: numbers.iter().map(|number| (*number, true)).collect(), floor }
    }

    fn heard(words: Vec<Said>, forgotten: &[u64]) -> Heard {
        Heard { words, forgotten: Numbers(forgotten.iter().copied().collect()) }
    }

    fn hits(pieces: &[Heard], below: u64) -> (Vec<u64>, u64) {
        let decided = decide(pieces, 2, true, below);
        (decided.hits.into_iter().collect(), decided.floor)
    }

    #[test]
    fn words_may_come_from_different_pieces() {
        let pieces =
            [heard(vec![said(&[3], 0), said(&[2], 0)], &[]), heard(vec![said(&[2], 0), said(&[3, 4], 0)], &[])];
        assert_eq!(hits(&pieces, u64::MAX), (vec![2, 3], 0));
        assert_eq!(hits(&pieces, 3), (vec![2], 0));
    }

    #[test]
    fn what_is_forgotten_counts_no_more_below() {
        let pieces = [heard(vec![said(&[3], 0), said(&[], 0)], &[3]), heard(vec![said(&[], 0), said(&[3], 0)], &[])];
        assert_eq!(hits(&pieces, u64::MAX), (vec![], 0));
    }

    #[test]
    fn nothing_is_decided_below_what_was_read_of_any_piece() {
        let pieces = [heard(vec![said(&[9, 5, 2], 0), said(&[9, 7, 5], 5)], &[])];
        assert_eq!(hits(&pieces, u64::MAX), (vec![5, 9], 3), "the next ticket of the known word is 2");
        let pieces = [heard(vec![said(&[9, 5], 0), said(&[9, 7, 5], 5)], &[])];
        assert_eq!(hits(&pieces, u64::MAX), (vec![5, 9], 0), "the known word has no more");
        let pieces = [heard(vec![said(&[9, 6], 6), said(&[9, 7, 5], 5)], &[])];
        assert_eq!(hits(&pieces, u64::MAX), (vec![9], 6));
    }

    #[test]
    fn words_of_notes_count_for_those_who_read_notes() {
        let note = Said { numbers: [(1, false)].into(), floor: 0 };
        let pieces = [heard(vec![note], &[])];
        assert_eq!(decide(&pieces, 1, true, u64::MAX).hits, [1].into());
        assert_eq!(decide(&pieces, 1, false, u64::MAX).hits, [].into());
    }
}
