//! What becomes of which tag, and which attributes stay.

use super::escape::escape;
use ammonia::{Builder, UrlRelative};
use html5ever::tokenizer::Tag;
use std::{borrow::Cow, collections::HashSet, sync::LazyLock};
use url::Url;

/// What a block is to those around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// A block that may hold anything.
    Plain,
    /// Holds text alone: any block ends it.
    Paragraph,
    /// Ends a heading that it stands right in.
    Heading,
    /// Ends the item before it in its list.
    Item,
    /// As an item, of a list of definitions.
    Definition,
    /// Its white space is kept.
    Verbatim,
    /// A table; the kinds below are its parts, and outside of tables plain blocks.
    Table,
    Caption,
    Section,
    Row,
    Cell,
}

/// What becomes of a tag.
pub(super) enum TagRole {
    /// Within lines; kept.
    Inline,
    /// A block, written under this name.
    Block(BlockKind, &'static str),
    /// `br` and `wbr`.
    Break(&'static str),
    /// `hr`.
    Rule,
    /// Goes with all that is in it.
    Hidden,
    /// The tag goes, what is in it stays.
    Bare,
}

/// Formatting that says nothing but its name.
const PLAIN_FORMATTING: [&str; 10] = ["b", "code", "em", "i", "s", "small", "strike", "strong", "tt", "u"];

const INLINE: [&str; 33] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "i", "ins", "kbd", "mark",
    "q", "rp", "rt", "rtc", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var",
];

/// Blocks that are kept under their names.
const BLOCKS: [(&str, BlockKind); 35] = [
    ("article", BlockKind::Plain),
    ("aside", BlockKind::Plain),
    ("blockquote", BlockKind::Plain),
    ("center", BlockKind::Plain),
    ("details", BlockKind::Plain),
    ("div", BlockKind::Plain),
    ("dl", BlockKind::Plain),
    ("figcaption", BlockKind::Plain),
    ("figure", BlockKind::Plain),
    ("footer", BlockKind::Plain),
    ("header", BlockKind::Plain),
    ("hgroup", BlockKind::Plain),
    ("nav", BlockKind::Plain),
    ("ol", BlockKind::Plain),
    ("summary", BlockKind::Plain),
    ("ul", BlockKind::Plain),
    ("p", BlockKind::Paragraph),
    ("h1", BlockKind::Heading),
    ("h2", BlockKind::Heading),
    ("h3", BlockKind::Heading),
    ("h4", BlockKind::Heading),
    ("h5", BlockKind::Heading),
    ("h6", BlockKind::Heading),
    ("li", BlockKind::Item),
    ("dd", BlockKind::Definition),
    ("dt", BlockKind::Definition),
    ("pre", BlockKind::Verbatim),
    ("table", BlockKind::Table),
    ("caption", BlockKind::Caption),
    ("tbody", BlockKind::Section),
    ("thead", BlockKind::Section),
    ("tfoot", BlockKind::Section),
    ("tr", BlockKind::Row),
    ("td", BlockKind::Cell),
    ("th", BlockKind::Cell),
];

/// Blocks that are written as `div`: to readers they are lines of their own.
const DIVS: [&str; 27] = [
    "address",
    "applet",
    "canvas",
    "datalist",
    "desc",
    "dialog",
    "dir",
    "fieldset",
    "foreignobject",
    "form",
    "frameset",
    "label",
    "legend",
    "main",
    "marquee",
    "menu",
    "noscript",
    "object",
    "optgroup",
    "option",
    "search",
    "section",
    "select",
    "text",
    "video",
    "audio",
    "button",
];

/// What nobody sees of a message that is read.
const HIDDEN: [&str; 8] = ["iframe", "noembed", "noframes", "script", "style", "template", "title", "xml"];

/// Attributes that stay, besides `lang` and `title` wherever there is an attribute at all.
const ATTRIBUTES: [(&str, &[&str]); 15] = [
    ("a", &["href", "hreflang"]),
    ("bdo", &["dir"]),
    ("blockquote", &["cite"]),
    ("del", &["cite", "datetime"]),
    ("hr", &["align", "size", "width"]),
    ("ins", &["cite", "datetime"]),
    ("ol", &["start"]),
    ("q", &["cite"]),
    ("table", &["align", "char", "charoff", "summary"]),
    ("tbody", &["align", "char", "charoff"]),
    ("td", &["align", "char", "charoff", "colspan", "headers", "rowspan"]),
    ("tfoot", &["align", "char", "charoff"]),
    ("th", &["align", "char", "charoff", "colspan", "headers", "rowspan", "scope"]),
    ("thead", &["align", "char", "charoff"]),
    ("tr", &["align", "char", "charoff"]),
];

const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
const REL: &str = "noopener noreferrer nofollow";

/// What becomes of a tag of this name.
pub(super) fn role(name: &str) -> TagRole {
    if let Some((name, kind)) = BLOCKS.iter().find(|(block, _)| *block == name) {
        return TagRole::Block(*kind, name);
    }
    match name {
        "br" => TagRole::Break("br"),
        "wbr" => TagRole::Break("wbr"),
        "hr" => TagRole::Rule,
        "textarea" | "xmp" | "listing" | "plaintext" => TagRole::Block(BlockKind::Verbatim, "pre"),
        _ if INLINE.contains(&name) => TagRole::Inline,
        _ if HIDDEN.contains(&name) => TagRole::Hidden,
        // A custom element may be anything: its words are never run into their neighbours.
        _ if DIVS.contains(&name) || name.contains('-') => TagRole::Block(BlockKind::Plain, "div"),
        _ => TagRole::Bare,
    }
}

/// Whether this says nothing beyond its name, so that twice is as good as once.
pub(super) fn is_plain_formatting(name: &str) -> bool {
    PLAIN_FORMATTING.contains(&name)
}

/// The attributes that stay of a tag that is written as `name`, as they are written.
pub(super) fn attributes(name: &str, tag: &Tag) -> String {
    let mut written = String::new();
    if is_plain_formatting(name) {
        return written;
    }
    for attribute in &tag.attrs {
        let attribute_name = &*attribute.name.local;
        let value = printable(&attribute.value);
        if may_stay(name, attribute_name, &value) {
            written.extend([" ", attribute_name, "=\""]);
            escape(&value, true, &mut written);
            written.push('"');
        }
    }
    if name == "a" && written.contains(" href=\"") {
        written.extend([" rel=\"", REL, "\""]);
    }
    written
}

fn may_stay(tag: &str, attribute: &str, value: &str) -> bool {
    let of_tag = ATTRIBUTES.iter().any(|(name, attributes)| *name == tag && attributes.contains(&attribute));
    match attribute {
        "href" | "cite" => of_tag && is_safe_url(value),
        "lang" | "title" => true,
        _ => of_tag,
    }
}

/// Whether a URL leads where it says, on every page that shows it, and runs nothing.
fn is_safe_url(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| SCHEMES.contains(&url.scheme()))
}

fn printable(value: &str) -> Cow<'_, str> {
    if value.chars().any(char::is_control) {
        let shown = value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        Cow::Owned(shown.map(|c| if c.is_control() { ' ' } else { c }).collect())
    } else {
        Cow::Borrowed(value)
    }
}

/// The last gate: lets through what the tables above name, and nothing else, whatever
/// went wrong before it.
pub(super) static GATE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let blocks = BLOCKS.iter().map(|(name, _)| *name);
    let tags: HashSet<_> = blocks.chain(INLINE).chain(["br", "hr", "wbr"]).collect();
    let attributes = ATTRIBUTES.iter().map(|(tag, attributes)| (*tag, attributes.iter().copied().collect()));
    let mut gate = Builder::default();
    gate.tags(tags)
        .tag_attributes(attributes.collect())
        .url_schemes(SCHEMES.into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some(REL))
        .attribute_filter(|_, attribute, value| {
            (attribute != "cite" || is_safe_url(value)).then_some(Cow::Borrowed(value))
        });
    gate
});
