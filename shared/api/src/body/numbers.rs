//! Numbers of a document as they were written. The parser gives the nearest number that it
//! can hold, without a word: `18446744073709551616` becomes `18446744073709552000`.

use crate::checker::pointer_token;
use lambdesk_domain::custom_field::is_exact;

/// How many digits any number keeps (IEEE 754, binary64).
const ALWAYS_EXACT: usize = 15;
/// How many numbers are told of by their places.
const NAMED: usize = 20;

/// Numbers of a document that would be read as other numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InexactNumbers {
    /// The pointers (RFC 6901) to the first of them.
    pub pointers: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

/// The numbers of a well-formed document that would be read as other numbers.
pub fn inexact(json: &[u8]) -> InexactNumbers {
    let mut found = InexactNumbers::default();
    if !may_be_inexact(json) {
        return found;
    }
    let mut path: Vec<PointerStep> = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => string(rest),
            b'-' | b'0'..=b'9' => number(rest),
            _ => 1,
        };
        let (token, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        match first {
            b'{' => path.push(PointerStep::Member { name: None }),
            b'[' => path.push(PointerStep::Item { index: 0 }),
            b'}' | b']' => drop(path.pop()),
            b',' => path.iter_mut().next_back().into_iter().for_each(PointerStep::advance),
            b'"' => path.iter_mut().next_back().into_iter().for_each(|step| step.name(token)),
            b'-' | b'0'..=b'9' if !std::str::from_utf8(token).is_ok_and(is_exact) => {
                if found.pointers.len() < NAMED {
                    found.pointers.push(path.iter().map(PointerStep::pointer).collect());
                } else {
                    found.more += 1;
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether there are more digits in a row, or an exponent after one, than is always exact.
fn may_be_inexact(json: &[u8]) -> bool {
    let mut digits = 0;
    json.iter().any(|byte| match byte {
        b'0'..=b'9' => {
            digits += 1;
            digits > ALWAYS_EXACT
        }
        b'e' | b'E' => digits > 0,
        b'.' => false,
        _ => {
            digits = 0;
            false
        }
    })
}

/// One level of the way to a number.
enum PointerStep<'a> {
    /// A member of an object; its name as it was written, once it has been read.
    Member { name: Option<&'a [u8]> },
    /// An item of a list.
    Item { index: usize },
}

impl<'a> PointerStep<'a> {
    const fn advance(&mut self) {
        match self {
            Self::Member { name } => *name = None,
            Self::Item { index } => *index += 1,
        }
    }

    /// The first string of a member is its name.
    fn name(&mut self, token: &'a [u8]) {
        if let Self::Member { name: name @ None } = self {
            *name = Some(token);
        }
    }

    fn pointer(&self) -> String {
        match self {
            Self::Item { index } => format!("/{index}"),
            Self::Member { name } => {
                let name: String = serde_json::from_slice(name.unwrap_or_default()).unwrap_or_default();
                format!("/{}", pointer_token(&name))
            }
        }
    }
}

/// The length of the string that the text begins with, quotes and all.
fn string(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let inside = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    inside.map_or(text.len(), |inside| inside + 2)
}

fn number(text: &[u8]) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_passes_is_read_and_written_with_the_digits_that_it_had(digits in "[1-9][0-9]{14,16}", point in 0..17_usize, exponent in -40..40_i32) {
            let (whole, fraction) = digits.split_at(point.clamp(1, digits.len() - 1));
            let fraction = fraction.trim_end_matches('0');
            let literal = format!("{whole}.{}e{exponent}", if fraction.is_empty() { "0" } else { fraction });
            if inexact(literal.as_bytes()).pointers.is_empty() {
                let read: serde_json::Value = serde_json::from_str(&literal).expect("a number");
                let written = read.to_string();
                prop_assert_eq!(literal.parse::<f64>(), written.parse::<f64>(), "{} became {}", literal, written);
            }
        }

        #[test]
        fn every_number_that_a_program_writes_shortest_passes_and_stays_itself(number in proptest::num::f64::NORMAL) {
            let literal = format!("{number:e}");
            prop_assert!(inexact(literal.as_bytes()).pointers.is_empty(), "{}", literal);
            let read: serde_json::Value = serde_json::from_str(&literal).expect("a number");
            prop_assert_eq!(read.as_f64(), Some(number));
        }
    }

    #[test]
    fn of_many_the_first_are_named_and_the_others_counted() {
        let many = format!("[{}]", vec!["1e400"; 23].join(","));
        let found = inexact(many.as_bytes());
        assert_eq!((found.pointers.len(), found.pointers.last().map(String::as_str), found.more), (20, Some("/19"), 3));
    }

    #[test]
    fn a_number_that_would_become_another_one_is_told_with_its_place() {
        let json = br#"{"a": "18446744073709551616", "b\"/~": [1, {"c": 18446744073709551616}, 0.1, 1e-400], "d": {}, "e": 0.12345678901234567890}"#;
        assert_eq!(inexact(json).pointers, ["/b\"~1~0/1/c", "/b\"~1~0/3", "/e"]);
        assert_eq!(inexact(b"18446744073709551617").pointers, [""]);
    }

    #[test]
    fn numbers_that_are_kept_pass() {
        for json in [
            "[18446744073709551615, -9223372036854775808]",
            "[1e20, 1.50, 0.30000000000000004, 100000000000000000000]",
            "{\"e1\": 1}",
        ] {
            assert_eq!(inexact(json.as_bytes()), InexactNumbers::default(), "{json}");
        }
    }
}
