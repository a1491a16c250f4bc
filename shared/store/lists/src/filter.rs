//! The filters of a list: what tickets must be like. Pure. Every variant answers whether
//! it matches a ticket, its condition on ticket items, its column of projection rows and
//! the rows that select its tickets: a new filter is a variant, and the compiler names
//! the rest.

use crate::{
    columns::{self, ColumnFilter},
    expression::{any, any_or_none, contains_any, flag, period},
    selective::{Selective, Selectivity},
    sort::SortBy,
    source::RowSource,
};
use lambdesk_domain::{
    access::Reach,
    custom_field::FieldValue,
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId, TeamId, UserId},
    status::{Awaiting, ChannelType, Priority, Source, Status},
    text::{FieldKey, Uid},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_tickets::item::{custom_value, filterable as attr};
use lambdesk_table::{
    Expression,
    item::{id, text},
    keys::IndexedValue,
};
use serde::Serialize;
use std::ops::Deref;

/// What tickets must be like in one respect. Of several filters, all must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Their contact.
    Contact(OneOf<ContactId>),
    /// Their account.
    Account(OneOf<AccountId>),
    /// The end user's name elsewhere.
    Uid(OneOf<Uid>),
    /// Their assignee; `None` stands for nobody.
    Assignee(OneOf<Option<UserId>>),
    /// A custom field.
    Custom(CustomFilter),
    /// Their tags, of which they must have one.
    Tag(OneOf<TagId>),
    /// Their team; `None` stands for no team.
    Team(OneOf<Option<TeamId>>),
    /// Their category.
    Category(OneOf<CategoryId>),
    /// Their channel.
    Channel(OneOf<ChannelId>),
    /// The type of their channel.
    ChannelType(OneOf<ChannelType>),
    /// Their status; needed only beside states that hold tickets of any status.
    Status(OneOf<Status>),
    /// Where they come from.
    Source(OneOf<Source>),
    /// How urgent they are.
    Priority(OneOf<Priority>),
    /// Whose turn it is.
    Awaiting(OneOf<Awaiting>),
    /// Whether the customer has read everything.
    ReadByCustomer(bool),
    /// Whether somebody of the organisation has.
    ReadByOrganization(bool),
    /// When they were created.
    Created(Period),
    /// When they were last changed.
    Updated(Period),
    /// When they were last active.
    LastActivity(Period),
}

/// One or more values, each once, of which a ticket must have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OneOf<T>(Vec<T>);

/// Values of a custom field of which tickets must have one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomFilter {
    /// Which field.
    pub key: FieldKey,
    /// Which values.
    pub values: OneOf<FieldValue>,
    /// A value is one of the field's choices, not the whole.
    pub is_member: bool,
}

/// A time from one point to right before another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
}

impl<T: PartialEq> OneOf<T> {
    /// These values, each once; none when there is none.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut different = Vec::new();
        for value in values {
            if !different.contains(&value) {
                different.push(value);
            }
        }
        (!different.is_empty()).then_some(Self(different))
    }

    /// The values.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }

    fn is(&self, value: Option<&T>) -> bool {
        value.is_some_and(|value| self.0.contains(value))
    }
}

impl<T> From<T> for OneOf<T> {
    fn from(value: T) -> Self {
        Self(vec![value])
    }
}

impl<T> Deref for OneOf<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl Period {
    fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

impl Filter {
    /// The filter that a caller's reach amounts to; none when all tickets are in reach.
    pub(crate) fn of_reach(reach: Reach) -> Option<Self> {
        match reach {
            Reach::All => None,
            Reach::Own(user) => Some(Self::Assignee(Some(user).into())),
            Reach::OwnAndUnassigned(user) => OneOf::new([Some(user), None]).map(Self::Assignee),
            Reach::Channel(channel) => Some(Self::Channel(channel.into())),
        }
    }

    /// Whether a ticket meets it.
    pub(crate) fn matches(&self, ticket: &Ticket) -> bool {
        let channel = ticket.channel.as_ref();
        match self {
            Self::Contact(ids) => ids.is(ticket.contact.as_ref().map(|contact| &contact.id)),
            Self::Account(ids) => ids.is(ticket.account.as_ref()),
            Self::Uid(uids) => uids.is(ticket.uid.as_ref()),
            Self::Assignee(users) => users.contains(&ticket.assignee),
            Self::Custom(custom) => custom.matches(ticket),
            Self::Tag(ids) => ids.iter().any(|tag| ticket.tags.contains(tag)),
            Self::Team(ids) => ids.contains(&ticket.team),
            Self::Category(ids) => ids.is(ticket.category.as_ref()),
            Self::Channel(ids) => ids.is(channel.map(|channel| &channel.id)),
            Self::ChannelType(kinds) => kinds.is(channel.map(|channel| &channel.kind)),
            Self::Status(statuses) => statuses.contains(&ticket.status),
            Self::Source(sources) => sources.contains(&ticket.source),
            Self::Priority(priorities) => priorities.contains(&ticket.priority),
            Self::Awaiting(turns) => turns.contains(&ticket.awaiting),
            Self::ReadByCustomer(flag) => *flag == ticket.is_read_by_customer,
            Self::ReadByOrganization(flag) => *flag == ticket.is_read_by_organization,
            Self::Created(period) => period.holds(ticket.created_at),
            Self::Updated(period) => period.holds(ticket.updated_at),
            Self::LastActivity(period) => period.holds(ticket.last_activity_at),
        }
    }

    /// The same as a condition on ticket items.
    pub(crate) fn expression(&self, into: &mut Expression) -> String {
        match self {
            Self::Contact(ids) => {
                let path = into.path(attr::CONTACT, attr::ID);
                any(&path, ids.iter().map(|contact| id(contact.uuid())), into)
            }
            Self::Account(ids) => any(&into.name(attr::ACCOUNT), ids.iter().map(|account| id(account.uuid())), into),
            Self::Uid(uids) => any(&into.name(attr::UID), uids.iter().map(|uid| text(uid.as_str())), into),
            Self::Assignee(users) => {
                let users = users.iter().map(|user| user.map(|user| id(user.uuid())));
                any_or_none(&into.name(attr::ASSIGNEE), users, into)
            }
            Self::Custom(custom) => custom.expression(into),
            Self::Tag(ids) => contains_any(&into.name(attr::TAGS), ids.iter().map(|tag| id(tag.uuid())), into),
            Self::Team(ids) => {
                let teams = ids.iter().map(|team| team.map(|team| id(team.uuid())));
                any_or_none(&into.name(attr::TEAM), teams, into)
            }
            Self::Category(ids) => any(&into.name(attr::CATEGORY), ids.iter().map(|one| id(one.uuid())), into),
            Self::Channel(ids) => any(&into.name(attr::CHANNEL), ids.iter().map(|one| id(one.uuid())), into),
            Self::ChannelType(kinds) => {
                any(&into.name(attr::CHANNEL_KIND), kinds.iter().map(|kind| text(kind.as_str())), into)
            }
            Self::Status(statuses) => {
                any(&into.name(attr::STATUS), statuses.iter().map(|one| text(one.as_str())), into)
            }
            Self::Source(sources) => any(&into.name(attr::SOURCE), sources.iter().map(|one| text(one.as_str())), into),
            Self::Priority(priorities) => {
                any(&into.name(attr::PRIORITY), priorities.iter().map(|one| text(one.as_str())), into)
            }
            Self::Awaiting(turns) => any(&into.name(attr::AWAITING), turns.iter().map(|one| text(one.as_str())), into),
            Self::ReadByCustomer(wanted) => flag(attr::READ_BY_CUSTOMER, *wanted, into),
            Self::ReadByOrganization(wanted) => flag(attr::READ_BY_ORGANIZATION, *wanted, into),
            Self::Created(times) => period(attr::CREATED, times.from, times.until, into),
            Self::Updated(times) => period(attr::UPDATED, times.from, times.until, into),
            Self::LastActivity(times) => period(attr::LAST_ACTIVITY, times.from, times.until, into),
        }
    }

    /// Its condition on projected columns; none when rows have no column for it.
    pub(crate) fn column(&self) -> Option<ColumnFilter> {
        match self {
            Self::Assignee(users) => Some(columns::assignees(users)),
            Self::Channel(ids) => Some(columns::channels(ids)),
            Self::ChannelType(kinds) => Some(columns::channel_types(kinds)),
            Self::Status(statuses) => Some(columns::statuses(statuses)),
            Self::Source(sources) => Some(columns::sources(sources)),
            Self::Priority(priorities) => Some(columns::priorities(priorities)),
            Self::Awaiting(turns) => Some(columns::awaiting(turns)),
            Self::Contact(_)
            | Self::Account(_)
            | Self::Uid(_)
            | Self::Custom(_)
            | Self::Tag(_)
            | Self::Team(_)
            | Self::Category(_)
            | Self::ReadByCustomer(_)
            | Self::ReadByOrganization(_)
            | Self::Created(_)
            | Self::Updated(_)
            | Self::LastActivity(_) => None,
        }
    }

    /// The rows that select its tickets in a list in this order, perhaps of active tickets
    /// only; none when no rows do. An index entry of what is a column too is none in the
    /// orders whose rows have columns.
    pub(crate) fn selective(&self, by: SortBy, only_active: bool) -> Option<Selective> {
        match self {
            Self::Contact(ids) => {
                let sources = ids.iter().copied().map(RowSource::Contact).collect();
                Some(Selective { selectivity: Selectivity::Contact, sources })
            }
            Self::Account(ids) => entries(Selectivity::Account, ids, |id| Some(IndexedValue::Account(*id))),
            Self::Uid(uids) => entries(Selectivity::Uid, uids, |uid| Some(IndexedValue::Uid(uid.clone()))),
            Self::Assignee(users) if only_active => {
                let sources = users.iter().copied().map(RowSource::Assigned).collect();
                Some(Selective { selectivity: Selectivity::Assigned, sources })
            }
            Self::Custom(custom) => custom.selective(),
            Self::Tag(ids) => entries(Selectivity::Tag, ids, |id| Some(IndexedValue::Tag(*id))),
            Self::Team(ids) => entries(Selectivity::Team, ids, |id| id.map(IndexedValue::Team)),
            Self::Category(ids) => entries(Selectivity::Category, ids, |id| Some(IndexedValue::Category(*id))),
            Self::Assignee(users) if !by.has_columns() => {
                entries(Selectivity::Assignee, users, |user| user.map(IndexedValue::Assignee))
            }
            Self::Channel(ids) if !by.has_columns() => {
                entries(Selectivity::Channel, ids, |id| Some(IndexedValue::Channel(*id)))
            }
            Self::Assignee(_)
            | Self::Channel(_)
            | Self::ChannelType(_)
            | Self::Status(_)
            | Self::Source(_)
            | Self::Priority(_)
            | Self::Awaiting(_)
            | Self::ReadByCustomer(_)
            | Self::ReadByOrganization(_)
            | Self::Created(_)
            | Self::Updated(_)
            | Self::LastActivity(_) => None,
        }
    }

    /// The period that bounds a list in this order, if it is one.
    pub(crate) const fn period(&self, by: SortBy) -> Option<Period> {
        match (self, by) {
            (Self::Created(period), SortBy::Created)
            | (Self::Updated(period), SortBy::Updated)
            | (Self::LastActivity(period), SortBy::LastActivity) => Some(*period),
            _ => None,
        }
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

    fn expression(&self, into: &mut Expression) -> String {
        let path = into.path(attr::CUSTOM, self.key.as_str());
        let values = self.values.iter().map(custom_value);
        if !self.is_member {
            return any(&path, values, into);
        }
        let list = into.value(text("L"));
        format!("(attribute_type({path}, {list}) AND {})", contains_any(&path, values, into))
    }

    /// Several choices as a whole have no index entry.
    fn selective(&self) -> Option<Selective> {
        entries(Selectivity::Custom, &self.values, |value| match value {
            FieldValue::Choices(_) => None,
            value => Some(IndexedValue::Custom(self.key.clone(), value.clone())),
        })
    }
}

/// The index entries of values; none when one of them has no entries.
fn entries<T>(selectivity: Selectivity, values: &[T], of: impl Fn(&T) -> Option<IndexedValue>) -> Option<Selective> {
    let sources = values.iter().map(|value| of(value).map(RowSource::Indexed)).collect::<Option<_>>()?;
    Some(Selective { selectivity, sources })
}

#[cfg(test)]
mod tests;
