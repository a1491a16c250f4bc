//! HTML as people write it in mails and editors, made safe, and its plain text.
//!
//! | module | subject |
//! |---|---|
//! | `tokens` | what the HTML consists of, as browsers cut it |
//! | `page`, `inlines` | blocks, and the formatting in them, as they are written anew |
//! | `tags` | what becomes of which tag and attribute |
//! | `writer`, `escape` | what is written, and its text |
//!
//! Everything is gone through once, so the cost grows with the length and nothing else.
//! Last comes a sanitiser of its own, to which the result must look harmless.

mod escape;
mod inlines;
mod page;
mod tags;
mod tokens;
mod writer;

#[cfg(test)]
mod tests;

pub use tokens::TooMuch;

use crate::text::printable_lines;
use escape::escape;

/// Harmless HTML and its plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// The HTML: formatting, lists, tables and links.
    pub html: String,
    /// Its text: a line for every block, a tab between cells, white space as browsers
    /// show it.
    pub text: String,
}

/// Keeps harmless formatting; drops scripts, styles, event handlers, forms, frames and
/// every URL scheme but `http`, `https`, `mailto` and `tel`, and URLs that would lead
/// somewhere else on every page that shows them. Images go too: a remote image tells its
/// owner when and where it was read.
///
/// Cleaning what is clean changes nothing, and all its words are in the text.
///
/// # Errors
/// When there is too much of it, or more than about `max` bytes are left.
pub fn clean(dirty: &str, max: usize) -> Result<Clean, TooMuch> {
    // Browsers drop these, and never agreed on where.
    let tokens = tokens::tokens(&dirty.replace('\0', ""))?;
    let (html, text) = page::page(tokens, max)?;
    let html = tags::GATE.clean(&html).to_string();
    if html.len() > max { Err(TooMuch::Bytes) } else { Ok(Clean { html, text }) }
}

/// A text as it is kept: [`printable_lines`], trimmed.
#[must_use]
pub fn printable(text: &str) -> String {
    printable_lines(text).trim().to_owned()
}

/// The HTML of a plain text: escaped, with its line breaks.
#[must_use]
pub fn from_text(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<p>");
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            html.push_str("<br>");
        }
        escape(line, false, &mut html);
    }
    html.push_str("</p>");
    html
}
