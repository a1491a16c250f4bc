//! The filter of a list: what tickets must be like, and whether one is. Pure. The
//! `expression` module says the same to the table; a property test holds them against
//! each other.

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
    /// Where they come from.
    pub sources: Vec<Source>,
    /// How urgent they are.
    pub priorities: Vec<Priority>,
    /// Their category.
    pub categories: Vec<CategoryId>,
    /// Their channel.
    pub channels: Vec<ChannelId>,
    /// The type of their channel.
    pub channel_types: Vec<ChannelType>,
    /// `None` stands for nobody.
    pub assignees: Vec<Option<UserId>>,
    /// `None` stands for no team.
    pub teams: Vec<Option<TeamId>>,
    /// Their tags.
    pub tags: Vec<TagId>,
    /// Their contact.
    pub contacts: Vec<ContactId>,
    /// Their account.
    pub accounts: Vec<AccountId>,
    /// The end user's name elsewhere.
    pub uids: Vec<Uid>,
    /// Their custom fields.
    pub custom: Vec<CustomFilter>,
    /// Whose turn it is.
    pub awaiting: Vec<Awaiting>,
    /// Whether the customer has read everything.
    pub is_read_by_customer: Option<bool>,
    /// Whether somebody of the organisation has.
    pub is_read_by_organization: Option<bool>,
    /// When they were created.
    pub created: Period,
    /// When they were last changed.
    pub updated: Period,
    /// When they were last active.
    pub last_activity: Period,
}

impl ListFilter {
    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a ticket meets all filters. Exhaustive on purpose: a filter that is added
    /// and forgotten here does not compile.
    pub(crate) fn matches(&self, ticket: &Ticket) -> bool {
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
