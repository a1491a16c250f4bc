//! What a text must be to be one of a kind.

use super::{
    lines::{is_line_end, line_ends},
    shown::{is_blank, upright},
};

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing left after trimming.
    #[error("must not be empty")]
    Empty,
    /// More than this many characters.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A control character where a single line is expected.
    #[error("must not contain control characters")]
    Control,
    /// Not of this form.
    #[error("must be {0}")]
    Form(&'static str),
}

/// Trims, and holds the text to one line of `1..=max` characters.
pub(super) fn one_line(text: &str, max: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if is_blank(text) {
        return Err(InvalidText::Empty);
    }
    if text.chars().any(|c| c.is_control() || is_line_end(c)) {
        return Err(InvalidText::Control);
    }
    if text.chars().nth(max).is_some() {
        return Err(InvalidText::TooLong(max));
    }
    Ok(text.to_owned())
}

/// Trims, and holds the text to `1..=max` characters in any number of lines, which all
/// end in `\n`.
pub(crate) fn several_lines(text: &str, max: usize) -> Result<String, InvalidText> {
    let text = line_ends(text);
    let text = text.trim();
    if is_blank(text) {
        return Err(InvalidText::Empty);
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(InvalidText::Control);
    }
    if text.chars().nth(max).is_some() {
        return Err(InvalidText::TooLong(max));
    }
    Ok(text.to_owned())
}

/// What a text must be: parses it, and tells it as a JSON Schema.
pub(super) enum Form {
    /// One line of at most so many characters, none of which turns the others around.
    Line(usize),
    /// One line of at most so many characters, byte by byte as somebody else has it.
    Id(usize),
    /// As [`Form::Line`], several lines.
    Lines(usize),
    /// A form of its own.
    Own {
        /// Holds a text to it.
        parse: fn(&str) -> Result<String, InvalidText>,
        /// What the schema says of it, besides being a string.
        keywords: &'static [(&'static str, Keyword)],
    },
}

/// A keyword's value.
pub(super) enum Keyword {
    Number(usize),
    Text(&'static str),
}

impl Form {
    /// Of own kind with these keywords.
    pub(super) const fn own(
        parse: fn(&str) -> Result<String, InvalidText>,
        keywords: &'static [(&'static str, Keyword)],
    ) -> Self {
        Self::Own { parse, keywords }
    }

    pub(super) fn parse(&self, text: &str) -> Result<String, InvalidText> {
        match self {
            Self::Line(max) => one_line(&upright(text), *max),
            Self::Id(max) => one_line(text, *max),
            Self::Lines(max) => several_lines(text, *max),
            Self::Own { parse, .. } => parse(text),
        }
    }

    pub(super) fn tell(&self, schema: &mut schemars::Schema) {
        match self {
            Self::Line(max) | Self::Id(max) | Self::Lines(max) => {
                schema.insert("minLength".to_owned(), 1.into());
                schema.insert("maxLength".to_owned(), (*max).into());
            }
            Self::Own { keywords, .. } => {
                for (name, value) in *keywords {
                    let value = match value {
                        Keyword::Number(number) => (*number).into(),
                        Keyword::Text(text) => (*text).into(),
                    };
                    schema.insert((*name).to_owned(), value);
                }
            }
        }
    }
}
