use super::*;
use proptest::{collection, prelude::*, sample::select};

const MAX: usize = 64 * 1024;

fn html(dirty: &str) -> String {
    clean(dirty, MAX).expect("not too much").html
}

fn text(dirty: &str) -> String {
    clean(dirty, MAX).expect("not too much").text
}

#[test]
fn scripts_handlers_and_remote_images_are_gone() {
    let html = html(
        r#"<p onclick="x()">Hi <script>alert(1)</script><img src="https://t.example/p.gif"><a href="javascript:x()">a</a></p>"#,
    );
    assert_eq!(html, "<p>Hi a</p>");
}

#[test]
fn the_text_of_html_keeps_its_lines() {
    assert_eq!(text("<p>One &lt;two&gt; &amp; three</p><p>Four<br>five</p>"), "One <two> & three\nFour\nfive");
    assert_eq!(text("<div>a<br></div><div>b</div><div><br></div>c<br><br>d"), "a\nb\n\nc\n\nd");
    assert_eq!(text("<p>a</p><p>&nbsp;</p><p>b&nbsp; c</p>"), "a\n\nb  c");
}

#[test]
fn words_of_different_blocks_and_cells_stay_apart() {
    let html = "one<p>two</p>three<ul><li>four</li></ul>five<table><tr><td>six</td><td>seven</td></tr></table>";
    assert_eq!(text(html), "one\ntwo\nthree\nfour\nfive\nsix\tseven");
    assert_eq!(text("<b>bo</b>ld and <a href=\"https://a.example\">li</a>nk<o:p></o:p>s"), "bold and links");
    for block in [
        "section", "main", "address", "form", "fieldset", "legend", "label", "dialog", "menu", "option", "button",
        "textarea", "my-card", "td", "th", "tr", "caption", "tbody", "optgroup", "select", "search", "object",
        "listing", "xmp", "noscript", "center", "dt", "summary", "h2", "article",
    ] {
        let html = format!("<{block}>alphaone</{block}><{block}>betatwo</{block}>gamma");
        assert_eq!(text(&html), "alphaone\nbetatwo\ngamma", "{block}");
    }
}

#[test]
fn white_space_is_collapsed_as_browsers_do_and_kept_where_they_keep_it() {
    assert_eq!(text("<p>This is one\nparagraph in the\r\nsource.</p>"), "This is one paragraph in the source.");
    assert_eq!(text("<div>\n  <p>\n    Hello\n  </p>\n  <p> <b>Wor</b>ld </p>\n</div>\n"), "Hello\nWorld");
    assert_eq!(text("<p>a</p><pre>\n  one\n    two\n</pre>b"), "a\n  one\n    two\nb");
    assert_eq!(text("<pre>  one\n    two</pre>"), "  one\n    two");
    assert_eq!(text("one <b> two</b> <i>three</i>\t four"), "one two three four");
}

#[test]
fn every_line_end_is_the_same_one() {
    for end in ["\u{b}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let clean = clean(&format!("<p>one{end}two</p><pre>three{end}four</pre>"), MAX).expect("not too much");
        assert_eq!(clean.text, "one\ntwo\nthree\nfour");
        assert_eq!(clean.html, "<p>one<br>two</p><pre>three\nfour</pre>");
    }
    for end in ["\r", "\u{c}", "&#13;&#10;"] {
        assert_eq!(text(&format!("<p>one{end}two</p><pre>three{end}four</pre>")), "one two\nthree\nfour", "{end:?}");
    }
}

#[test]
fn what_nobody_reads_takes_nothing_along() {
    for (dirty, left) in [
        ("<p>One</p><!-- <b --><p>Two</p>", "One\nTwo"),
        ("<a title=\"see <i sign\" href=https://a.example>link</a><p>Two</p>", "link\nTwo"),
        ("<p>One</p><script>for(i=0;i<s ;i++){}</script><p>Two</p>", "One\nTwo"),
        ("<style>p:before{content:\"<b x\"}</style><p>Two</p>", "Two"),
        ("<table><tr><td title=\"a <s b\">cell</td></tr></table><p>Two</p>", "cell\nTwo"),
        ("<html><head><title>Shop mail</title></head><body><p>Body</p></body></html>", "Body"),
        ("<noscript><p>no</p></noscript><p>Body</p>", "no\nBody"),
        ("<iframe>fb <b></iframe><xml><o:x>1</o:x></xml>x", "x"),
        ("<xml>one<p>two</p>", "one\ntwo"),
        ("<xml>one<p>two</p><xml>x</xml>three", "one\ntwo\nthree"),
        ("<svg><title>icon</title><style/><text>one</text></svg>two", "one\ntwo"),
        ("<svg><text><![CDATA[one]]></text></svg><![CDATA[x]]>two", "one\ntwo"),
        ("<title/>one<script/>two", "onetwo"),
        ("one<template><p>two</template>three", "onethree"),
        ("<![if !mso]>one<![endif]><?xml x?>two", "onetwo"),
        ("<table><tr>one<td>two</table>three", "one\ttwo\nthree"),
        ("one</p>two</br>three</div>four", "one\ntwo\nthreefour"),
        ("1 < 2 & 3 <3 one", "1 < 2 & 3 <3 one"),
        ("<textarea><b>one</textarea>two", "<b>one\ntwo"),
        ("<plaintext><b>one", "<b>one"),
    ] {
        assert_eq!(text(dirty), left, "{dirty}");
    }
}

#[test]
fn formatting_is_closed_where_its_block_ends_and_goes_on_in_the_next() {
    for (dirty, kept) in [
        ("<b title=\"a > b\" x='>'>one</b>", "<b>one</b>"),
        ("<b/>one", "<b>one</b>"),
        ("<b><i>one</b>two</i>", "<b><i>one</i></b><i>two</i>"),
        ("<b><p>one<p>two</b>three", "<p><b>one</b></p><p><b>two</b>three</p>"),
        ("<b><b>one</b>two</b>three", "<b>onetwo</b>three"),
        ("<b>one</b><br>two", "<b>one</b><br>two"),
        (
            "<table><td><b>one<td>two</table>three",
            "<table><tbody><tr><td><b>one</b></td><td>two</td></tr></tbody></table>three",
        ),
        ("<ul><li>one<li>two<ul><li>three</ul></ul>", "<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul>"),
        (
            "<a href=https://a.example>one<a href=https://b.example>two",
            concat!(
                "<a href=\"https://a.example\" rel=\"noopener noreferrer nofollow\">one</a>",
                "<a href=\"https://b.example\" rel=\"noopener noreferrer nofollow\">two</a>"
            ),
        ),
        (
            "<blockquote cite=\"https://a.example/\">one</blockquote>",
            "<blockquote cite=\"https://a.example/\">one</blockquote>",
        ),
        (
            "<blockquote cite=\"javascript:x()\">one</blockquote><q cite=' data:x'>two</q>",
            "<blockquote>one</blockquote><q>two</q>",
        ),
        ("one <b x=\"", "one "),
    ] {
        assert_eq!(html(dirty), kept, "{dirty}");
    }
}

#[test]
fn links_lead_where_they_say_or_nowhere() {
    for dirty in [
        "<a href=\"/v1\">x</a>",
        "<a href=\"//a.example\">x</a>",
        "<a href=\"x\">x</a>",
        "<a href='java\nscript:x'>x</a>",
    ] {
        assert_eq!(html(dirty), "x");
    }
    assert!(html("<a href=\"https://a.example/?b=1\">x</a>").contains("href=\"https://a.example/?b=1\""));
}

#[test]
fn what_is_left_never_begins_with_a_byte_order_mark() {
    assert_eq!(html("\0\u{feff}\u{feff}a\u{feff}"), "a\u{feff}");
}

#[test]
fn what_grows_without_end_is_refused_and_what_nests_is_laid_flat() {
    let open = (0..300).map(|number| format!("<B title={number}>")).collect::<Vec<_>>().concat();
    let dirty = format!("<p>{open}</p>{}", "<p>x".repeat(300));
    assert!(html(&dirty).len() < 10 * dirty.len());
    assert_eq!(clean(&"<i>".repeat(4_001), MAX), Err(TooMuch::Tags));
    let attributes = (0..501).map(|number| format!(" a{number}='>'")).collect::<Vec<_>>().concat();
    assert_eq!(clean(&format!("<p><p{attributes}>"), MAX), Err(TooMuch::Tags));
    assert_eq!(clean(&format!("{}one", "<table><td>x".repeat(1_900)), 10_000), Err(TooMuch::Bytes));
    let deep = clean(&format!("{}one", "<div>x".repeat(3_000)), MAX).expect("not too much");
    assert_eq!((deep.html.matches("<div>").count(), deep.text.lines().count()), (100, 3_000));
    let script = format!("<script>{}</script>one", "a<b".repeat(5_000));
    assert_eq!(text(&script), "one");
}

/// Tags of every role.
const TAGS: &str = "p|div|b|i|a href='https://a.example'|a|span title='x'|span|table|tr|td|th|tbody|tfoot|caption|ul|ol|\
                    li|dl|dt|dd|h1|h2|pre|blockquote|section|my-tag|ruby|rt|rtc|sup|svg|math|style|script|title|textarea|\
                    xml|template|iframe|br|hr|wbr|q cite='x:y'|button|select|option|form|center|details|summary|col|\
                    font color=red|nobr|object|frameset|noscript|foreignobject|mi|input|html|body|p title='a <b \"c'|\
                    listing|em|strong";
const TEXTS: &str = "x|word | |\n|\u{a0}|&amp;|&lt;b&gt;|<|&|\u{feff}|\u{2028}|\r|\u{b}|\0|<!-- x -->|<!--|\"|'>|]]>|é";

/// Pieces of HTML, whole and broken.
fn pieces() -> impl Strategy<Value = String> {
    let name = select(TAGS.split('|').collect::<Vec<_>>());
    let text = select(TEXTS.split('|').collect::<Vec<_>>());
    let piece = prop_oneof![
        4 => name.clone().prop_map(|name| format!("<{name}>")),
        3 => name.prop_map(|name| format!("</{}>", name.split(' ').next().unwrap_or_default())),
        4 => text.prop_map(str::to_owned),
    ];
    // Some stand so deep that blocks are laid flat.
    let outer = select(&["<div>", "<ul><li>x", "<table><td>", "<blockquote><p>"][..]);
    let deep = (outer, prop_oneof![5 => Just(0), 1 => 20..104_usize]).prop_map(|(tags, times)| tags.repeat(times));
    (deep, collection::vec(piece, 0..40)).prop_map(|(deep, pieces)| deep + &pieces.concat())
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn cleaning_twice_changes_nothing_more(dirty in prop_oneof![pieces(), ".{0,200}"]) {
        let once = clean(&dirty, MAX).expect("not too much");
        prop_assert_eq!(clean(&once.html, MAX), Ok(once));
    }

    #[test]
    fn what_is_written_passes_the_gate_as_it_is(dirty in pieces()) {
        let (written, _) = page::page(tokens::tokens(&dirty).expect("few"), MAX).expect("short");
        prop_assert_eq!(tags::GATE.clean(&written).to_string(), written);
    }

    #[test]
    fn all_words_that_are_kept_are_in_the_text(dirty in pieces()) {
        let kept = clean(&dirty, MAX).expect("not too much");
        let bare = ammonia::Builder::empty().clean(&kept.html).to_string();
        let bare = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
        prop_assert_eq!(letters(&kept.text), letters(&bare));
    }

    #[test]
    fn harmless_text_anywhere_leaves_its_neighbours(said in "[a-z<>&=;:!/ \\n-]{0,40}", quoted in "[a-z<>&=;:!/'` -]{0,40}") {
        for (hidden, around) in [
            (format!("<!-- {} -->", said.replace("--", "")), "One\nTwo"),
            (format!("<script>{}</script>", said.replace("</", "").replace("<!", "")), "One\nTwo"),
            (format!("<style>{}</style>", said.replace("</", "")), "One\nTwo"),
            (format!("<title>{}</title>", said.replace("</", "")), "One\nTwo"),
            (format!("<p title=\"{quoted}\">x</p>"), "One\nx\nTwo"),
            (format!("<i class=\"{quoted}\">x</i>"), "One\nx\nTwo"),
            (format!("<img alt=\"{quoted}\">"), "One\nTwo"),
        ] {
            prop_assert_eq!(text(&format!("<p>One</p>{hidden}<p>Two</p>")), around, "{}", hidden);
        }
    }

    #[test]
    fn text_survives_the_way_through_html(said in "[a-zA-Z<>&\"';]{0,80}( [a-zA-Z<>&\"';]{1,20}){0,3}") {
        prop_assert_eq!(text(&from_text(&said)), said.trim());
    }
}
