//! Folding: what makes no difference between a text and a query. Pure; characters in,
//! characters out.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// How symbols that stand for letters and digits are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// With what stands beside them: `H₂O` is `h2o`.
    Joined,
    /// By themselves: `AB²` is `ab` and `2`.
    Apart,
}

/// Folds a text: lower case in any script, compatibility forms as what they stand for
/// (NFKD), decimal digits of all scripts as 0 to 9, without diacritics where they only
/// mark a letter that people also write without, and without letters that can't be seen.
pub fn fold(text: &str, symbols: Symbols) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !is_unseen(*letter)) {
        if is_sign(letter) {
            folded.push(' ');
        } else if symbols == Symbols::Apart && is_symbol(letter) {
            folded.push(' ');
            push_folded(&mut folded, letter);
            folded.push(' ');
        } else {
            push_folded(&mut folded, letter);
        }
    }
    folded
}

/// Whether folding symbols apart makes any difference to a text.
pub fn has_symbols(text: &str) -> bool {
    text.chars().any(is_symbol)
}

/// Twice in lower case: decomposition brings forth capitals, and capitals bring forth
/// marks.
fn push_folded(folded: &mut String, letter: char) {
    if letter.is_ascii() {
        return folded.push(letter.to_ascii_lowercase());
    }
    let decomposed = letter.to_lowercase().nfkd().filter(|letter| !is_dropped(*letter) && !is_unseen(*letter));
    for letter in decomposed.flat_map(char::to_lowercase) {
        match plain(letter) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(digit(letter).unwrap_or(letter)),
        }
    }
}

/// Marks that people leave out: those of Latin, Greek, Cyrillic, Hebrew and Arabic
/// letters. Marks of other scripts are vowels, or tell one letter from another.
const fn is_dropped(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}'
        | '\u{6ea}'..='\u{6ed}' | '\u{8ca}'..='\u{8ff}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// What can't be seen or only stretches a word: soft hyphen, joiners, marks of direction
/// and of variants, the Arabic tatweel. Spaces without width part words in scripts that
/// are written without spaces, and stay.
const fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{180b}'..='\u{180f}' | '\u{200d}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Signs that say nothing of the word beside them.
const fn is_sign(letter: char) -> bool {
    matches!(letter, '™' | '®' | '©' | '℠' | '℗' | '№')
}

/// Raised, lowered, circled and squared letters and digits, fractions, units: what stands
/// for letters or digits without being one.
fn is_symbol(letter: char) -> bool {
    let is_letter = letter.is_alphabetic() && !matches!(letter, 'ª' | 'º' | 'ⁱ' | 'ⁿ' | '\u{2090}'..='\u{209c}');
    let is_plain = is_letter && !matches!(letter, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}');
    !letter.is_ascii()
        && !is_sign(letter)
        && !is_plain
        && digit(letter).is_none()
        && !matches!(letter, '\u{ff10}'..='\u{ff19}' | '\u{1d7ce}'..='\u{1d7ff}' | '\u{1fbf0}'..='\u{1fbf9}')
        && !is_combining_mark(letter)
        && std::iter::once(letter).nfkd().ne(std::iter::once(letter))
        && std::iter::once(letter).nfkd().any(char::is_alphanumeric)
}

/// Letters that people write as others, and that Unicode does not decompose.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        // The form of sigma at a word's end.
        'ς' => "σ",
        // Arabic letters as Persian and Urdu keyboards write them, and the forms of ya and
        // ta that only stand at a word's end.
        'ك' => "ک",
        'ي' | 'ى' => "ی",
        'ة' => "ه",
        _ => return None,
    })
}

/// The zeros of the decimal digits that NFKD leaves as they are (Unicode 16, category Nd):
/// nine more digits follow each.
const ZEROS: [u32; 59] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450,
    0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0,
    0x16b50, 0x1e140, 0x1e2f0, 0x1e950,
];

/// A decimal digit as the ASCII digit of the same value.
fn digit(letter: char) -> Option<char> {
    let code = u32::from(letter);
    let zero = ZEROS.get(ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?)?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(text in "\\PC{0,40}", cut: bool) {
            let symbols = if cut { Symbols::Apart } else { Symbols::Joined };
            let once = fold(&text, symbols);
            prop_assert_eq!(fold(&once, symbols), once);
        }
    }

    #[test]
    fn zeros_rise_so_that_a_digit_finds_its_own() {
        assert!(ZEROS.is_sorted());
        assert_eq!(['٧', '۷', '७', '๗', '໗', '၇', '៧'].map(digit), [Some('7'); 7]);
        assert_eq!(['x', '\u{65f}', '\u{66a}', '七'].map(digit), [None; 4]);
    }
}
