//! Budgets: what one request may read, write and answer, and how large what it stores may
//! be. The figures, and where they come from; they are held where an answer, a page or an
//! item is built, so that no handler can forget them.
//!
//! | figure | held by |
//! |---|---|
//! | [`ANSWER_BYTES`], [`VISITOR_ANSWER_BYTES`] | every list as it is written, the thread of a ticket, the export of a person |
//! | [`READ_UNITS`] | the pages of threads, lists and the feed, the parts of an export |
//! | [`TICKET_BYTES`] | the decision that makes or changes a ticket |
//! | [`REMEMBERED_BYTES`] | the record of an answer under an `Idempotency-Key` |
//! | [`WRITE_UNITS`] | follows from the sizes above and from those of a message; `make bench` shows it |

/// The largest answer of a Lambda in bytes, as the runtime hands it over: 6 MiB and 100
/// bytes (AWS Lambda, "quotas": payload of a synchronous invocation). Our JSON is in it as
/// a string, so it is escaped once more.
pub const LAMBDA_ANSWER_BYTES: usize = 6_291_556;

/// The most bytes of a body after its second escaping. What is left of
/// [`LAMBDA_ANSWER_BYTES`] is for headers, cursors and what stands around a list.
pub const ANSWER_BYTES: usize = 5_500_000;

/// The same for what is answered to a visitor, whom nobody knows; but for one message that is
/// longer by itself, which is shown whole.
pub const VISITOR_ANSWER_BYTES: usize = 300_000;

/// The most read units of one request (4 KB each as it is now, 8 KB as it was a moment
/// ago: Amazon `DynamoDB`, "read/write capacity").
pub const READ_UNITS: f64 = 60.0;

/// The most write units of one request: 1 KB each, and twice as many in a transaction.
pub const WRITE_UNITS: f64 = 150.0;

/// The most bytes of all that people wrote on a ticket itself: subject, summary, values of
/// custom fields, who asks and for whom. With ids, times and index keys beside them, a ticket
/// item has about 8 KB, one unit of a list and of the indexes. What a program gives beside
/// that (ids of other systems, links, tags) has limits of its own, so no item is beyond
/// 12 KB.
pub const TICKET_BYTES: usize = 6_500;

/// How deep page numbers reach, in rows; cursors reach everything.
pub const DEEPEST: usize = 1_000;

/// The most bytes of an item that remembers an answer: one unit.
pub const REMEMBERED_BYTES: usize = 1_024;

/// How long a text becomes inside a string of JSON. Quotes, backslashes and the usual
/// control characters take two bytes, other control characters six; what is beyond ASCII
/// stands for itself.
#[must_use]
pub fn escaped_len(text: &[u8]) -> usize {
    let escape = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + text.iter().map(escape).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_is_as_long_as_json_makes_it(text in "[\u{0}-\u{7f}é字😀]{0,80}") {
            let json = serde_json::to_string(&text).expect("a text");
            prop_assert_eq!(escaped_len(text.as_bytes()) + 2, json.len());
        }
    }
}
