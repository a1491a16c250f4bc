//! What a search asks for: its words, the most telling first.

use super::{
    fold::{Symbols, fold},
    scripts::{cover, is_unspaced},
    words::{Word, addresses, is_of_address, parts},
};
use std::{cmp::Reverse, collections::BTreeSet, fmt, str::FromStr};

/// How many words of a search count; of more the most telling ones do.
pub const MOST_ASKED: usize = 24;
/// The longest search, in characters.
pub const LONGEST_SEARCH: usize = 256;
/// A word of a search stands for all words that begin with it from this length on;
/// a shorter one for itself alone. Of scripts without spaces any word does.
const SHORTEST_PREFIX: usize = 2;
/// As telling as a word of so many letters: a pair of a script without spaces.
const LETTERS_OF_A_PAIR: usize = 5;

/// Why a search was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearch {
    /// Nothing but signs and spaces.
    #[error("must have at least one word")]
    Empty,
    /// More than [`LONGEST_SEARCH`].
    #[error("must have at most {LONGEST_SEARCH} characters")]
    TooLong,
}

/// What a ticket must say, anywhere in its subject and messages: all of these words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery(Vec<Word>);

impl SearchQuery {
    /// The words, at least one and at most [`MOST_ASKED`], the most telling first.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &Word> {
        self.0.iter()
    }

    /// Whether one of its words, `asked`, stands for a word of a text.
    #[must_use]
    pub fn meets(asked: &Word, word: &str) -> bool {
        if Self::is_prefix(asked) { word.starts_with(asked.as_str()) } else { word == asked.as_str() }
    }

    /// Whether a word stands for all that begin with it.
    #[must_use]
    pub fn is_prefix(asked: &Word) -> bool {
        asked.as_str().starts_with(is_unspaced) || asked.as_str().chars().nth(SHORTEST_PREFIX - 1).is_some()
    }
}

impl FromStr for SearchQuery {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        if text.chars().nth(LONGEST_SEARCH).is_some() {
            return Err(InvalidSearch::TooLong);
        }
        let folded = fold(text, Symbols::Joined);
        let mut asked: BTreeSet<Word> = addresses(&folded).map(Word::of).collect();
        // An address is asked for as a whole: its parts would only say less.
        for run in folded.split(|letter: char| !(is_of_address(letter) || letter == '@')) {
            if addresses(run).next().is_none() {
                asked.extend(parts(run).map(Word::of));
            }
        }
        let unspaced = parts(&folded).filter(|part| part.starts_with(is_unspaced));
        asked.extend(unspaced.flat_map(cover).map(Word::of));
        let says_less = |word: &Word| asked.iter().any(|other| other != word && Self::meets(word, other.as_str()));
        let mut words: Vec<_> = asked.iter().filter(|word| !says_less(word)).cloned().collect();
        // Stable: of equally telling ones the alphabetically first.
        words.sort_by_key(|word| Reverse(telling(word)));
        words.truncate(MOST_ASKED);
        if words.is_empty() { Err(InvalidSearch::Empty) } else { Ok(Self(words)) }
    }
}

/// How few tickets probably have a word, by its length.
fn telling(word: &Word) -> usize {
    let letters = word.as_str().chars().count();
    if word.as_str().starts_with(is_unspaced) { letters.saturating_sub(1) * LETTERS_OF_A_PAIR } else { letters }
}

/// Its words in their order; two searches for the same words read the same.
impl fmt::Display for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(Word::as_str).collect();
        f.write_str(&words.join(" "))
    }
}
