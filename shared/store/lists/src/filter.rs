//! What tickets of a list must be like: as an expression for the table, and in
//! memory for those whose keys were read elsewhere. Both say the same; a property
//! test holds them against each other.

use super::ListQuery;
use crate::{
    head::{Expression, filterable as attr, reach},
    item::{id, number, text, time},
    keys::State,
};
use aws_sdk_dynamodb::types::AttributeValue as Av;
use lambdesk_domain::{
    custom_field::FieldValue,
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId, TeamId, UserId},
    status::{Awaiting, ChannelType, Priority, Source, Status},
    text::{FieldKey, Uid},
    ticket::Ticket,
    time::Timestamp,
};

/// Values of a custom field of which tickets must have one.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomFilter {
    /// Which field.
    pub key: FieldKey,
    /// Which values; never empty.
    pub values: Vec<FieldValue>,
    /// A value is one of the field's choices, not the whole.
    pub is_member: bool,
}

/// A time from one point to right before another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
}

impl Period {
    fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
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
    /// `None` stands for no team.
    pub teams: Vec<Option<TeamId>>,
    pub tags: Vec<TagId>,
    pub contacts: Vec<ContactId>,
    pub accounts: Vec<AccountId>,
    pub uids: Vec<Uid>,
    pub custom: Vec<CustomFilter>,
    pub awaiting: Vec<Awaiting>,
    pub is_read_by_customer: Option<bool>,
    pub is_read_by_organization: Option<bool>,
    pub created: Period,
    pub updated: Period,
    pub last_activity: Period,
}

impl ListFilter {
    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ListQuery {
    /// Whether a ticket belongs in the list: what [`expression`] asks of the table,
    /// and the state.
    pub(super) fn matches(&self, ticket: &Ticket) -> bool {
        let channel = ticket.channel.as_ref();
        self.states.contains(&State::of(ticket.shelf, ticket.status))
            && self.reach.covers(ticket.assignee, channel.map(|channel| channel.id))
            && !(self.hide_put_off && ticket.is_put_off(self.now))
            && self.filter.matches(ticket)
    }
}

impl ListFilter {
    /// Exhaustive on purpose: a filter that is added and forgotten here does not compile.
    fn matches(&self, ticket: &Ticket) -> bool {
        let Self {
            statuses,
            sources,
            priorities,
            categories,
            channels,
            channel_types,
            assignees,
            teams,
            tags,
            contacts,
            accounts,
            uids,
            custom,
            awaiting,
            is_read_by_customer,
            is_read_by_organization,
            created,
            updated,
            last_activity,
        } = self;
        let channel = ticket.channel.as_ref();
        is_any(statuses, Some(&ticket.status))
            && is_any(sources, Some(&ticket.source))
            && is_any(priorities, Some(&ticket.priority))
            && is_any(categories, ticket.category.as_ref())
            && is_any(channels, channel.map(|channel| &channel.id))
            && is_any(channel_types, channel.map(|channel| &channel.kind))
            && is_any(assignees, Some(&ticket.assignee))
            && is_any(teams, Some(&ticket.team))
            && (tags.is_empty() || tags.iter().any(|tag| ticket.tags.contains(tag)))
            && is_any(contacts, ticket.contact.as_ref().map(|contact| &contact.id))
            && is_any(accounts, ticket.account.as_ref())
            && is_any(uids, ticket.uid.as_ref())
            && custom.iter().all(|custom| custom.matches(ticket))
            && is_any(awaiting, Some(&ticket.awaiting))
            && is_read_by_customer.is_none_or(|flag| flag == ticket.is_read_by_customer)
            && is_read_by_organization.is_none_or(|flag| flag == ticket.is_read_by_organization)
            && created.holds(ticket.created_at)
            && updated.holds(ticket.updated_at)
            && last_activity.holds(ticket.last_activity_at)
    }
}

impl CustomFilter {
    fn matches(&self, ticket: &Ticket) -> bool {
        match ticket.custom.get(&self.key) {
            Some(FieldValue::Choices(choices)) if self.is_member => {
                self.values.iter().any(|value| matches!(value, FieldValue::Text(wanted) if choices.contains(wanted)))
            }
            Some(value) => !self.is_member && self.values.contains(value),
            None => false,
        }
    }
}

fn is_any<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

/// The filter expression of a query; none when nothing is left out. `by_assignee`:
/// of the assignee index, whose partition says whose tickets these are but not
/// their status.
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
fn any(name: &str, values: impl Iterator<Item = Av>, into: &mut Expression) -> Option<String> {
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
    let values: Vec<_> = custom.values.iter().map(|value| into.value(crate::head::custom_value(value))).collect();
    if !custom.is_member {
        return Some(format!("{path} IN ({})", values.join(", ")));
    }
    let list = into.value(text("L"));
    let parts: Vec<_> = values.iter().map(|value| format!("contains({path}, {value})")).collect();
    Some(format!("(attribute_type({path}, {list}) AND ({}))", parts.join(" OR ")))
}

fn flag(name: &str, wanted: Option<bool>, into: &mut Expression) -> Option<String> {
    wanted.map(|flag| format!("{} = {}", into.name(name), into.value(Av::Bool(flag))))
}

fn period(name: &str, period: Period, into: &mut Expression) -> Option<String> {
    let from = period.from.map(|from| format!("{} >= {}", into.name(name), into.value(time(from))));
    let until = period.until.map(|until| format!("{} < {}", into.name(name), into.value(time(until))));
    match (from, until) {
        (Some(from), Some(until)) => Some(format!("{from} AND {until}")),
        (from, until) => from.or(until),
    }
}
