//! A message's content as callers send it: text, or HTML that is sanitised.

use crate::body::{Checker, Input};
use lambdesk_domain::message::{Content, InvalidContent};

/// The content of `body_html` or `body_text`, exactly one of which must be given.
pub fn content(html: Input<String>, text: Input<String>, checker: &mut Checker) -> Option<Content> {
    let html = checker.present("/body_html", html);
    let text = checker.present("/body_text", text);
    let (pointer, content) = match (html, text) {
        (Some(html), None) => ("/body_html", Content::from_html(&html)),
        (None, Some(text)) => ("/body_text", Content::from_text(&text)),
        (Some(_), Some(_)) => {
            checker.error("/body_text", "exclusive", "give either body_html or body_text");
            return None;
        }
        (None, None) => {
            if checker.is_clean() {
                checker.error("/body_text", "required", "body_text or body_html must be given");
            }
            return None;
        }
    };
    let code = |error: &InvalidContent| match error {
        InvalidContent::Empty => "required",
        InvalidContent::TooLarge | InvalidContent::TooManyTags => "too_large",
    };
    content.map_err(|error| checker.error(pointer, code(&error), error.to_string())).ok()
}
