//! A message's content as callers send it: text, or HTML that is sanitised.

use crate::body::{Checker, Input};
use lambdesk_domain::message::{Content, InvalidContent};

/// The content of `body_html` or `body_text`, exactly one of which must be given.
pub fn content(html: Input<String>, text: Input<String>, checker: &mut Checker) -> Option<Content> {
    match Given::of(html, text, checker) {
        Given::Said(pointer, content) => content.map_err(|error| refuse(pointer, error, checker)).ok(),
        Given::Nothing if checker.is_clean() => {
            checker.error("/body_text", "required", "body_text or body_html must be given");
            None
        }
        Given::Nothing | Given::Both => None,
    }
}

/// As [`content`], where files say enough: without a text it is [`Content::nothing`].
pub fn content_beside_files(html: Input<String>, text: Input<String>, checker: &mut Checker) -> Option<Content> {
    match Given::of(html, text, checker) {
        Given::Nothing | Given::Said(_, Err(InvalidContent::Empty)) => Some(Content::nothing()),
        Given::Said(pointer, content) => content.map_err(|error| refuse(pointer, error, checker)).ok(),
        Given::Both => None,
    }
}

/// What of the two members was given.
enum Given {
    Nothing,
    /// In the member at this pointer.
    Said(&'static str, Result<Content, InvalidContent>),
    /// Which is told already.
    Both,
}

impl Given {
    fn of(html: Input<String>, text: Input<String>, checker: &mut Checker) -> Self {
        let html = checker.present("/body_html", html);
        let text = checker.present("/body_text", text);
        match (html, text) {
            (Some(html), None) => Self::Said("/body_html", Content::from_html(&html)),
            (None, Some(text)) => Self::Said("/body_text", Content::from_text(&text)),
            (None, None) => Self::Nothing,
            (Some(_), Some(_)) => {
                checker.error("/body_text", "exclusive", "give either body_html or body_text");
                Self::Both
            }
        }
    }
}

fn refuse(pointer: &str, error: InvalidContent, checker: &mut Checker) {
    match error {
        InvalidContent::Empty => checker.error(pointer, "required", error.to_string()),
        InvalidContent::TooLarge | InvalidContent::TooManyTags => checker.too_large(pointer, error.to_string()),
    }
}
