//! What lists show of a message.

use super::shown::upright;
use serde::{Deserialize, Serialize};

/// How many characters of a message a list shows.
const PREVIEW_CHARACTERS: usize = 140;

/// The beginning of the latest public message on one line, at most 140 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Preview(String);

impl Preview {
    /// Of a message's plain text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words = upright(text).split_whitespace().collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(PREVIEW_CHARACTERS - 1) {
            Some((end, last)) if end + last.len_utf8() < words.len() => Self(format!("{}…", &words[..end])),
            _ => Self(words),
        }
    }

    /// As it was stored.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_preview_never_exceeds_its_length(text in "\\PC{0,400}") {
            prop_assert!(Preview::of(&text).as_str().chars().count() <= PREVIEW_CHARACTERS);
        }
    }
}
