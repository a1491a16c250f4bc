//! Versions on the wire: `ETag` out, `If-Match` and `If-None-Match` in (RFC 9110 sections
//! 8.8.3, 13.1.1 and 13.1.2).

pub use crate::etag::etag;

use crate::problem::Problem;
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use lambdesk_domain::id::{Version, VersionSet};

/// The most tags that a condition names. A condition of the table takes 100 operands.
const MOST_TAGS: usize = 100;

/// The versions one of which the caller has seen; none without `If-Match`, and for `*`,
/// which any version matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(pub Option<VersionSet>);

impl IfMatch {
    /// Reads the header's lines. The comparison is strong: a weak tag matches nothing, nor
    /// does one that we never gave out.
    ///
    /// # Errors
    /// 400 `invalid_if_match` for what is no list of entity tags.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let asked = EntityTags::of(headers, &IF_MATCH).map_err(|Malformed| invalid(&IF_MATCH))?;
        Ok(Self(match asked {
            None | Some(EntityTags::Any) => None,
            Some(EntityTags::These(tags)) => Some(tags.iter().filter_map(EntityTag::version).collect()),
        }))
    }
}

/// Whether the caller of a read has what would be answered: one of the tags of
/// `If-None-Match` is the answer's, by the weak comparison. What can't be read as such a
/// list is left out of account, as RFC 9110 has it for reads.
pub fn is_held(headers: &HeaderMap, answered: &HeaderValue) -> bool {
    let answered = answered.to_str().unwrap_or_default();
    match EntityTags::of(headers, &IF_NONE_MATCH) {
        Ok(Some(EntityTags::Any)) => true,
        Ok(Some(EntityTags::These(tags))) => tags.iter().any(|tag| tag.quoted == answered),
        Ok(None) | Err(Malformed) => false,
    }
}

/// Refuses `If-None-Match` on a write, where it would say that the thing must not be there:
/// every write here is of what is there, or makes what has no name yet.
///
/// # Errors
/// 400 `invalid_if_none_match`.
pub fn require_no_if_none_match(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(IF_NONE_MATCH) { Err(invalid(&IF_NONE_MATCH)) } else { Ok(()) }
}

fn invalid(header: &HeaderName) -> Problem {
    let (code, detail) = if header == IF_MATCH {
        ("invalid_if_match", "If-Match takes ETags as they were answered, such as \"3\" or \"3\", \"4\", or *")
    } else {
        ("invalid_if_none_match", "If-None-Match is for reads; a write takes If-Match")
    };
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

/// A header that is no list of entity tags.
struct Malformed;

/// What a condition names.
enum EntityTags<'a> {
    Any,
    These(Vec<EntityTag<'a>>),
}

/// `W/"…"` or `"…"`.
struct EntityTag<'a> {
    is_weak: bool,
    /// With its quotes.
    quoted: &'a str,
}

impl<'a> EntityTags<'a> {
    /// Of all lines of the header together, as RFC 9110 section 5.3 joins them.
    fn of(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Self>, Malformed> {
        let mut lines = headers.get_all(name).iter().peekable();
        if lines.peek().is_none() {
            return Ok(None);
        }
        let mut tags = Vec::new();
        let mut is_any = false;
        for line in lines {
            let mut rest = line.to_str().map_err(|_| Malformed)?.trim_matches([' ', '\t', ',']);
            if rest == "*" {
                is_any = true;
                continue;
            }
            while !rest.is_empty() {
                let (tag, after) = EntityTag::first(rest).ok_or(Malformed)?;
                tags.push(tag);
                let next = after.trim_start_matches([' ', '\t']);
                rest = next.trim_start_matches([' ', '\t', ',']);
                if !next.is_empty() && !next.starts_with(',') {
                    return Err(Malformed);
                }
            }
        }
        match (is_any, tags.len()) {
            (true, 0) => Ok(Some(Self::Any)),
            (false, 1..=MOST_TAGS) => Ok(Some(Self::These(tags))),
            _ => Err(Malformed),
        }
    }
}

impl<'a> EntityTag<'a> {
    /// The tag that the text begins with, and what follows.
    fn first(text: &'a str) -> Option<(Self, &'a str)> {
        let (is_weak, quoted) = match text.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let length = quoted.strip_prefix('"')?.find('"')? + 2;
        let (quoted, rest) = quoted.split_at_checked(length)?;
        // The letters of a tag: all that can be seen but the quote.
        let is_tag = quoted.bytes().all(|byte| byte.is_ascii_graphic());
        is_tag.then_some((Self { is_weak, quoted }, rest))
    }

    /// The version that it names: one spelling each, and none so high that counting on would
    /// overflow.
    fn version(&self) -> Option<Version> {
        let digits = self.quoted.trim_matches('"');
        let version = digits.parse().ok().filter(|version| i64::try_from(*version).is_ok()).map(Version)?;
        (!self.is_weak && version.to_string() == digits).then_some(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(name: &HeaderName, lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::try_from(*line).expect("a header value"))).collect()
    }

    /// None where any version matches.
    fn parse(lines: &[&str]) -> Result<Option<Vec<u64>>, u16> {
        let read = IfMatch::of(&headers(&IF_MATCH, lines)).map_err(|problem| problem.status().as_u16())?;
        Ok(read.0.map(|versions| versions.iter().map(|version| version.0).collect()))
    }

    proptest! {
        #[test]
        fn a_tag_reads_back_as_its_version(version in 0..=i64::MAX as u64) {
            let tag = etag(Version(version));
            prop_assert_eq!(parse(&[tag.to_str().expect("ASCII")]), Ok(Some(vec![version])));
        }

        #[test]
        fn any_header_is_read_or_refused(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let map = HeaderMap::from_iter([(IF_MATCH, value.clone()), (IF_NONE_MATCH, value)]);
                if let Err(problem) = IfMatch::of(&map) {
                    prop_assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
                }
                is_held(&map, &etag(Version(1)));
            }
        }
    }

    #[test]
    fn strong_tags_of_ours_are_versions_and_others_match_nothing() {
        for (lines, versions) in [
            (&["\"3\""][..], &[3_u64][..]),
            (&["\"4\", \"3\" ,\"4\""], &[3, 4]),
            (&["\"3\"", "\"5\""], &[3, 5]),
            (&[", \"3\",,"], &[3]),
            (&["W/\"3\", \"4\""], &[4]),
            (&["W/\"3\""], &[]),
            (&["\"a,b\", \"4\""], &[4]),
            (&["\"03\""], &[]),
            (&["\"+3\""], &[]),
            (&["\"\""], &[]),
            (&["\"18446744073709551615\""], &[]),
        ] {
            assert_eq!(parse(lines), Ok(Some(versions.to_vec())), "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        let many = vec!["\"1\""; MOST_TAGS + 1].join(",");
        for lines in [
            &["3"][..],
            &[""],
            &[","],
            &["\""],
            &["\"3\" \"4\""],
            &["w/\"3\""],
            &["\"3\", *"],
            &["*", "\"3\""],
            &[&many],
        ] {
            assert_eq!(parse(lines), Err(400), "{lines:?}");
        }
    }

    #[test]
    fn a_star_asks_for_no_version() {
        assert_eq!((parse(&["*"]), parse(&[])), (Ok(None), Ok(None)));
    }

    #[test]
    fn a_read_is_held_by_whoever_has_one_of_its_tags() {
        let answered = etag(Version(3));
        for (lines, expected) in [
            (&["\"3\""][..], true),
            (&["W/\"3\""], true),
            (&["\"2\", W/\"3\""], true),
            (&["*"], true),
            (&["\"2\""], false),
            (&["3"], false),
            (&[], false),
        ] {
            assert_eq!(is_held(&headers(&IF_NONE_MATCH, lines), &answered), expected, "{lines:?}");
        }
    }
}
