//! How much room an answer has: in bytes after the second escaping, as Lambda counts them
//! ([`budget`]). Whatever holds a list takes its rows from here.

use crate::page::USUAL_BODY;
use lambdesk_domain::budget::{self, escaped_len};
use serde::Serialize;
use std::io;

/// How long a character can become by both escapings: a control character is `\u0001`, and
/// its backslash is escaped once more.
const WORST: usize = 7;
/// What stands around the texts of a message: names, ids, times.
const AROUND_TEXTS: usize = 8_000;

/// The room of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    left: usize,
}

impl Room {
    /// Of any caller's answer.
    pub const ANSWER: Self = Self { left: budget::ANSWER_BYTES };
    /// Of a visitor's.
    pub const VISITOR: Self = Self { left: budget::VISITOR_ANSWER_BYTES };
    /// Of what a visitor's answer holds twice, beside the rest.
    pub const HALF_OF_VISITOR: Self = Self { left: budget::VISITOR_ANSWER_BYTES / 2 - AROUND_TEXTS };

    /// Whether there is room for a part.
    #[must_use]
    pub fn holds(self, part: &impl Serialize) -> bool {
        length(part) <= self.left
    }

    /// Takes a part, if there is room for it.
    #[must_use]
    pub fn take(&mut self, part: &impl Serialize) -> bool {
        let left = self.left.checked_sub(length(part));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Leaves out the first of some parts, the oldest, as far as there is no room for them
    /// beside those after them, but for the last one; says whether it did. `characters`
    /// tells how long the texts of a part are, so that nearly always nobody needs to look.
    pub fn leave_out_oldest<T: Serialize>(mut self, parts: &mut Vec<T>, characters: impl Fn(&T) -> usize) -> bool {
        let bound = |part: &T| characters(part).saturating_mul(WORST).saturating_add(AROUND_TEXTS);
        if parts.iter().map(bound).fold(0, usize::saturating_add) <= self.left {
            return false;
        }
        let fitting = parts.iter().rev().take_while(|part| self.take(part)).count().max(1);
        let oldest = parts.len().saturating_sub(fitting);
        parts.drain(..oldest);
        oldest > 0
    }

    /// The rows of a list as JSON, as many of them as there is room for, but at least one:
    /// the first ones, or where it is read backwards the last ones.
    ///
    /// # Errors
    /// When a row can't be written as JSON.
    pub(crate) fn rows<T: Serialize>(
        self,
        rows: impl Iterator<Item = T>,
        is_backward: bool,
    ) -> serde_json::Result<Rows> {
        let (mut json, mut ends) = (Vec::with_capacity(USUAL_BODY), Vec::new());
        let (mut counted, mut length) = (0, 0);
        for row in rows {
            if !json.is_empty() {
                json.push(b',');
            }
            serde_json::to_writer(&mut json, &row)?;
            ends.push(json.len());
            if !is_backward && !self.surely_fits(&json) {
                length += escaped_len(json.get(counted..).unwrap_or_default());
                counted = json.len();
                // One row more than are kept is enough to know, and one row is kept always.
                if length > self.left && ends.len() > 1 {
                    break;
                }
            }
        }
        let count = ends.len();
        if self.surely_fits(&json) {
            return Ok(Rows { json, kept: 0..count, is_cut: false });
        }
        let starts: Vec<_> = std::iter::once(0).chain(ends.iter().map(|end| end + 1)).take(count).collect();
        let lengths = starts.iter().zip(&ends).map(|(start, end)| json.get(*start..*end).map_or(0, escaped_len));
        let lengths: Vec<_> = lengths.collect();
        let kept = if is_backward {
            count - self.fitting(lengths.into_iter().rev())..count
        } else {
            0..self.fitting(lengths.into_iter())
        };
        json.truncate(kept.end.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or_default());
        json.drain(..starts.get(kept.start).copied().unwrap_or_default());
        Ok(Rows { json, is_cut: kept.len() < count, kept })
    }

    /// How many rows of these lengths fit, with commas between them; at least one.
    fn fitting(self, lengths: impl Iterator<Item = usize>) -> usize {
        let mut sum = 0_usize;
        let mut fits = |at: usize, length: usize| {
            sum = sum.saturating_add(length + usize::from(at > 0));
            at == 0 || sum <= self.left
        };
        lengths.enumerate().take_while(|(at, length)| fits(*at, *length)).count()
    }

    /// JSON can at most double when it is escaped once more.
    const fn surely_fits(self, json: &[u8]) -> bool {
        json.len() <= self.left / 2
    }
}

/// The rows of a list that fit into an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Their JSON, with commas between them.
    pub json: Vec<u8>,
    /// Which of the rows they are.
    pub kept: std::ops::Range<usize>,
    /// Some are left out.
    pub is_cut: bool,
}

/// How many bytes of an answer something takes.
fn length(part: &impl Serialize) -> usize {
    let mut counted = Counted(0);
    // What can't be written as JSON has no room.
    serde_json::to_writer(&mut counted, part).map_or(usize::MAX, |()| counted.0)
}

/// Counts bytes as they are after the second escaping.
struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += escaped_len(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_many_rows_are_kept_as_fit_from_the_end_where_the_page_begins(
            rows in prop::collection::vec("[\u{1}\"\\\\a-c😀]{0,30}", 0..12), left in 0_usize..300, is_backward: bool,
        ) {
            let Rows { json, kept, is_cut } = Room { left }.rows(rows.iter(), is_backward).expect("texts");
            let of = |some: &[String]| {
                let json = serde_json::to_string(some).expect("texts");
                json[1..json.len() - 1].to_owned()
            };
            let text = String::from_utf8(json).expect("JSON");
            prop_assert_eq!(&text, &of(&rows[kept.clone()]));
            prop_assert!(kept.len() <= 1 || escaped_len(text.as_bytes()) <= left);
            prop_assert_eq!(is_cut, kept.len() < rows.len());
            prop_assert!(kept.len() >= rows.len().min(1));
            if is_cut {
                let more = if is_backward { &rows[kept.start - 1..] } else { &rows[..=kept.end] };
                prop_assert!(escaped_len(of(more).as_bytes()) > left);
            }
            prop_assert_eq!(if is_backward { kept.end } else { rows.len() - kept.start }, rows.len());
        }

        #[test]
        fn the_newest_parts_stay_that_fit(texts in prop::collection::vec("[\u{1}\"a-c😀]{0,30}", 0..9), left in 0_usize..400) {
            let mut kept = texts.clone();
            let is_less = Room { left }.leave_out_oldest(&mut kept, |_| 100);
            prop_assert!(texts.ends_with(&kept) && is_less == (kept.len() < texts.len()));
            let length = |texts: &[String]| texts.iter().map(length).sum::<usize>();
            prop_assert!(kept.len() <= 1 || length(&kept) <= left);
            prop_assert!(!is_less || length(&texts[texts.len() - kept.len() - 1..]) > left);
        }

        #[test]
        fn a_part_is_taken_that_fits(text in "[\u{1}-\u{7f}😀]{0,60}") {
            let json = serde_json::to_string(&text).expect("a text");
            let length = escaped_len(json.as_bytes());
            prop_assert!(length <= text.len() * WORST + 4);
            let (mut enough, mut short) = (Room { left: length }, Room { left: length - 1 });
            prop_assert!(enough.take(&text) && enough.left == 0 && !short.take(&text));
        }
    }
}
