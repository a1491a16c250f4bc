//! What the query string of the ticket list asks for.

use lambdesk_api::{auth::Session, query::Query, render::Reader};
use lambdesk_domain::{
    custom_field::FieldKind,
    directory::Directory,
    id::{CategoryId, InvalidId, TagId, TeamId, UserId},
    search::SearchQuery,
    status::{Awaiting, ChannelType, Priority, Source, Status},
};
use lambdesk_store_lists::{CustomFilter, ListFilter, Period, Sort, SortBy};
use lambdesk_store_search::Search;
use lambdesk_table::keys::State;
use std::fmt;

/// The most values of one filter: the table takes expressions of 4 KB.
const MOST_VALUES: usize = 50;
/// The most custom fields that are filtered by at once, for the same reason.
const MOST_CUSTOM: usize = 20;
/// The order of a search when no other is asked for.
const NEWEST_FIRST: Sort = Sort { by: SortBy::Number, descending: true };
const TOO_MANY: &str = "expected at most 50 values";

/// What the query string asks for.
#[derive(Debug)]
pub struct Asked {
    /// Where tickets are looked for.
    pub states: Vec<State>,
    /// What they must be like.
    pub filter: ListFilter,
    /// The words that they must say.
    pub search: Option<Search>,
    /// Leave out those whose follow-up is still to come.
    pub hide_put_off: bool,
    /// In which order.
    pub sort: Sort,
    /// Something named was not found in the directory.
    pub misses: bool,
}

impl Asked {
    /// Takes the list's own parameters; what is wrong with them is kept in `query`.
    pub fn read(query: &mut Query, session: &Session) -> Self {
        let directory = &session.directory;
        let mut names = Names { directory, misses: false };
        let include = query.parsed_values("include", include);
        let Shelves { states, statuses } = Shelves::read(query, &include);
        let filter = ListFilter {
            statuses,
            sources: values(query, "source", word(Source::parse)),
            priorities: values(query, "priority", word(Priority::parse)),
            categories: names.categories(query),
            channels: values(query, "channel_id", str::parse),
            channel_types: values(query, "channel_type", word(ChannelType::parse)),
            assignees: values(query, "assignee_id", |text| assignee(text, session)),
            teams: values(query, "team_id", team),
            tags: names.tags(query),
            contacts: values(query, "contact_id", str::parse),
            accounts: values(query, "account_id", str::parse),
            uids: query.parsed("uid", str::parse).into_iter().collect(),
            custom: names.custom(query),
            awaiting: values(query, "awaiting", word(Awaiting::parse)),
            is_read_by_customer: query.flag("is_read_by_customer"),
            is_read_by_organization: query.flag("is_read_by_organization"),
            created: period(query, "created_after", "created_before"),
            updated: period(query, "updated_after", "updated_before"),
            last_activity: period(query, "last_activity_after", "last_activity_before"),
        };
        let search = query.parsed("q", str::parse::<SearchQuery>);
        let sees_notes = Reader::from(&session.actor).is_insider();
        let search = search.map(|query| Search { query, sees_notes });
        let sort = query.parsed("sort", |text| Sort::parse(text).ok_or_else(sorts));
        let sort = sort.unwrap_or_else(|| if search.is_some() { NEWEST_FIRST } else { Sort::default() });
        Self { states, filter, search, hide_put_off: !include.contains(&Include::FollowUp), sort, misses: names.misses }
    }
}

/// The values of a filter, each once.
fn values<T: PartialEq, E: fmt::Display>(
    query: &mut Query,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let values = query.parsed_values(name, parse);
    bounded(values, query, name)
}

fn bounded<T: PartialEq>(values: Vec<T>, query: &mut Query, name: &str) -> Vec<T> {
    let mut different: Vec<T> = Vec::new();
    for value in values {
        if !different.contains(&value) {
            different.push(value);
        }
    }
    if different.len() > MOST_VALUES {
        query.error(name, "too_many", TOO_MANY);
    }
    different
}

/// From one time, that time included, until right before another.
fn period(query: &mut Query, after: &str, before: &str) -> Period {
    Period { from: query.parsed(after, str::parse), until: query.parsed(before, str::parse) }
}

fn sorts() -> String {
    let names: Vec<_> = Sort::NAMES.iter().map(|(name, _)| *name).collect();
    format!("expected one of {}, or the same with a - before it", names.join(", "))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Include {
    Spam,
    Archived,
    Trashed,
    Unprocessed,
    FollowUp,
}

fn include(text: &str) -> Result<Include, &'static str> {
    match text {
        "spam" => Ok(Include::Spam),
        "archived" => Ok(Include::Archived),
        "trashed" => Ok(Include::Trashed),
        "unprocessed" => Ok(Include::Unprocessed),
        "follow_up" => Ok(Include::FollowUp),
        _ => Err("expected spam, archived, trashed, unprocessed or follow_up"),
    }
}

/// Where tickets are looked for: as asked by status or flag, without spam and
/// what is put away unless that is asked for.
struct Shelves {
    states: Vec<State>,
    /// For those of the states that hold tickets of any status; empty: of any.
    statuses: Vec<Status>,
}

impl Shelves {
    fn read(query: &mut Query, include: &[Include]) -> Self {
        let asked = values(query, "status", word(Status::parse));
        let (is_closed, is_spam) = (query.flag("is_closed"), query.flag("is_spam"));
        let (processed, is_archived) = (query.flag("processed"), query.flag("is_archived"));
        let fits = |status: Status| {
            (asked.is_empty() || asked.contains(&status))
                && is_closed.is_none_or(|wanted| wanted == status.is_closed())
                && is_spam.is_none_or(|wanted| wanted == (status == Status::Spam))
        };
        let statuses: Vec<_> = Status::ALL.iter().copied().filter(|status| fits(*status)).collect();
        let with_spam = !asked.is_empty() || is_spam == Some(true) || include.contains(&Include::Spam);
        let live = statuses.iter().copied().filter(|status| with_spam || *status != Status::Spam).map(State::Live);
        let more = [
            (Include::Archived, State::Archived),
            (Include::Trashed, State::Trashed),
            (Include::Unprocessed, State::Unprocessed),
        ];
        let included = more.into_iter().filter(|(wanted, _)| include.contains(wanted)).map(|(_, state)| state);
        let states: Vec<_> = match (processed, is_archived) {
            (Some(false), _) => vec![State::Unprocessed],
            (_, Some(true)) => vec![State::Archived],
            (_, Some(false)) => live.chain(included).filter(|state| *state != State::Archived).collect(),
            _ => live.chain(included).collect(),
        };
        let beside = states.iter().any(|state| !matches!(state, State::Live(_)));
        match statuses.len() {
            // No status fits: nothing does, wherever it is.
            0 => Self { states: Vec::new(), statuses },
            all if !beside || all == Status::ALL.len() => Self { states, statuses: Vec::new() },
            _ => Self { states, statuses },
        }
    }
}

fn word<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, &'static str> {
    move |text| parse(text).ok_or("there is no such value")
}

fn assignee(text: &str, session: &Session) -> Result<Option<UserId>, &'static str> {
    match text {
        "none" => Ok(None),
        "me" => session.actor.user().map(Some).ok_or("only a user's key can stand for a person"),
        id => id.parse().map(Some).map_err(|InvalidId| "expected me, none or a user's id"),
    }
}

fn team(text: &str) -> Result<Option<TeamId>, &'static str> {
    match text {
        "none" => Ok(None),
        id => id.parse().map(Some).map_err(|InvalidId| "expected none or a team's id"),
    }
}

/// Looks up what is named rather than given by id.
struct Names<'a> {
    directory: &'a Directory,
    misses: bool,
}

impl Names<'_> {
    /// `category=` by name or id, `category_id=` by id.
    fn categories(&mut self, query: &mut Query) -> Vec<CategoryId> {
        let mut ids = values(query, "category_id", str::parse);
        let directory = self.directory;
        for name in query.values_but("category", |name| directory.category_named(name).is_some()) {
            let named = self.directory.category_named(&name).map(|category| category.id);
            ids.extend(self.found("category", name.parse().ok().or(named), query));
        }
        bounded(ids, query, "category")
    }

    /// `tag=` by name or id, `tag_id=` by id.
    fn tags(&mut self, query: &mut Query) -> Vec<TagId> {
        let mut ids = values(query, "tag_id", str::parse);
        let directory = self.directory;
        for name in query.values_but("tag", |name| directory.tag_named(name).is_some()) {
            let named = self.directory.tag_named(&name).map(|tag| tag.id);
            ids.extend(self.found("tag", name.parse().ok().or(named), query));
        }
        bounded(ids, query, "tag")
    }

    fn found<T>(&mut self, parameter: &str, found: Option<T>, query: &mut Query) -> Option<T> {
        if found.is_none() {
            self.misses = true;
            query.error(parameter, "no_such_reference", "there is none of this name");
        }
        found
    }

    /// `custom.<key>=`: the values must be such as the field can have.
    fn custom(&mut self, query: &mut Query) -> Vec<CustomFilter> {
        let mut filters = Vec::new();
        for key in query.with_prefix("custom.") {
            let parameter = format!("custom.{key}");
            let definition = self.directory.fields.iter().find(|field| field.key.as_str() == key);
            let values = query.values_but(&parameter, |text| definition.is_some_and(|field| field.has_option(text)));
            if values.len() > MOST_VALUES {
                query.error(&parameter, "too_many", TOO_MANY);
                continue;
            }
            let Some(definition) = definition else {
                self.misses = true;
                query.error(&parameter, "invalid", "expected values of a custom field that exists");
                continue;
            };
            let parsed = values.iter().map(|value| definition.parse_filter(value)).collect::<Result<Vec<_>, _>>();
            match parsed {
                Ok(values) if !values.is_empty() => filters.push(CustomFilter {
                    key: definition.key.clone(),
                    values,
                    is_member: definition.kind == FieldKind::Choices,
                }),
                // Already told: an empty value.
                Ok(_) => {}
                Err(error) => query.error(&parameter, "invalid", error.to_string()),
            }
        }
        if filters.len() > MOST_CUSTOM {
            query.error("custom", "too_many", "expected at most 20 custom fields");
        }
        filters
    }
}
