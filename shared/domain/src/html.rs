//! HTML as people write it in mails and editors, made safe, and its plain text.

use ammonia::Builder;
use std::borrow::Cow;

/// Keeps harmless formatting; drops scripts, styles, event handlers, forms,
/// frames and every URL scheme but `http`, `https`, `mailto` and `tel`.
/// Images go too: a remote image tells its owner when and where it was read.
#[must_use]
pub fn sanitize(html: &str) -> String {
    Builder::default()
        .rm_tags(["img", "map", "area"])
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean(html)
        .to_string()
}

/// The plain text of [`sanitize`]d HTML, with a line break where a block ends.
#[must_use]
pub fn to_text(sanitized: &str) -> String {
    let mut text = String::with_capacity(sanitized.len());
    let mut rest = sanitized;
    while let Some((before, tag_onwards)) = rest.split_once('<') {
        text.push_str(&unescape(before));
        let (tag, after) = tag_onwards.split_once('>').unwrap_or((tag_onwards, ""));
        if breaks_line(tag) && !text.ends_with('\n') {
            text.push('\n');
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
        for character in line.chars() {
            match character {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                other => html.push(other),
            }
        }
    }
    html.push_str("</p>");
    html
}

fn breaks_line(tag: &str) -> bool {
    let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
    let closes = tag.starts_with('/');
    matches!(name, "br" | "hr")
        || closes
            && matches!(
                name,
                "p" | "div"
                    | "li"
                    | "tr"
                    | "h1"
                    | "h2"
                    | "h3"
                    | "h4"
                    | "h5"
                    | "h6"
                    | "blockquote"
                    | "pre"
                    | "ul"
                    | "ol"
                    | "table"
            )
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
