//! Text within HTML.

/// Writes text as HTML does (HTML, section 13.3, "escaping a string"), by runs: every
/// message that is shown goes through here.
pub(super) fn escape(text: &str, is_attribute: bool, html: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\u{a0}']) {
        let (plain, from) = rest.split_at(at);
        let special = from.chars().next().unwrap_or_default();
        html.push_str(plain);
        match special {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' if is_attribute => html.push_str("&quot;"),
            '\u{a0}' => html.push_str("&nbsp;"),
            other => html.push(other),
        }
        rest = from.get(special.len_utf8()..).unwrap_or_default();
    }
    html.push_str(rest);
}
