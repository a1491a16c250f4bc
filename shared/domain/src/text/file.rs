//! What a file may be called, and what it may be said to be.

use super::form::InvalidText;

/// The longest name of a file, in characters.
pub const MAX_FILE_NAME: usize = 255;

/// The name of a file: what follows the last slash of either kind, without
/// control characters, without those that turn the direction of writing (which
/// make `exe.txt` of `txt.exe`), with `_` for what some system can't write, and
/// without dots and spaces at its ends.
pub(super) fn name(text: &str) -> Result<String, InvalidText> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().filter(|c| !c.is_control() && !turns_direction(*c));
    let name: String = shown.map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if name.is_empty() {
        return Err(InvalidText::Empty);
    }
    if name.chars().nth(MAX_FILE_NAME).is_some() {
        return Err(InvalidText::TooLong(MAX_FILE_NAME));
    }
    Ok(name.to_owned())
}

/// The embeddings, overrides, isolates and marks of the bidirectional algorithm
/// (UAX #9), and the invisible ones beside them.
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `type/subtype` in lower case, each a restricted name (RFC 6838, section 4.2),
/// without parameters.
pub(super) fn media_type(text: &str) -> Result<String, InvalidText> {
    let media_type = text.trim().to_ascii_lowercase();
    let fits =
        media_type.split_once('/').is_some_and(|(kind, sub)| is_restricted_name(kind) && is_restricted_name(sub));
    if fits { Ok(media_type) } else { Err(InvalidText::Form("a media type such as image/png, without parameters")) }
}

fn is_restricted_name(name: &str) -> bool {
    (1..=127).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileName, MediaType};
    use proptest::prelude::*;

    fn name(text: &str) -> Result<String, InvalidText> {
        text.parse::<FileName>().map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_file_name_has_neither_folders_nor_tricks() {
        for (given, kept) in [
            ("report.pdf", "report.pdf"),
            ("C:\\Users\\ada\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            (" a\r\nb\u{202e}txt.exe ", "abtxt.exe"),
            ("what?<now>.txt", "what__now_.txt"),
            ("Übersicht 2026 (1).pdf", "Übersicht 2026 (1).pdf"),
            (".profile.", "profile"),
        ] {
            assert_eq!(name(given).as_deref(), Ok(kept), "{given:?}");
        }
        for empty in ["", "..", "a/", "\u{202e}", " . "] {
            assert_eq!(name(empty), Err(InvalidText::Empty), "{empty:?}");
        }
        assert!(name(&"é".repeat(255)).is_ok());
        assert_eq!(name(&"é".repeat(256)), Err(InvalidText::TooLong(255)));
    }

    #[test]
    fn a_media_type_is_two_names_in_lower_case() {
        let parse = |text: &str| text.parse::<MediaType>().map(|kind| kind.as_str().to_owned());
        assert_eq!(parse("Image/SVG+xml").as_deref(), Ok("image/svg+xml"));
        for bad in ["", "text", "text/", "/plain", "text/plain; charset=utf-8", "a/b/c", "text/pl ain", "a/\u{e9}"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_file_name_reads_back_as_it_was_kept(text in ".{0,300}") {
            if let Ok(kept) = name(&text) {
                prop_assert_eq!(name(&kept), Ok(kept.clone()));
                prop_assert!(!kept.contains(['/', '\\', '\n', '"']));
            }
        }
    }
}
