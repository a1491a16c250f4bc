//! Numbers of a document as they were written. The parser gives the nearest number that it
//! can hold, without a word: `18446744073709551616` becomes `18446744073709552000`.

use lambdesk_domain::custom_field::is_exact;

/// How many digits any number keeps (IEEE 754, binary64).
const ALWAYS_EXACT: usize = 15;
/// How many numbers are told of.
const NAMED: usize = 20;

/// The pointers (RFC 6901) to numbers of a well-formed document that would be read as other
/// numbers.
pub fn inexact(json: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
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
            b'-' | b'0'..=b'9' if !std::str::from_utf8(token).is_ok_and(is_exact) && found.len() < NAMED => {
                found.push(path.iter().map(PointerStep::pointer).collect());
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
                format!("/{}", name.replace('~', "~0").replace('/', "~1"))
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

    #[test]
    fn a_number_that_would_become_another_one_is_told_with_its_place() {
        let json = br#"{"a": "18446744073709551616", "b\"/~": [1, {"c": 18446744073709551616}, 0.1, 1e-400], "d": {}, "e": 0.12345678901234567890}"#;
        assert_eq!(inexact(json), ["/b\"~1~0/1/c", "/b\"~1~0/3", "/e"]);
        assert_eq!(inexact(b"18446744073709551617"), [""]);
    }

    #[test]
    fn numbers_that_are_kept_pass() {
        for json in [
            "[18446744073709551615, -9223372036854775808]",
            "[1e20, 1.50, 0.30000000000000004, 100000000000000000000]",
            "{\"e1\": 1}",
        ] {
            assert!(inexact(json.as_bytes()).is_empty(), "{json}");
        }
    }
}
