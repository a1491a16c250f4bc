//! What of a text is seen: letters that show nothing, and those that turn others around.

use super::lines::is_line_end;
use std::borrow::Cow;

/// Whether a letter shows nothing by itself: Unicode's default ignorable code points
/// (`DerivedCoreProperties.txt`), and the fillers that have no ink.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a letter looks like a space: white space, and letters without ink that take
/// the room of one.
pub(super) const fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Whether nobody would see anything of a text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| is_gap(c) || is_invisible(c))
}

/// The marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// The text without what turns the direction of writing, beyond its own end too where it
/// is shown beside others: letters know their direction by themselves.
pub(super) fn upright(text: &str) -> Cow<'_, str> {
    if text.contains(turns_direction) { Cow::Owned(text.replace(turns_direction, "")) } else { Cow::Borrowed(text) }
}

/// The text as it looks: nothing invisible, and one space for any number of any kind.
/// Line ends and other controls stay, for whoever refuses them.
pub(super) fn as_it_looks(text: &str) -> String {
    spaced(text.chars().filter(|c| !is_invisible(*c)), text.len())
}

/// As [`as_it_looks`], but with what gives letters another shape: joiners and variants
/// where the script knows them, and the tags of flags.
pub(super) fn as_it_is_written(text: &str) -> String {
    let mut letters = text.chars().peekable();
    let mut before = None;
    let kept = std::iter::from_fn(|| {
        loop {
            let letter = letters.next()?;
            if !is_invisible(letter) || before.is_some_and(|before| shapes(letter, before, letters.peek().copied())) {
                before = Some(letter);
                return before;
            }
        }
    });
    spaced(kept, text.len())
}

/// Whether an invisible letter makes a difference between these two.
fn shapes(letter: char, before: char, after: Option<char>) -> bool {
    match letter {
        // Joiners: in scripts from Hebrew on, and between emoji.
        '\u{200c}' | '\u{200d}' => {
            has_shapes(before) && after.is_some_and(|after| has_shapes(after) && !is_gap(after) && !is_invisible(after))
        }
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{e0100}'..='\u{e01ef}' => has_shapes(before),
        '\u{fe00}'..='\u{fe0f}' => has_shapes(before) || matches!(before, '0'..='9' | '#' | '*' | '©' | '®'),
        '\u{e0020}'..='\u{e007f}' => matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'),
        _ => false,
    }
}

/// Latin, Greek, Cyrillic and Armenian letters have one shape.
const fn has_shapes(c: char) -> bool {
    c as u32 >= 0x590 && !is_gap(c) && !matches!(c, '\u{1e00}'..='\u{1fff}' | '\u{200c}' | '\u{200d}')
}

fn spaced(letters: impl Iterator<Item = char>, length: usize) -> String {
    let mut shown = String::with_capacity(length);
    for letter in letters {
        if !is_gap(letter) || letter.is_control() || is_line_end(letter) {
            shown.push(letter);
        } else if !shown.ends_with(' ') {
            shown.push(' ');
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_shows_nothing_is_blank() {
        for nothing in
            ["", " \n", "\u{200b}", "\u{3164}", "\u{2800}", "\u{e0041}", "\u{115f}\u{1160}", "\u{a0}\u{ffa0}"]
        {
            assert!(is_blank(nothing), "{nothing:?}");
        }
        assert!(!is_blank("\u{3164}x") && !is_blank("😀") && !is_blank("."));
    }

    #[test]
    fn letters_keep_their_shape_and_lose_what_shows_nothing() {
        for (given, kept) in [
            ("v\u{ad}i\u{200b}p\u{200d}", "vip"),
            ("v\u{200c}\u{200d}\u{fe0f}\u{e0041}ip", "vip"),
            ("red\u{a0}\u{2003}hot\u{3164}", "red hot "),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}💻 ❤\u{fe0f} 1\u{fe0f}\u{20e3}", "👩\u{200d}💻 ❤\u{fe0f} 1\u{fe0f}\u{20e3}"),
            ("🏴\u{e0067}\u{e0062}\u{e007f}x\u{e0067}", "🏴\u{e0067}\u{e0062}\u{e007f}x"),
            ("ש\u{202e}ל\u{200f}", "של"),
        ] {
            assert_eq!(as_it_is_written(given), kept, "{given:?}");
        }
        assert_eq!(as_it_looks("می\u{200c}خواهم"), "میخواهم");
        assert_eq!(upright("a\u{202e}b\u{2066}c\u{200d}"), "abc\u{200d}");
    }

    proptest! {
        #[test]
        fn what_is_kept_once_is_kept_again(text in "[a-z ا-ي\u{a0}\u{ad}\u{200b}-\u{200f}\u{202e}\u{2028}\u{3164}\u{fe0f}\u{1f3f4}❤\u{e0067}\u{e007f}]{0,20}") {
            let once = as_it_is_written(&text);
            prop_assert_eq!(as_it_is_written(&once), once.clone());
            prop_assert_eq!(as_it_looks(&once), as_it_looks(&text));
        }
    }
}
