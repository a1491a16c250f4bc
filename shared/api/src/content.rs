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
    let refuse = |error: InvalidContent| match error {
        InvalidContent::Empty => checker.error(pointer, "required", error.to_string()),
        InvalidContent::TooLarge | InvalidContent::TooManyTags => checker.too_large(pointer, error.to_string()),
    };
    content.map_err(refuse).ok()
}
