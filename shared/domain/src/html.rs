//! HTML as people write it in mails and editors, made safe, and its plain text.

use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;

/// What parsers open again in every block until it is closed (HTML, section 13.2.4.3,
/// the list of active formatting elements): at most three alike, but any number with
/// different attributes. Links are among them too, but each closes the one before.
const REOPENED: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Keeps harmless formatting; drops scripts, styles, event handlers, forms,
/// frames and every URL scheme but `http`, `https`, `mailto` and `tel`, and URLs that
/// would lead somewhere else on every page that shows them.
/// Images go too: a remote image tells its owner when and where it was read.
#[must_use]
pub fn sanitize(html: &str) -> String {
    let safe = Builder::default()
        .rm_tags(["img", "map", "area"])
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean(&without_attributes(html))
        .to_string();
    // Where a document begins, parsers take it for a byte order mark and drop it
    // (HTML, section 13.2.3.2): what is stored must read the same ever after.
    safe.trim_start_matches('\u{feff}').to_owned()
}

/// The same HTML, but what is [`REOPENED`] has no attributes. They say nothing, and with
/// a thousand of them a few kilobytes would become a document of a million elements.
///
/// Whatever is cut here, the rest is looked through and sanitised after it.
fn without_attributes(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        let (name, after) = tag.split_at(tag.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tag.len()));
        let is_reopened = REOPENED.iter().any(|reopened| reopened.eq_ignore_ascii_case(name));
        let has_more = after.starts_with(|c: char| c == '/' || c.is_ascii_whitespace());
        kept.extend([before, "<", name]);
        rest = if is_reopened && has_more { after.get(end_of_tag(after)..).unwrap_or_default() } else { after };
    }
    kept.push_str(rest);
    kept
}

/// Where the tag ends whose attributes these are.
fn end_of_tag(attributes: &str) -> usize {
    let (mut quote, mut may_open) = (None, false);
    for (at, character) in attributes.char_indices() {
        match (quote, character) {
            (None, '>') => return at,
            (None, '"' | '\'') if may_open => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
        may_open = quote.is_none() && (character == '=' || may_open && character.is_ascii_whitespace());
    }
    attributes.len()
}

/// The plain text of [`sanitize`]d HTML: a line for every block, a tab between cells.
#[must_use]
pub fn to_text(sanitized: &str) -> String {
    let mut text = String::with_capacity(sanitized.len());
    let mut rest = sanitized;
    while let Some((before, tag_onwards)) = rest.split_once('<') {
        text.push_str(&unescape(before));
        let (tag, after) = tag_onwards.split_once('>').unwrap_or((tag_onwards, ""));
        if !text.is_empty() && !text.ends_with('\n') {
            text.extend(separator(tag));
        }
        rest = after;
    }
    text.push_str(&unescape(rest));
    printable(&text)
}

/// A text without control characters but line breaks and tabs, trimmed: the
/// others show nothing and grow six times in JSON.
#[must_use]
pub fn printable(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    shown.trim().to_owned()
}

/// The HTML of a plain text: escaped, with its line breaks.
#[must_use]
pub fn from_text(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<p>");
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            html.push_str("<br>");
        }
        escape(line, &mut html);
    }
    html.push_str("</p>");
    html
}

/// By bytes, since all three are ASCII: every message that is shown goes through here.
fn escape(line: &str, html: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>')) {
        let (plain, from) = rest.split_at(at);
        let (special, after) = from.split_at(1);
        html.push_str(plain);
        html.push_str(match special {
            "&" => "&amp;",
            "<" => "&lt;",
            _ => "&gt;",
        });
        rest = after;
    }
    html.push_str(rest);
}

/// What stands in the text where this tag begins or ends something: without it words
/// of two blocks would become one.
fn separator(tag: &str) -> Option<char> {
    let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
    match name {
        "td" | "th" if !tag.starts_with('/') => Some('\t'),
        "br" | "hr" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre"
        | "ul" | "ol" | "dl" | "dt" | "dd" | "table" | "caption" | "thead" | "tbody" | "tfoot" | "article"
        | "aside" | "center" | "details" | "summary" | "figure" | "figcaption" | "footer" | "header" | "hgroup"
        | "nav" => Some('\n'),
        _ => None,
    }
}

/// The sanitiser writes exactly these entities in text; every other one is already a character.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ");
    Cow::Owned(text.replace("&quot;", "\"").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scripts_handlers_and_remote_images_are_gone() {
        let html = sanitize(
            r#"<p onclick="x()">Hi <script>alert(1)</script><img src="https://t.example/p.gif"><a href="javascript:x()">a</a></p>"#,
        );
        for bad in ["script", "onclick", "img", "javascript"] {
            assert!(!html.contains(bad), "{html}");
        }
        assert!(html.contains("Hi"));
    }

    #[test]
    fn the_text_of_html_keeps_its_lines() {
        assert_eq!(
            to_text(&sanitize("<p>One &lt;two&gt; &amp; three</p><p>Four<br>five</p>")),
            "One <two> & three\nFour\nfive"
        );
    }

    #[test]
    fn words_of_different_blocks_and_cells_stay_apart() {
        let html = "one<p>two</p>three<ul><li>four</li></ul>five<table><tr><td>six</td><td>seven</td></tr></table>";
        assert_eq!(to_text(&sanitize(html)), "one\ntwo\nthree\nfour\nfive\nsix\tseven");
        assert_eq!(to_text(&sanitize("<b>bo</b>ld and <a href=\"https://a.example\">li</a>nk")), "bold and link");
    }

    #[test]
    fn formatting_that_is_never_closed_does_not_multiply() {
        let open: Vec<_> = (0..300).map(|number| format!("<B title={number}>")).collect();
        let html = format!("<p>{}</p>{}", open.concat(), "<p>x".repeat(300));
        assert!(sanitize(&html).len() < 10 * html.len(), "{} bytes of {}", sanitize(&html).len(), html.len());
    }

    #[test]
    fn formatting_keeps_its_text_whatever_its_attributes_look_like() {
        for (html, kept) in [
            ("<b title=\"a > b\" x='>'>one</b>", "<b>one</b>"),
            ("<b title = \"a > b\">one</b>", "<b>one</b>"),
            ("<b/>one", "<b>one</b>"),
            ("<i \">one</i>", "<i>one</i>"),
            (
                "<blockquote cite=\"https://a.example/\">one</blockquote>",
                "<blockquote cite=\"https://a.example/\">one</blockquote>",
            ),
            ("<b <i>one", "<b>one</b>"),
            ("one <b x=\"", "one "),
        ] {
            assert_eq!(sanitize(html), kept, "{html}");
        }
    }

    #[test]
    fn links_lead_where_they_say_or_nowhere() {
        for html in ["<a href=\"/v1\">x</a>", "<a href=\"//a.example\">x</a>", "<a href=\"x\">x</a>"] {
            assert!(!sanitize(html).contains("href"), "{html}");
        }
        assert!(sanitize("<a href=\"https://a.example/?b=1\">x</a>").contains("href=\"https://a.example/?b=1\""));
    }

    #[test]
    fn what_is_left_never_begins_with_a_byte_order_mark() {
        assert_eq!(sanitize("\0\u{feff}\u{feff}a\u{feff}"), "a\u{feff}");
    }

    proptest! {
        #[test]
        fn text_survives_the_way_through_html(text in "[a-zA-Z<>&\"' ;]{0,80}") {
            prop_assert_eq!(to_text(&sanitize(&from_text(&text))), text.trim());
        }

        #[test]
        fn sanitizing_twice_changes_nothing_more(html in ".{0,200}") {
            let once = sanitize(&html);
            prop_assert_eq!(sanitize(&once), once);
        }
    }
}
