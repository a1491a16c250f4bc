//! Words: what a text is found by, and what a search asks for.
//!
//! A text and a query go through the same steps, so that they meet:
//!
//! 1. Folding ([`fold`]): lower case, compatibility forms as what they stand for,
//!    digits of all scripts as 0 to 9, no diacritics on letters that people write without, no
//!    letters that can't be seen. Signs such as ™ are spaces. Raised digits, fractions, units
//!    and the like count both ways in a text: `AB²` is found by `AB2` and by `AB`.
//! 2. Numbers of tickets: `#42` is a word, besides `42`.
//! 3. Addresses: an e-mail address is a word as a whole, whatever stands around it, and its
//!    parts are words too.
//! 4. Words of Unicode's annex 29, cut at everything that is neither letter nor digit.
//! 5. Stretches of scripts that are written without spaces ([`scripts`]): their
//!    overlapping pairs of characters.
//!
//! Of longer words the first [`LONGEST_WORD`] characters count. Whoever changes any of
//! this raises [`WORDS_VERSION`]: the sweep then has every ticket indexed anew.

mod fold;
mod marks;
mod numbers;
mod phones;
mod query;
mod scripts;
#[cfg(test)]
mod tests;
mod words;

pub use query::{InvalidSearch, LONGEST_SEARCH, MOST_ASKED, SearchQuery, SearchTerm};
pub use words::{LONGEST_WORD, MOST_WORDS, WORDS_VERSION, Word, words, words_of_phone};
