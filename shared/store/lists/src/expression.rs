//! The filter expression: the filter of a query as the table applies it to ticket items
//! of an index. It leaves them out after they were read; they cost all the same.

use crate::{
    filter::{CustomFilter, Period},
    query::ListQuery,
};
use lambdesk_domain::id::{ContactId, TagId};
use lambdesk_store_tickets::item::{custom_value, filterable as attr, reach};
use lambdesk_table::{
    Expression, Value,
    item::{id, number, text, time},
    keys::State,
};

/// The filter expression of a query; none when nothing is left out. `by_assignee`:
/// of the assignee index, whose partition says whose tickets these are but not
/// their status.
pub fn filter_expression(query: &ListQuery, by_assignee: bool, into: &mut Expression) -> Option<String> {
    let filter = &query.filter;
    let mut parts: Vec<String> = Vec::new();
    parts.extend(reach(query.reach, into));
    if query.hide_snoozed {
        let (due, now) = (into.name(attr::FOLLOW_UP), into.value(number(query.now.millis())));
        parts.push(format!("(attribute_not_exists({due}) OR {due} <= {now})"));
    }
    if by_assignee {
        parts.extend(statuses(&query.states, into));
    } else {
        parts.extend(any_or_none(attr::ASSIGNEE, &filter.assignees, |user| user.uuid(), into));
    }
    parts.extend(any(attr::STATUS, filter.statuses.iter().map(|status| text(status.as_str())), into));
    parts.extend(any(attr::SOURCE, filter.sources.iter().map(|source| text(source.as_str())), into));
    parts.extend(any(attr::PRIORITY, filter.priorities.iter().map(|priority| text(priority.as_str())), into));
    parts.extend(any(attr::CATEGORY, filter.categories.iter().map(|category| id(category.uuid())), into));
    parts.extend(any(attr::CHANNEL, filter.channels.iter().map(|channel| id(channel.uuid())), into));
    parts.extend(any(attr::CHANNEL_KIND, filter.channel_types.iter().map(|kind| text(kind.as_str())), into));
    parts.extend(any_or_none(attr::TEAM, &filter.teams, |team| team.uuid(), into));
    parts.extend(any(attr::ACCOUNT, filter.accounts.iter().map(|account| id(account.uuid())), into));
    parts.extend(any(attr::UID, filter.uids.iter().map(|uid| text(uid.as_str())), into));
    parts.extend(any(attr::AWAITING, filter.awaiting.iter().map(|awaiting| text(awaiting.as_str())), into));
    parts.extend(tags(&filter.tags, into));
    parts.extend(contacts(&filter.contacts, into));
    parts.extend(filter.custom.iter().filter_map(|custom| self::custom(custom, into)));
    parts.extend(flag(attr::READ_BY_CUSTOMER, filter.is_read_by_customer, into));
    parts.extend(flag(attr::READ_BY_ORGANIZATION, filter.is_read_by_organization, into));
    parts.extend(period(attr::CREATED, filter.created, into));
    parts.extend(period(attr::UPDATED, filter.updated, into));
    parts.extend(period(attr::LAST_ACTIVITY, filter.last_activity, into));
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// `DynamoDB` takes up to 100 operands of IN; the edge allows fewer values.
fn any(name: &str, values: impl Iterator<Item = Value>, into: &mut Expression) -> Option<String> {
    let values: Vec<_> = values.map(|value| into.value(value)).collect();
    (!values.is_empty()).then(|| format!("{} IN ({})", into.name(name), values.join(", ")))
}

fn any_or_none<T>(
    name: &str,
    wanted: &[Option<T>],
    uuid: impl Fn(&T) -> uuid::Uuid,
    into: &mut Expression,
) -> Option<String> {
    let some = any(name, wanted.iter().flatten().map(|one| id(uuid(one))), into);
    let none = wanted.iter().any(Option::is_none).then(|| format!("attribute_not_exists({})", into.name(name)));
    match (some, none) {
        (Some(some), Some(none)) => Some(format!("({some} OR {none})")),
        (some, none) => some.or(none),
    }
}

fn statuses(states: &[State], into: &mut Expression) -> Option<String> {
    let words = states
        .iter()
        .filter_map(|state| if let State::Live(status) = state { Some(text(status.as_str())) } else { None });
    any(attr::STATUS, words, into)
}

fn tags(tags: &[TagId], into: &mut Expression) -> Option<String> {
    let name = if tags.is_empty() { return None } else { into.name(attr::TAGS) };
    let parts: Vec<_> = tags.iter().map(|tag| format!("contains({name}, {})", into.value(id(tag.uuid())))).collect();
    Some(format!("({})", parts.join(" OR ")))
}

fn contacts(contacts: &[ContactId], into: &mut Expression) -> Option<String> {
    let path = if contacts.is_empty() { return None } else { into.path(attr::CONTACT, attr::ID) };
    let values: Vec<_> = contacts.iter().map(|contact| into.value(id(contact.uuid()))).collect();
    Some(format!("{path} IN ({})", values.join(", ")))
}

fn custom(custom: &CustomFilter, into: &mut Expression) -> Option<String> {
    let path = if custom.values.is_empty() { return None } else { into.path(attr::CUSTOM, custom.key.as_str()) };
    let values: Vec<_> = custom.values.iter().map(|value| into.value(custom_value(value))).collect();
    if !custom.is_member {
        return Some(format!("{path} IN ({})", values.join(", ")));
    }
    let list = into.value(text("L"));
    let parts: Vec<_> = values.iter().map(|value| format!("contains({path}, {value})")).collect();
    Some(format!("(attribute_type({path}, {list}) AND ({}))", parts.join(" OR ")))
}

fn flag(name: &str, wanted: Option<bool>, into: &mut Expression) -> Option<String> {
    wanted.map(|flag| format!("{} = {}", into.name(name), into.value(Value::Bool(flag))))
}

fn period(name: &str, period: Period, into: &mut Expression) -> Option<String> {
    let from = period.from.map(|from| format!("{} >= {}", into.name(name), into.value(time(from))));
    let until = period.until.map(|until| format!("{} < {}", into.name(name), into.value(time(until))));
    match (from, until) {
        (Some(from), Some(until)) => Some(format!("{from} AND {until}")),
        (from, until) => from.or(until),
    }
}
