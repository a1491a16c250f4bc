//! Filters that the table applies to the rows an index yields.

use super::ListQuery;
use crate::{
    head::{Expression, filterable as attr, reach},
    item::{id, number, text},
    keys::State,
};
use aws_sdk_dynamodb::types::AttributeValue as Av;
use lambdesk_domain::{
    custom_field::FieldValue,
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId, TeamId, UserId},
    status::{ChannelType, Priority, Source, Status},
    text::{FieldKey, Uid},
};

/// A custom field's value that tickets must have.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomFilter {
    /// Which field.
    pub key: FieldKey,
    /// Which value.
    pub value: FieldValue,
    /// The value is one of several, not the whole.
    pub is_member: bool,
}

/// What tickets must be like. Several values: any of them. Several filters: all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFilter {
    /// Needed only beside states that hold tickets of any status.
    pub statuses: Vec<Status>,
    pub sources: Vec<Source>,
    pub priorities: Vec<Priority>,
    pub categories: Vec<CategoryId>,
    pub channels: Vec<ChannelId>,
    pub channel_types: Vec<ChannelType>,
    /// `None` stands for nobody.
    pub assignees: Vec<Option<UserId>>,
    pub teams: Vec<TeamId>,
    pub tags: Vec<TagId>,
    pub contact: Option<ContactId>,
    pub account: Option<AccountId>,
    pub uid: Option<Uid>,
    pub custom: Vec<CustomFilter>,
}

impl ListFilter {
    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The filter expression of a query; none when nothing is left out.
pub(super) fn expression(query: &ListQuery, by_assignee: bool, into: &mut Expression) -> Option<String> {
    let filter = &query.filter;
    let mut parts: Vec<String> = Vec::new();
    parts.extend(reach(query.reach, into));
    if query.hide_put_off {
        let (due, now) = (into.name(attr::FOLLOW_UP), into.value(number(query.now.millis())));
        parts.push(format!("(attribute_not_exists({due}) OR {due} <= {now})"));
    }
    if by_assignee {
        parts.extend(statuses(&query.states, into));
    } else {
        parts.extend(assignees(&filter.assignees, into));
    }
    parts.extend(any(attr::STATUS, filter.statuses.iter().map(|status| text(status.as_str())), into));
    parts.extend(any(attr::SOURCE, filter.sources.iter().map(|source| text(source.as_str())), into));
    parts.extend(any(attr::PRIORITY, filter.priorities.iter().map(|priority| text(priority.as_str())), into));
    parts.extend(any(attr::CATEGORY, filter.categories.iter().map(|category| id(category.uuid())), into));
    parts.extend(any(attr::CHANNEL, filter.channels.iter().map(|channel| id(channel.uuid())), into));
    parts.extend(any(attr::CHANNEL_KIND, filter.channel_types.iter().map(|kind| text(kind.as_str())), into));
    parts.extend(any(attr::TEAM, filter.teams.iter().map(|team| id(team.uuid())), into));
    parts.extend(any(attr::ACCOUNT_ID, filter.account.iter().map(|account| id(account.uuid())), into));
    parts.extend(any(attr::UID, filter.uid.iter().map(|uid| text(uid.as_str())), into));
    parts.extend(tags(&filter.tags, into));
    if let Some(contact) = filter.contact {
        parts.push(format!("{} = {}", into.path(attr::CONTACT, attr::ID), into.value(id(contact.uuid()))));
    }
    parts.extend(filter.custom.iter().map(|custom| self::custom(custom, into)));
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// `DynamoDB` takes up to 100 operands of IN; the edge allows fewer values.
fn any(name: &str, values: impl Iterator<Item = Av>, into: &mut Expression) -> Option<String> {
    let values: Vec<_> = values.map(|value| into.value(value)).collect();
    (!values.is_empty()).then(|| format!("{} IN ({})", into.name(name), values.join(", ")))
}

fn statuses(states: &[State], into: &mut Expression) -> Option<String> {
    let words = states
        .iter()
        .filter_map(|state| if let State::Live(status) = state { Some(text(status.as_str())) } else { None });
    any(attr::STATUS, words, into)
}

fn assignees(assignees: &[Option<UserId>], into: &mut Expression) -> Option<String> {
    let users = any(attr::ASSIGNEE, assignees.iter().flatten().map(|user| id(user.uuid())), into);
    let nobody = assignees.contains(&None).then(|| format!("attribute_not_exists({})", into.name(attr::ASSIGNEE)));
    match (users, nobody) {
        (Some(users), Some(nobody)) => Some(format!("({users} OR {nobody})")),
        (users, nobody) => users.or(nobody),
    }
}

fn tags(tags: &[TagId], into: &mut Expression) -> Option<String> {
    if tags.is_empty() {
        return None;
    }
    let name = into.name(attr::TAGS);
    let parts: Vec<_> = tags.iter().map(|tag| format!("contains({name}, {})", into.value(id(tag.uuid())))).collect();
    Some(format!("({})", parts.join(" OR ")))
}

fn custom(custom: &CustomFilter, into: &mut Expression) -> String {
    let path = into.path(attr::CUSTOM, custom.key.as_str());
    let value = into.value(crate::head::custom_value(&custom.value));
    if custom.is_member { format!("contains({path}, {value})") } else { format!("{path} = {value}") }
}
