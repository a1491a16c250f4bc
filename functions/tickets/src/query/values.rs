//! The values of one filter: from a parameter, each once, at most 50.

use lambdesk_api::query::QueryParameters;
use lambdesk_domain::id::{InvalidId, TeamId, UserId};
use lambdesk_store_lists::{OneOf, Period};
use std::fmt;

/// The most values of one filter: the table takes expressions of 4 KB.
pub const MOST_VALUES: usize = 50;
pub const TOO_MANY: &str = "expected at most 50 values";

/// The values of a parameter, each once.
pub fn values<T: PartialEq, E: fmt::Display>(
    query: &mut QueryParameters,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let values = query.parsed_values(name, parse);
    bounded(values, query, name)
}

/// Values that one filter has from a parameter, each once.
pub fn bounded<T: PartialEq>(values: Vec<T>, query: &mut QueryParameters, name: &str) -> Vec<T> {
    let different = OneOf::new(values).map(OneOf::into_vec).unwrap_or_default();
    if different.len() > MOST_VALUES {
        query.error(name, "too_many", TOO_MANY);
    }
    different
}

/// From one time, that time included, until right before another.
pub fn period(query: &mut QueryParameters, after: &str, before: &str) -> Option<Period> {
    let period = Period { from: query.parsed(after, str::parse), until: query.parsed(before, str::parse) };
    (period != Period::default()).then_some(period)
}

/// Reads one of a closed set of words, or another system's word for it.
pub fn word<T: fmt::Display + 'static>(
    parse: impl Fn(&str) -> Option<T>,
    all: &'static [T],
) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let words = || all.iter().map(T::to_string).collect::<Vec<_>>().join(", ");
        parse(text).ok_or_else(|| format!("expected one of {}", words()))
    }
}

/// Reads an assignee: `me`, which is the caller, `none` or an id.
pub fn assignee(text: &str, caller: Option<UserId>) -> Result<Option<UserId>, &'static str> {
    match text {
        "none" => Ok(None),
        "me" => caller.map(Some).ok_or("only a user's key can stand for a person"),
        id => id.parse().map(Some).map_err(|InvalidId| "expected me, none or a user's id"),
    }
}

/// Reads a team: `none` or an id.
pub fn team(text: &str) -> Result<Option<TeamId>, &'static str> {
    match text {
        "none" => Ok(None),
        id => id.parse().map(Some).map_err(|InvalidId| "expected none or a team's id"),
    }
}
