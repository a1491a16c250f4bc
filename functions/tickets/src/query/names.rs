//! What a query string names rather than gives by id: categories, tags and the keys of
//! custom fields. They are looked up in the directory, which may be older than they are.

use super::values::{MOST_VALUES, TOO_MANY, bounded, values};
use lambdesk_api::query::QueryParameters;
use lambdesk_domain::{
    custom_field::{FieldDefinition, FieldKind},
    directory::Directory,
    id::{CategoryId, InvalidId, TagId},
};
use lambdesk_store_lists::{CustomFilter, Filter, OneOf};
use std::str::FromStr;

/// The most custom fields that are filtered by at once: expressions have at most 4 KB.
const MOST_CUSTOM: usize = 20;
/// Before the key of a custom field.
const CUSTOM: &str = "custom.";

/// Whether the directory has everything that is named in a query string, of which nothing
/// is taken.
pub fn are_known(query: &QueryParameters, directory: &Directory) -> bool {
    let all = |name: &str, is_known: &dyn Fn(&str) -> bool| {
        query.given(name).map(str::trim).all(|text| {
            let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            is_known(text) || parts.all(is_known)
        })
    };
    all("category", &|text| category(directory, text).is_some())
        && all("tag", &|text| tag(directory, text).is_some())
        && query.with_prefix(CUSTOM).iter().all(|key| field(directory, key).is_some())
}

fn category(directory: &Directory, text: &str) -> Option<CategoryId> {
    text.parse().ok().or_else(|| directory.category_named(text).map(|category| category.id))
}

fn tag(directory: &Directory, text: &str) -> Option<TagId> {
    text.parse().ok().or_else(|| directory.tag_named(text).map(|tag| tag.id))
}

fn field<'a>(directory: &'a Directory, key: &str) -> Option<&'a FieldDefinition> {
    directory.fields.iter().find(|field| field.key.as_str() == key)
}

/// Takes `category_id` and `category`, the latter by name or id.
pub fn categories(query: &mut QueryParameters, directory: &Directory) -> Vec<CategoryId> {
    let ids = values(query, "category_id", str::parse);
    named(ids, query, "category", |text| category(directory, text))
}

/// Takes `tag_id` and `tag`, the latter by name or id.
pub fn tags(query: &mut QueryParameters, directory: &Directory) -> Vec<TagId> {
    let ids = values(query, "tag_id", str::parse);
    named(ids, query, "tag", |text| tag(directory, text))
}

/// With the ids of what a parameter names.
fn named<T: PartialEq + FromStr<Err = InvalidId>>(
    mut ids: Vec<T>,
    query: &mut QueryParameters,
    parameter: &str,
    find: impl Fn(&str) -> Option<T>,
) -> Vec<T> {
    for text in query.values_but(parameter, |text| find(text).is_some()) {
        match find(&text) {
            Some(id) => ids.push(id),
            None => query.error(parameter, "no_such_reference", "there is none of this name"),
        }
    }
    bounded(ids, query, parameter)
}

/// Takes `custom.<key>`: the values must be such as the field can have.
pub fn custom(query: &mut QueryParameters, directory: &Directory) -> Vec<Filter> {
    let keys = query.with_prefix(CUSTOM);
    let filters: Vec<_> = keys.iter().filter_map(|key| custom_field(query, directory, key)).collect();
    if filters.len() > MOST_CUSTOM {
        query.error("custom", "too_many", "expected at most 20 custom fields");
    }
    filters
}

fn custom_field(query: &mut QueryParameters, directory: &Directory, key: &str) -> Option<Filter> {
    let parameter = format!("{CUSTOM}{key}");
    let definition = field(directory, key);
    let values = query.values_but(&parameter, |text| definition.is_some_and(|field| field.has_option(text)));
    if values.len() > MOST_VALUES {
        query.error(&parameter, "too_many", TOO_MANY);
        return None;
    }
    let Some(definition) = definition else {
        query.error(&parameter, "invalid", "expected values of a custom field that exists");
        return None;
    };
    let parsed = values.iter().map(|value| definition.parse_filter(value)).collect::<Result<Vec<_>, _>>();
    let parsed = parsed.map_err(|error| query.error(&parameter, "invalid", error.to_string())).ok()?;
    // None: an empty value, which has been told.
    let values = OneOf::new(parsed)?;
    let is_member = definition.kind == FieldKind::Choices;
    Some(Filter::Custom(CustomFilter { key: definition.key.clone(), values, is_member }))
}
