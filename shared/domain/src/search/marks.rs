//! Marked words: what a ticket is found by without saying it as a text does. No text and
//! no search can have the marks, which sort before letters and digits.

use super::words::Word;
use crate::id::TagId;

/// Before the id of a tag. A name is looked up when it is searched for, so that a tag may
/// be renamed without its tickets being indexed anew.
const TAG: char = '%';
/// Behind a word that only those find who read contacts and accounts: right behind the
/// word itself, so that one range of the index holds both.
const CLIENT: char = '$';

impl Word {
    /// The word of tickets that have a tag.
    #[must_use]
    pub fn of_tag(tag: TagId) -> Self {
        Self::marked(format!("{TAG}{:032x}", tag.uuid().as_u128()))
    }

    /// The same word of a ticket's contact or account.
    #[must_use]
    pub fn of_client(&self) -> Self {
        Self::marked(format!("{}{CLIENT}", self.as_str()))
    }
}

/// The word without its mark, if it is of a contact or an account.
pub fn without_client(word: &str) -> Option<&str> {
    word.strip_suffix(CLIENT)
}

/// Whether a word is a mark with what it is about: nothing begins with it.
pub fn is_whole(word: &str) -> bool {
    word.starts_with([TAG, super::numbers::SIGN])
}
