//! Strict query strings: every parameter is taken by somebody, or the request is refused.

use crate::problem::{FieldError, Problem};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use percent_encoding::percent_decode_str;
use std::fmt;

/// The longest query string that is read: 8 KiB.
pub const MAX_QUERY_BYTES: usize = 8 * 1024;
/// The most `name=value` pairs in it.
pub const MAX_PAIRS: usize = 100;
/// How many unknown parameters are named, and how many characters of each.
const NAMED_UNKNOWN: usize = 20;
const NAME_CHARACTERS: usize = 64;

/// The parameters that nobody has taken yet, and what was wrong with those that were.
///
/// `status=a&status=b`, `status[]=a` and `status=a,b` say the same. Take every
/// parameter, then call [`finish`](Self::finish).
#[derive(Debug, Clone, Default)]
pub struct QueryParameters {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl QueryParameters {
    /// Reads a query string (without the `?`) as browsers write it: `+` and `%20` are spaces.
    ///
    /// # Errors
    /// 400 beyond [`MAX_QUERY_BYTES`] and [`MAX_PAIRS`], for a broken `%` escape
    /// and for what is not UTF-8.
    pub fn parse(query: &str) -> Result<Self, Problem> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(Problem::malformed(format!("the query string must have at most {MAX_QUERY_BYTES} bytes")));
        }
        let raw: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        if raw.len() > MAX_PAIRS {
            return Err(Problem::malformed(format!("the query string must have at most {MAX_PAIRS} parameters")));
        }
        let pairs = raw.into_iter().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?;
            Ok((name.strip_suffix("[]").map(str::to_owned).unwrap_or(name), decode(value)?))
        });
        Ok(Self { pairs: pairs.collect::<Result<_, Problem>>()?, errors: Vec::new() })
    }

    /// All values of a parameter: repeated, with `[]`, or separated by commas. Empty when it is not there.
    pub fn values(&mut self, name: &str) -> Vec<String> {
        self.values_but(name, |_| false)
    }

    /// As [`values`](Self::values), but what is one value as it stands is not cut at its commas.
    pub fn values_but(&mut self, name: &str, is_one: impl Fn(&str) -> bool) -> Vec<String> {
        let values = self.take(name);
        let values = values.iter().map(|value| value.trim());
        let values: Vec<String> = values
            .flat_map(|value| if is_one(value) { vec![value] } else { value.split(',').map(str::trim).collect() })
            .map(str::to_owned)
            .collect();
        if values.iter().any(String::is_empty) {
            self.error(name, "empty", "must not be empty");
        }
        values.into_iter().filter(|value| !value.is_empty()).collect()
    }

    /// All values of a parameter, each read by `parse`, whose error must not hold the value.
    pub fn parsed_values<T, E: fmt::Display>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
        let values = self.values(name);
        values.iter().filter_map(|value| self.read(name, value, &parse)).collect()
    }

    /// The one value of a parameter, commas and all.
    pub fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.take(name);
        let value = values.pop()?;
        if !values.is_empty() {
            self.error(name, "repeated", "must be given once");
            return None;
        }
        if value.is_empty() {
            self.error(name, "empty", "must not be empty");
            return None;
        }
        Some(value)
    }

    /// The one value of a parameter, read by `parse`, whose error must not hold the value.
    pub fn parsed<T, E: fmt::Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let value = self.one(name)?;
        self.read(name, &value, parse)
    }

    /// `true`, `false`, `1` or `0`; none when it is not there.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, |value| match value {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("expected true or false"),
        })
    }

    /// The values of a parameter as they were given. They are still to be taken.
    pub fn given(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What follows `prefix` in the names of the parameters that begin with it, each
    /// once, in the order in which they first occur. They are still to be taken.
    pub fn with_prefix(&self, prefix: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for name in self.pairs.iter().filter_map(|(name, _)| name.strip_prefix(prefix)) {
            if !found.iter().any(|found| found == name) {
                found.push(name.to_owned());
            }
        }
        found
    }

    /// Something wrong with a parameter.
    pub fn error(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        let name: String = name.chars().take(NAME_CHARACTERS).collect();
        self.errors.push(FieldError::new(format!("?{name}"), code, detail));
    }

    /// Refuses what nobody has taken.
    ///
    /// # Errors
    /// 400 naming every unknown and every bad parameter.
    pub fn finish(mut self) -> Result<(), Problem> {
        let mut unknown: Vec<String> = std::mem::take(&mut self.pairs).into_iter().map(|(name, _)| name).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for name in unknown.into_iter().take(NAMED_UNKNOWN) {
            self.error(&name, "unknown_parameter", "there is no such parameter here");
        }
        if self.errors.is_empty() {
            return Ok(());
        }
        let detail = "the query string has unknown or bad parameters";
        Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail).with_errors(self.errors))
    }

    fn take(&mut self, name: &str) -> Vec<String> {
        self.pairs.extract_if(.., |(key, _)| key == name).map(|(_, value)| value).collect()
    }

    fn read<T, E: fmt::Display>(
        &mut self,
        name: &str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(value).map_err(|error| self.error(name, "invalid", error.to_string())).ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// One name or value of `application/x-www-form-urlencoded`, strictly.
fn decode(text: &str) -> Result<String, Problem> {
    let is_whole = text.split('%').skip(1).all(|after| {
        after.as_bytes().first_chunk::<2>().is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !is_whole {
        return Err(Problem::malformed("the query string has a broken % escape"));
    }
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| Problem::malformed("the query string is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(text: &str) -> QueryParameters {
        QueryParameters::parse(text).expect("a query")
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused_as_a_bad_request(text in "[a-c=&%+,\\[\\]0-9A-F.é]{0,60}") {
            match QueryParameters::parse(&text) {
                Ok(mut query) => {
                    query.values("a");
                    query.one("b");
                    query.flag("c");
                    query.with_prefix("a");
                    if let Err(problem) = query.finish() {
                        prop_assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
                        prop_assert!(!problem.errors().is_empty());
                    }
                }
                Err(problem) => prop_assert_eq!(problem.status(), StatusCode::BAD_REQUEST),
            }
        }

        #[test]
        fn what_is_encoded_reads_back(value in "[^,]+") {
            let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            prop_assert_eq!(query(&format!("q={encoded}")).one("q"), Some(value));
        }
    }

    #[test]
    fn repeated_bracketed_and_comma_separated_values_say_the_same() {
        for text in ["s=a&s=b", "s[]=a&s%5B%5D=b", "s=a,b", "s=a%2Cb", "s=a&x=1&s[]=b"] {
            assert_eq!(query(text).values("s"), ["a", "b"], "{text}");
        }
        assert!(query("").values("s").is_empty());
    }

    #[test]
    fn what_nobody_takes_is_named() {
        let mut query = query("limit=5&colour=red&colour=blue&x");
        assert_eq!(query.parsed("limit", str::parse::<u8>), Some(5));
        let problem = query.finish().expect_err("unknown parameters");
        let told: Vec<_> = problem.errors().iter().map(|error| (error.pointer.as_str(), error.code())).collect();
        assert_eq!(told, [("?colour", "unknown_parameter"), ("?x", "unknown_parameter")]);
    }

    #[test]
    fn all_bad_parameters_are_told_at_once() {
        let mut query = query("limit=x&with_total=yes&cursor=a&cursor=b&q=&status=open,");
        assert_eq!(query.parsed("limit", |_| Err::<(), _>("expected 1 to 100")), None);
        assert_eq!((query.flag("with_total"), query.one("cursor"), query.one("q")), (None, None, None));
        assert_eq!(query.values("status"), ["open"]);
        let problem = query.finish().expect_err("bad parameters");
        let codes: Vec<_> = problem.errors().iter().map(|error| (error.pointer.as_str(), error.code())).collect();
        let expected = [
            ("?limit", "invalid"),
            ("?with_total", "invalid"),
            ("?cursor", "repeated"),
            ("?q", "empty"),
            ("?status", "empty"),
        ];
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_text_keeps_its_commas_and_spaces() {
        assert_eq!(query("q=hello,+world%21").one("q").as_deref(), Some("hello, world!"));
    }

    #[test]
    fn flags_are_words_or_digits() {
        let mut query = query("a=true&b=0");
        assert_eq!((query.flag("a"), query.flag("b"), query.flag("c")), (Some(true), Some(false), None));
        assert!(query.finish().is_ok());
    }

    #[test]
    fn parameters_with_a_prefix_are_named_once_and_still_to_be_taken() {
        let mut query = query("custom.plan=gold&q=1&custom.size=s,m&custom.plan=blue");
        assert_eq!(query.with_prefix("custom."), ["plan", "size"]);
        assert_eq!(query.values("custom.plan"), ["gold", "blue"]);
        assert_eq!(query.one("q").as_deref(), Some("1"));
        assert_eq!(query.clone().finish().expect_err("one is left").errors().len(), 1);
        assert_eq!(query.values("custom.size"), ["s", "m"]);
        assert!(query.finish().is_ok());
    }

    #[test]
    fn one_value_is_not_cut_at_its_commas() {
        let mut query = query("tag=red,%20dark&tag=red,%20dark,blue");
        assert_eq!(query.values_but("tag", |value| value == "red, dark"), ["red, dark", "red", "dark", "blue"]);
    }

    #[test]
    fn too_long_too_many_and_undecodable_are_bad_requests() {
        let long = format!("q={}", "x".repeat(MAX_QUERY_BYTES));
        let many = "a=1&".repeat(MAX_PAIRS + 1);
        for text in [long.as_str(), &many, "q=%ff", "q=%e2%82", "q=%", "q=%zz", "%c3=1", "q=%+1"] {
            let problem = QueryParameters::parse(text).expect_err(text);
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
        }
        assert!(QueryParameters::parse(&"a=1&".repeat(MAX_PAIRS)).is_ok());
    }
}
