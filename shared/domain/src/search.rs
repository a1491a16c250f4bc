//! Words: what a text is found by, and what a search asks for.
//!
//! A text and a query go through the same steps, so that they meet: compatibility
//! decomposition (NFKD), diacritics dropped, lower case, the words of Unicode's
//! annex 29, cut at everything that is neither letter nor digit. An e-mail address is
//! a word as a whole, too. Of longer words the first [`LONGEST_WORD`] characters count.

use std::{collections::BTreeSet, fmt, str::FromStr};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation as _;

/// How many characters of a word count.
pub const LONGEST_WORD: usize = 32;
/// How many different words a text is found by; those beyond are not indexed.
pub const MOST_WORDS: usize = 2_000;
/// How many words a search may have.
pub const MOST_ASKED: usize = 8;
/// The longest search, in characters.
pub const LONGEST_SEARCH: usize = 256;
/// A word of a search stands for all words that begin with it from this length on;
/// a shorter one for itself alone.
pub const SHORTEST_PREFIX: usize = 3;

/// A word in its folded form: letters and digits, in an address also its signs, and
/// nothing that sorts before them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

impl Word {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(folded: &str) -> Self {
        Self(folded.chars().take(LONGEST_WORD).collect())
    }
}

/// The different words of a text: the first [`MOST_WORDS`] of them.
#[must_use]
pub fn words(text: &str) -> BTreeSet<Word> {
    let folded = fold(text);
    let mut words = BTreeSet::new();
    let all = runs(&folded).filter_map(address).map(Word::of).chain(parts(&folded).map(Word::of));
    for word in all {
        words.insert(word);
        if words.len() >= MOST_WORDS {
            break;
        }
    }
    words
}

/// Why a search was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearch {
    /// Nothing but signs and spaces.
    #[error("must have at least one word")]
    Empty,
    /// More than [`MOST_ASKED`].
    #[error("must have at most {MOST_ASKED} words")]
    TooManyWords,
    /// More than [`LONGEST_SEARCH`].
    #[error("must have at most {LONGEST_SEARCH} characters")]
    TooLong,
}

/// What a ticket must say, anywhere in its subject and messages: all of these words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery(BTreeSet<Word>);

impl SearchQuery {
    /// The words, at least one and at most [`MOST_ASKED`].
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
        asked.as_str().chars().nth(SHORTEST_PREFIX - 1).is_some()
    }
}

impl FromStr for SearchQuery {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        if text.chars().nth(LONGEST_SEARCH).is_some() {
            return Err(InvalidSearch::TooLong);
        }
        let folded = fold(text);
        let mut asked = BTreeSet::new();
        for run in runs(&folded) {
            // An address is asked for as a whole: its parts would only say less.
            match address(run) {
                Some(address) => asked.extend([Word::of(address)]),
                None => asked.extend(parts(run).map(Word::of)),
            }
        }
        let says_less = |word: &Word| asked.iter().any(|other| other != word && Self::meets(word, other.as_str()));
        let words: BTreeSet<_> = asked.iter().filter(|word| !says_less(word)).cloned().collect();
        match words.len() {
            0 => Err(InvalidSearch::Empty),
            1..=MOST_ASKED => Ok(Self(words)),
            _ => Err(InvalidSearch::TooManyWords),
        }
    }
}

/// Its words in order; two searches for the same words read the same.
impl fmt::Display for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(Word::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

/// Lower case without diacritics, and without what only says where a line may be
/// broken and where not. Twice in lower case: decomposition brings forth
/// capitals, and capitals bring forth marks.
fn fold(text: &str) -> String {
    let seen = text.chars().filter(|letter| !matches!(letter, '\u{ad}' | '\u{2060}' | '\u{feff}'));
    let lower = seen.flat_map(char::to_lowercase);
    let bare = lower.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(text.len());
    for letter in bare {
        match plain(letter) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(letter),
        }
    }
    folded
}

/// Letters that Unicode does not decompose, as people type them without.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        _ => return None,
    })
}

/// What stands between spaces, brackets, quotes and list signs.
fn runs(folded: &str) -> impl Iterator<Item = &str> {
    let ends =
        |letter: char| letter.is_whitespace() || letter.is_control() || "<>()[]{},;:\"'|/\\!?&=".contains(letter);
    folded.split(ends).filter(|run| !run.is_empty())
}

fn address(run: &str) -> Option<&str> {
    let run = run.trim_matches(|letter: char| !letter.is_alphanumeric());
    run.contains('@').then_some(run)
}

fn parts(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .unicode_words()
        .flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()))
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        words(text).iter().map(|word| word.as_str().to_owned()).collect()
    }

    fn asked(text: &str) -> Result<String, InvalidSearch> {
        text.parse::<SearchQuery>().map(|query| query.to_string())
    }

    #[test]
    fn case_accents_width_and_ligatures_make_no_difference() {
        assert_eq!(found("Crème BRÛLÉE ﬁnally"), ["brulee", "creme", "finally"]);
        assert_eq!(found("Straße İstanbul Łódź Ørsted"), ["istanbul", "lodz", "orsted", "strasse"]);
        assert_eq!(found("１２３ ℌello"), ["123", "hello"]);
    }

    #[test]
    fn a_text_is_cut_into_letters_and_digits() {
        assert_eq!(
            found("don't re-open INV-2024/00123, ok?"),
            ["00123", "2024", "don", "inv", "ok", "open", "re", "t"]
        );
        assert_eq!(found("€ 1.234,50 — snake_case"), ["1", "234", "50", "case", "snake"]);
        assert_eq!(found("返品 したい"), ["い", "し", "た", "品", "返"]);
        assert_eq!(found(" \t—…!? "), [""; 0]);
    }

    #[test]
    fn an_address_is_found_whole_and_in_parts() {
        let address = "grace.h+desk@mail.example";
        assert_eq!(
            found(&format!("Write <mailto:{address}>.")),
            ["desk", "example", "grace", address, "h", "mail", "mailto", "write"]
        );
        assert_eq!(asked(&format!("{address} ")), Ok(address.to_owned()));
        assert_eq!(asked("grace.h+desk@ma"), Ok("grace.h+desk@ma".to_owned()));
        assert_eq!(asked("@mail.example"), Ok("example mail".to_owned()));
    }

    #[test]
    fn long_words_count_by_their_beginning_in_text_and_search_alike() {
        let long = "x".repeat(40);
        assert_eq!(found(&long), ["x".repeat(32)]);
        assert_eq!(asked(&long), Ok("x".repeat(32)));
    }

    #[test]
    fn a_text_has_a_bounded_number_of_words() {
        let text: Vec<_> = (0..3_000).map(|number| format!("w{number}")).collect();
        assert_eq!(words(&text.join(" ")).len(), MOST_WORDS);
    }

    #[test]
    fn a_search_has_one_to_eight_words_of_a_bounded_length() {
        assert_eq!(asked("  ?! "), Err(InvalidSearch::Empty));
        assert_eq!(asked("a b c d e f g h i"), Err(InvalidSearch::TooManyWords));
        assert_eq!(asked("a b c d e f g h h"), Ok("a b c d e f g h".to_owned()));
        assert_eq!(asked(&"a".repeat(257)), Err(InvalidSearch::TooLong));
    }

    #[test]
    fn a_word_that_another_one_implies_is_left_out() {
        assert_eq!(asked("mail mailbox"), Ok("mailbox".to_owned()));
        assert_eq!(asked("a ab"), Ok("a ab".to_owned()));
    }

    #[test]
    fn words_of_three_letters_and_more_stand_for_all_that_begin_with_them() {
        let meets = |asked: &str, word: &str| SearchQuery::meets(&Word::of(asked), word);
        assert!(meets("pri", "printer") && meets("printer", "printer"));
        assert!(!meets("pr", "printer") && meets("pr", "pr") && !meets("printers", "printer"));
    }
}
