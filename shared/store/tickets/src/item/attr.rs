//! Attributes of a ticket's head: their names, and what plain fields are stored as. Names are
//! short, because every byte of a head is stored up to three times and read with every list.

use lambdesk_domain::{
    contact::ContactRef,
    custom_field::FieldValue,
    id::TagId,
    set::Set,
    status::Status,
    text::{EmailAddress, ExternalId, Name},
};
use lambdesk_table::{
    Expression, Item, Value,
    item::{id, text, time},
    keys,
};
use std::collections::BTreeSet;

/// The version: a number.
pub const VERSION: &str = "ver";
/// The number by which people name it.
pub const NUMBER: &str = "num";
/// The subject.
pub const SUBJECT: &str = "sub";
/// The status: its word.
pub const STATUS: &str = "st";
/// The status that spam hides.
pub const STATUS_BEFORE_SPAM: &str = "sb";
/// The lifecycle state: its word.
pub const LIFECYCLE: &str = "sh";
/// The priority: its word.
pub const PRIORITY: &str = "pr";
/// How it came in: its word.
pub const SOURCE: &str = "src";
/// The id of the channel.
pub const CHANNEL: &str = "ch";
/// The channel's type: its word.
pub const CHANNEL_KIND: &str = "chk";
/// The id of the category.
pub const CATEGORY: &str = "cat";
/// The id of the team.
pub const TEAM: &str = "tm";
/// The id of the assignee.
pub const ASSIGNEE: &str = "asg";
/// The partition of the assignee index that the ticket is in while it is open:
/// copied from here when it reopens.
pub const ASSIGNED: &str = "ak";
/// The contact: a map, see [`ID`] and what follows it.
pub const CONTACT: &str = "ct";
/// The id of the account.
pub const ACCOUNT: &str = "ac";
/// Who asks: a map, see [`NAME`] and what follows it.
pub const REQUESTER: &str = "rq";
/// The ids of the tags: a set, absent when empty.
pub const TAGS: &str = "tg";
/// The custom fields: a map by key.
pub const CUSTOM: &str = "cf";
/// The end user's name in somebody else's system.
pub const UID: &str = "uid";
/// The summary.
pub const SUMMARY: &str = "sum";
/// The beginning of the latest public message.
pub const PREVIEW: &str = "pv";
/// Whose turn it is: its word.
pub const AWAITING: &str = "aw";
/// How many replies it has.
pub const REPLIES: &str = "rc";
/// Whether the customer has read it.
pub const READ_BY_CUSTOMER: &str = "rbc";
/// Whether one of us has read it.
pub const READ_BY_ORGANIZATION: &str = "rbo";
/// When its follow-up is due.
pub const FOLLOW_UP: &str = "fu";
/// There when its follow-up was set silently.
pub const FOLLOW_UP_SILENT: &str = "fus";
/// When it was made.
pub const CREATED: &str = "cr";
/// When it last changed.
pub const UPDATED: &str = "up";
/// When something last happened on it.
pub const LAST_ACTIVITY: &str = "la";
/// When someone first worked on it.
pub const IN_PROGRESS: &str = "ip";
/// When we first answered.
pub const FIRST_RESPONSE: &str = "fr";
/// When it was resolved or closed.
pub const RESOLVED: &str = "rs";
/// When it was closed.
pub const CLOSED: &str = "cl";
/// When it was archived.
pub const ARCHIVED: &str = "ar";
/// When it was deleted.
pub const TRASHED: &str = "tr";
/// The id of the ticket that continues it.
pub const CONTINUED_BY: &str = "cb";
/// What was settled when it was made, in compact form.
pub const ORIGIN: &str = "og";
/// What its version is owed to, in compact form.
pub const CAUSE: &str = "cz";

/// The id, inside [`CONTACT`].
pub const ID: &str = "i";
/// The name, inside [`CONTACT`] and [`REQUESTER`].
pub const NAME: &str = "n";
/// The address, inside the same.
pub const EMAIL: &str = "e";
/// The phone number, inside [`REQUESTER`].
pub const PHONE: &str = "p";
/// The id in somebody else's system, inside [`CONTACT`].
pub const EXTERNAL_ID: &str = "x";

/// Whether nobody has proved that it is them: true or absent, inside [`CONTACT`].
pub const UNPROVED: &str = "u";

/// Since when the status is this one. One attribute per status, so that entering
/// a status can keep its first time without knowing the status before.
pub const fn since(status: Status) -> &'static str {
    match status {
        Status::Open => "s_o",
        Status::InProgress => "s_i",
        Status::Waiting => "s_w",
        Status::OnHold => "s_h",
        Status::Resolved => "s_r",
        Status::Closed => "s_c",
        Status::Spam => "s_s",
    }
}

/// Where the value of a field is in the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path<'a> {
    /// An attribute of its own.
    Whole(&'static str),
    /// A member of a map.
    Member(&'static str, &'a str),
}

impl Path<'_> {
    /// The placeholder for it in an expression.
    pub fn placeholder(self, into: &mut Expression) -> String {
        match self {
            Self::Whole(name) => into.name(name),
            Self::Member(map, key) => into.path(map, key),
        }
    }
}

/// Where each plain field is stored, and its value there; none where the field is empty. The
/// whole item, update expressions and no-op conditions follow from this table.
pub fn stored(set: &Set) -> (Path<'_>, Option<Value>) {
    use Path::{Member, Whole};
    match set {
        Set::Subject(subject) => (Whole(SUBJECT), Some(text(subject.as_str()))),
        Set::Priority(priority) => (Whole(PRIORITY), Some(text(priority.as_str()))),
        Set::Category(category) => (Whole(CATEGORY), category.map(|category| id(category.uuid()))),
        Set::Team(team) => (Whole(TEAM), team.map(|team| id(team.uuid()))),
        Set::Assignee(user) => (Whole(ASSIGNEE), user.map(|user| id(user.uuid()))),
        Set::Contact(contact) => (Whole(CONTACT), contact.as_ref().map(self::contact)),
        Set::Account(account) => (Whole(ACCOUNT), account.map(|account| id(account.uuid()))),
        Set::RequesterName(name) => (Member(REQUESTER, NAME), name.as_ref().map(|name| text(name.as_str()))),
        Set::RequesterEmail(email) => (Member(REQUESTER, EMAIL), email.as_ref().map(|email| text(email.as_str()))),
        Set::RequesterPhone(phone) => (Member(REQUESTER, PHONE), phone.as_ref().map(|phone| text(phone.as_str()))),
        Set::Custom(key, value) => (Member(CUSTOM, key.as_str()), value.as_ref().map(custom)),
        Set::Uid(uid) => (Whole(UID), uid.as_ref().map(|uid| text(uid.as_str()))),
        Set::Summary(summary) => (Whole(SUMMARY), summary.as_ref().map(|summary| text(summary.as_str()))),
        Set::FollowUpAt(due) => (Whole(FOLLOW_UP), due.map(time)),
        Set::ReadByCustomer(flag) => (Whole(READ_BY_CUSTOMER), Some(Value::Bool(*flag))),
        Set::ReadByOrganization(flag) => (Whole(READ_BY_ORGANIZATION), Some(Value::Bool(*flag))),
    }
}

/// A contact's part on the ticket.
fn contact(contact: &ContactRef) -> Value {
    Value::M(contact_parts(contact))
}

/// The members of a contact's part on the ticket.
pub fn contact_parts(contact: &ContactRef) -> Item {
    let mut map = Item::from([(ID.to_owned(), id(contact.id.uuid()))]);
    let parts = [
        (NAME, contact.name.as_ref().map(Name::as_str)),
        (EMAIL, contact.email.as_ref().map(EmailAddress::as_str)),
        (EXTERNAL_ID, contact.external_id.as_ref().map(ExternalId::as_str)),
    ];
    map.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), text(part?)))));
    map.extend(contact.is_unproved.then(|| (UNPROVED.to_owned(), Value::Bool(true))));
    map
}

/// The tags as a set; `DynamoDB` has no empty sets.
pub fn tags(tags: &BTreeSet<TagId>) -> Option<Value> {
    (!tags.is_empty()).then(|| Value::Ss(tags.iter().map(|tag| keys::short(tag.uuid())).collect()))
}

/// A custom field's value, so that filters can compare it.
pub fn custom(value: &FieldValue) -> Value {
    match value {
        FieldValue::Boolean(flag) => Value::Bool(*flag),
        FieldValue::Number(number) => Value::N(number.to_string()),
        FieldValue::Text(value) => text(value),
        FieldValue::Choices(values) => Value::L(values.iter().map(text).collect()),
    }
}
