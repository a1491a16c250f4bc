//! What a search asks for: its words, the most telling first.

use super::{
    fold::{Symbols, fold},
    marks, numbers, phones,
    scripts::{cover, is_unspaced},
    words::{Word, addresses, is_of_address, parts, words},
};
use crate::{
    id::{TagId, TicketNumber},
    text::Name,
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
/// How many tags one word of a search stands for; of more those with the shortest names.
const MOST_TAGS: usize = 8;

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

/// What a ticket must have in one respect: one of its words, or be of its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    /// The first is what was asked for.
    words: Vec<Word>,
    number: Option<TicketNumber>,
}

impl SearchTerm {
    /// A word as it was asked for; a number may stand for the ticket of that number.
    fn of(word: Word) -> Self {
        let number = numbers::ticket_number(word.as_str());
        Self { words: vec![word], number }
    }

    /// The words, one of which a ticket must have: none of a number that stands for
    /// nothing but its ticket.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The ticket that is meant, too.
    #[must_use]
    pub const fn number(&self) -> Option<TicketNumber> {
        self.number
    }

    /// With the tags whose names have a word that this one stands for.
    fn add_tags<'a>(&mut self, tags: impl Iterator<Item = (TagId, &'a Name, &'a BTreeSet<Word>)>) {
        let Some(asked) = self.words.first() else {
            return;
        };
        let is_met = |words: &BTreeSet<Word>| words.iter().any(|word| SearchQuery::meets(asked, word.as_str()));
        let mut named: Vec<_> = tags.filter(|(.., words)| is_met(words)).collect();
        named.sort_by_key(|(tag, name, _)| (name.as_str().chars().count(), *tag));
        self.words.extend(named.into_iter().take(MOST_TAGS).map(|(tag, ..)| Word::of_tag(tag)));
    }
}

/// What a ticket must have: all of these terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery(Vec<SearchTerm>);

impl SearchQuery {
    /// The terms, at least one and at most [`MOST_ASKED`], the most telling first.
    #[must_use]
    pub fn terms(&self) -> &[SearchTerm] {
        &self.0
    }

    /// The words as they were asked for.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.0.iter().filter_map(|term| term.words.first())
    }

    /// It with the tags of a workspace: those of a name find the tickets that have them.
    #[must_use]
    pub fn with_tags<'a>(mut self, tags: impl IntoIterator<Item = (TagId, &'a Name)>) -> Self {
        let tags: Vec<_> = tags.into_iter().map(|(tag, name)| (tag, name, words(name.as_str()))).collect();
        for term in &mut self.0 {
            term.add_tags(tags.iter().map(|(tag, name, words)| (*tag, *name, words)));
        }
        self
    }

    /// Whether one of its words, `asked`, stands for a word of a ticket, whoever may find
    /// that.
    #[must_use]
    pub fn meets(asked: &Word, word: &str) -> bool {
        let word = marks::without_client(word).unwrap_or(word);
        if Self::is_prefix(asked) { word.starts_with(asked.as_str()) } else { word == asked.as_str() }
    }

    /// Whether only those find a word of a ticket who read contacts and accounts.
    #[must_use]
    pub fn is_of_client(word: &str) -> bool {
        marks::without_client(word).is_some()
    }

    /// Whether a word stands for all that begin with it.
    #[must_use]
    pub fn is_prefix(asked: &Word) -> bool {
        let asked = asked.as_str();
        !marks::is_whole(asked) && (asked.starts_with(is_unspaced) || asked.chars().nth(SHORTEST_PREFIX - 1).is_some())
    }
}

impl FromStr for SearchQuery {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        if text.chars().nth(LONGEST_SEARCH).is_some() {
            return Err(InvalidSearch::TooLong);
        }
        let folded = fold(text, Symbols::Joined);
        if let Some(number) = only_number(folded.trim()) {
            return Ok(Self(vec![SearchTerm { words: Vec::new(), number: Some(number) }]));
        }
        let mut words = said(&folded);
        words.sort_by_key(|word| Reverse(telling(word)));
        words.truncate(MOST_ASKED);
        if words.is_empty() {
            return Err(InvalidSearch::Empty);
        }
        let mut terms: Vec<_> = words.into_iter().map(SearchTerm::of).collect();
        if let Some(digits) = phones::digits(&folded) {
            let digits = Word::of(&digits);
            let others = terms.iter_mut().filter(|term| term.words.first() != Some(&digits));
            others.for_each(|term| term.words.push(digits.clone()));
        }
        Ok(Self(terms))
    }
}

/// The number of a search for nothing else.
fn only_number(folded: &str) -> Option<TicketNumber> {
    let (_, number) = numbers::numbers(folded).next()?;
    (number == folded).then(|| numbers::ticket_number(number)).flatten()
}

/// The words of a folded search but for those that others imply, the alphabetically first
/// first.
fn said(folded: &str) -> Vec<Word> {
    let mut rest = folded.to_owned();
    for (begin, number) in numbers::numbers(folded) {
        rest.replace_range(begin..begin + number.len(), &" ".repeat(number.len()));
    }
    let mut asked: BTreeSet<Word> = addresses(&rest).map(Word::of).collect();
    // An address is asked for as a whole: its parts would only say less.
    for run in rest.split(|letter: char| !(is_of_address(letter) || letter == '@')) {
        if addresses(run).next().is_none() {
            asked.extend(parts(run).map(Word::of));
        }
    }
    let unspaced = parts(&rest).filter(|part| part.starts_with(is_unspaced));
    asked.extend(unspaced.flat_map(cover).map(Word::of));
    asked.extend(numbers::numbers(folded).map(|(_, number)| Word::of(number)));
    let says_less = |word: &Word| asked.iter().any(|other| other != word && SearchQuery::meets(word, other.as_str()));
    asked.iter().filter(|word| !says_less(word)).cloned().collect()
}

/// How few tickets probably have a word, by its length.
fn telling(word: &Word) -> usize {
    let letters = word.as_str().chars().count();
    if word.as_str().starts_with(is_unspaced) { letters.saturating_sub(1) * LETTERS_OF_A_PAIR } else { letters }
}

/// Its words in their order; two searches for the same words read the same.
impl fmt::Display for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |term: &SearchTerm| match (term.words.first(), term.number) {
            (Some(word), _) => word.as_str().to_owned(),
            (None, Some(number)) => format!("{}{}", numbers::SIGN, number.0),
            (None, None) => String::new(),
        };
        f.write_str(&self.0.iter().map(said).collect::<Vec<_>>().join(" "))
    }
}
