//! What a text must be to be one of a kind.

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

/// Whether nobody would see anything of a text: spaces, and what has no width by itself.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || has_no_width(c))
}

/// Characters that only act on their neighbours (of Unicode's default ignorable code
/// points those that keyboards, mail programs and copying leave behind).
const fn has_no_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Trims, and holds the text to one line of `1..=max` characters.
pub(super) fn one_line(text: &str, max: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if is_blank(text) {
        return Err(InvalidText::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidText::Control);
    }
    if text.chars().nth(max).is_some() {
        return Err(InvalidText::TooLong(max));
    }
    Ok(text.to_owned())
}

/// Trims, and holds the text to `1..=max` characters in any number of lines.
pub(crate) fn several_lines(text: &str, max: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    if is_blank(text) {
        return Err(InvalidText::Empty);
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(InvalidText::Control);
    }
    if text.chars().nth(max).is_some() {
        return Err(InvalidText::TooLong(max));
    }
    Ok(text.to_owned())
}

/// What a text must be: parses it, and tells it as a JSON Schema.
pub(super) enum Form {
    /// One line of at most so many characters.
    Line(usize),
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
            Self::Line(max) => one_line(text, *max),
            Self::Lines(max) => several_lines(text, *max),
            Self::Own { parse, .. } => parse(text),
        }
    }

    pub(super) fn tell(&self, schema: &mut schemars::Schema) {
        match self {
            Self::Line(max) | Self::Lines(max) => {
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
