//! The words of a text: a folded text, cut.

use super::{
    fold::{Symbols, fold, has_symbols},
    numbers::numbers,
    phones,
    scripts::{is_unspaced, pairs, stretches},
};
use std::collections::BTreeSet;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;

/// The version of the normal form of words.
pub const WORDS_VERSION: u32 = 3;
/// How many characters of a word count.
pub const LONGEST_WORD: usize = 32;
/// How many different words a text is found by; those beyond are not indexed.
pub const MOST_WORDS: usize = 2_000;

/// A word in its normal form: letters and digits, in an address also its signs; `#42`; or
/// marked ([`marks`](super::marks)). All that sorts before `#` is in none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

impl Word {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of(folded: &str) -> Self {
        Self(folded.chars().take(LONGEST_WORD).collect())
    }

    pub(super) const fn marked(marked: String) -> Self {
        Self(marked)
    }
}

/// The different words of a text: the first [`MOST_WORDS`] of them.
#[must_use]
pub fn words(text: &str) -> BTreeSet<Word> {
    let joined = fold(text, Symbols::Joined);
    let apart = has_symbols(text).then(|| fold(text, Symbols::Apart));
    let mut words = BTreeSet::new();
    for folded in std::iter::once(joined).chain(apart) {
        let numbers = numbers(&folded).map(|(_, number)| number);
        for word in addresses(&folded).chain(numbers).chain(parts(&folded).flat_map(found_by)) {
            words.insert(Word::of(word));
            if words.len() >= MOST_WORDS {
                return words;
            }
        }
    }
    words
}

/// The different words of a telephone number: as of a text, and its digits however they
/// are written.
#[must_use]
pub fn words_of_phone(number: &str) -> BTreeSet<Word> {
    let forms = phones::forms(&fold(number, Symbols::Joined)).into_iter().map(|form| Word::of(&form));
    words(number).into_iter().chain(forms).collect()
}

/// What a part of a text is found by.
fn found_by(part: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    if part.chars().any(is_unspaced) { Box::new(pairs(part)) } else { Box::new(std::iter::once(part)) }
}

/// The e-mail addresses of a folded text: what stands around an `@`, as far as it is of
/// letters and digits of scripts with spaces and of `.`, `_`, `+` and `-`.
pub(super) fn addresses(folded: &str) -> impl Iterator<Item = &str> {
    let ends = |letter: char| !(is_of_address(letter) || letter == '@');
    folded.split(ends).filter(|run| run.contains('@')).filter_map(|run| {
        let run = run.trim_matches(|letter: char| !letter.is_alphanumeric());
        run.contains('@').then_some(run)
    })
}

pub(super) fn is_of_address(letter: char) -> bool {
    is_part_of_word(letter) && !is_unspaced(letter) || matches!(letter, '.' | '_' | '+' | '-')
}

/// Letters, digits, and the vowels and marks of scripts in which those are no letters.
fn is_part_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

/// Words of scripts with spaces, and stretches of those without.
pub(super) fn parts(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|letter: char| !is_part_of_word(letter)).flat_map(stretches).flat_map(|(stretch, is_unspaced)| {
        let words: Box<dyn Iterator<Item = &str>> =
            if is_unspaced { Box::new(std::iter::once(stretch)) } else { Box::new(stretch.unicode_words()) };
        words.filter(|word| word.contains(char::is_alphanumeric))
    })
}
