//! Line ends, of which there is one form here.

use std::borrow::Cow;

/// Whether a line ends here on some system: the mandatory breaks of Unicode's annex 14,
/// and the separators of old files.
#[must_use]
pub const fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text with `\n` for every line end.
#[must_use]
pub fn line_ends(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_line_end(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if is_line_end(c) { '\n' } else { c }).collect())
}

/// The same without control characters but line ends and tabs: the others show nothing and
/// grow six times in JSON.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    line_ends(text).chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_one_way_whatever_system_wrote_them() {
        for end in ["\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(line_ends(&format!("one{end}two")), "one\ntwo", "{end:?}");
        }
        assert_eq!(line_ends("one\n\r\n\rtwo"), "one\n\n\ntwo");
    }
}
