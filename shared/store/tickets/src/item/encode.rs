//! A ticket written as a whole item.

use super::{attr, compact};
use lambdesk_domain::{
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::TagId,
    text::{EmailAddress, ExternalId, Name, Phone},
    ticket::Ticket,
};
use lambdesk_table::{
    FORMAT, Item, Tenant, Value as Av,
    item::{id, number, text, time},
    keys::{self, State},
};
use std::collections::BTreeSet;

/// The item of a ticket, with its places in the indexes.
pub fn encode(ticket: &Ticket) -> Item {
    let mut item = Item::with_capacity(40);
    let mut put = |name: &str, value: Option<Av>| {
        if let Some(value) = value {
            item.insert(name.to_owned(), value);
        }
    };
    put("v", Some(number(FORMAT)));
    put(attr::VERSION, Some(number(ticket.version.0)));
    put(attr::NUMBER, Some(number(ticket.number.0)));
    put(attr::SUBJECT, Some(text(ticket.subject.as_str())));
    put(attr::STATUS, Some(text(ticket.status.as_str())));
    put(attr::STATUS_BEFORE_SPAM, ticket.status_before_spam.map(|status| text(status.as_str())));
    put(attr::SHELF, Some(text(ticket.shelf.as_str())));
    put(attr::PRIORITY, Some(text(ticket.priority.as_str())));
    put(attr::SOURCE, Some(text(ticket.source.as_str())));
    put(attr::CHANNEL, ticket.channel.map(|channel| id(channel.id.uuid())));
    put(attr::CHANNEL_KIND, ticket.channel.map(|channel| text(channel.kind.as_str())));
    put(attr::CATEGORY, ticket.category.map(|category| id(category.uuid())));
    put(attr::TEAM, ticket.team.map(|team| id(team.uuid())));
    put(attr::ASSIGNEE, ticket.assignee.map(|user| id(user.uuid())));
    put(attr::CONTACT, ticket.contact.as_ref().map(contact));
    put(attr::ACCOUNT, ticket.account.map(|account| id(account.uuid())));
    put(attr::REQUESTER, Some(requester(&ticket.requester)));
    put(attr::TAGS, tags(&ticket.tags));
    put(attr::CUSTOM, Some(Av::M(ticket.custom.iter().map(|(key, value)| (key.to_string(), custom(value))).collect())));
    put(attr::UID, ticket.uid.as_ref().map(|uid| text(uid.as_str())));
    put(attr::SUMMARY, ticket.summary.as_ref().map(|summary| text(summary.as_str())));
    put(attr::PREVIEW, Some(text(ticket.preview.as_str())));
    put(attr::AWAITING, Some(text(ticket.awaiting.as_str())));
    put(attr::REPLIES, Some(number(ticket.replies_count)));
    put(attr::READ_BY_CUSTOMER, Some(Av::Bool(ticket.is_read_by_customer)));
    put(attr::READ_BY_ORGANIZATION, Some(Av::Bool(ticket.is_read_by_organization)));
    put(attr::FOLLOW_UP, ticket.follow_up_at.map(time));
    put(attr::CREATED, Some(time(ticket.created_at)));
    put(attr::UPDATED, Some(time(ticket.updated_at)));
    put(attr::LAST_ACTIVITY, Some(time(ticket.last_activity_at)));
    put(attr::since(ticket.status), Some(time(ticket.status_changed_at)));
    put(attr::IN_PROGRESS, ticket.in_progress_at.map(time));
    put(attr::FIRST_RESPONSE, ticket.first_response_at.map(time));
    put(attr::RESOLVED, ticket.resolved_at.map(time));
    put(attr::CLOSED, ticket.closed_at.map(time));
    put(attr::ARCHIVED, ticket.archived_at.map(time));
    put(attr::TRASHED, ticket.trashed_at.map(time));
    put(attr::ORIGIN, Some(text(compact::origin(&ticket.origin))));
    put(attr::CAUSE, Some(text(compact::cause(&ticket.cause))));
    place(&mut item, ticket);
    item
}

/// The keys of the table and of the indexes that the ticket is in.
fn place(item: &mut Item, ticket: &Ticket) {
    let tenant = Tenant::new(ticket.workspace_id);
    let keys::Key { pk, sk } = tenant.ticket(ticket.id);
    let by_id = keys::by_id(ticket);
    let assigned = tenant.assigned(ticket.assignee);
    let mut put = |name: &str, value: String| drop(item.insert(name.to_owned(), text(value)));
    put("pk", pk);
    put("sk", sk);
    put("l_pk", tenant.list(State::of(ticket.shelf, ticket.status)));
    put("l_sk", keys::activity(ticket.last_activity_at, ticket.id));
    put("a_sk", by_id.clone());
    put("o_sk", keys::priority(ticket.priority, ticket.id));
    if ticket.is_active() {
        put("a_pk", assigned.clone());
        put("o_pk", tenant.order());
    }
    put(attr::ASSIGNED, assigned);
    if let Some(contact) = &ticket.contact {
        put("x_pk", tenant.contact_tickets(contact.id));
        put("x_sk", by_id);
    }
}

/// A contact's part on the ticket.
pub fn contact(contact: &ContactRef) -> Av {
    let mut map = Item::from([(attr::ID.to_owned(), id(contact.id.uuid()))]);
    let parts = [
        (attr::NAME, contact.name.as_ref().map(Name::as_str)),
        (attr::EMAIL, contact.email.as_ref().map(EmailAddress::as_str)),
        (attr::EXTERNAL_ID, contact.external_id.as_ref().map(ExternalId::as_str)),
    ];
    map.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), text(part?)))));
    Av::M(map)
}

/// The requester. A map even when empty, so that its parts can be set one by one.
fn requester(requester: &Requester) -> Av {
    let parts = [
        (attr::NAME, requester.name.as_ref().map(Name::as_str)),
        (attr::EMAIL, requester.email.as_ref().map(EmailAddress::as_str)),
        (attr::PHONE, requester.phone.as_ref().map(Phone::as_str)),
    ];
    Av::M(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), text(part?)))).collect())
}

/// The tags as a set; `DynamoDB` has no empty sets.
pub fn tags(tags: &BTreeSet<TagId>) -> Option<Av> {
    (!tags.is_empty()).then(|| Av::Ss(tags.iter().map(|tag| keys::short(tag.uuid())).collect()))
}

/// A custom field's value, so that filters can compare it.
pub fn custom(value: &FieldValue) -> Av {
    match value {
        FieldValue::Boolean(flag) => Av::Bool(*flag),
        FieldValue::Number(number) => Av::N(number.to_string()),
        FieldValue::Text(value) => text(value),
        FieldValue::Choices(values) => Av::L(values.iter().map(text).collect()),
    }
}
