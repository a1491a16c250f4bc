//! A ticket written as a whole item.

use super::{
    attr::{self, Path, stored},
    compact,
};
use lambdesk_domain::{set::Set, ticket::Ticket};
use lambdesk_table::{
    FORMAT, Item, Tenant, Value,
    item::{id, number, text, time},
    keys::{self, State},
};

/// The item of a ticket, with its places in the indexes.
pub fn encode(ticket: &Ticket) -> Item {
    let mut item = Item::with_capacity(40);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            item.insert(name.to_owned(), value);
        }
    };
    put("v", Some(number(FORMAT)));
    put(attr::VERSION, Some(number(ticket.version.0)));
    put(attr::NUMBER, Some(number(ticket.number.0)));
    put(attr::STATUS, Some(text(ticket.status.as_str())));
    put(attr::STATUS_BEFORE_SPAM, ticket.status_before_spam.map(|status| text(status.as_str())));
    put(attr::LIFECYCLE, Some(text(ticket.lifecycle.as_str())));
    put(attr::SOURCE, Some(text(ticket.source.as_str())));
    put(attr::CHANNEL, ticket.channel.map(|channel| id(channel.id.uuid())));
    put(attr::CHANNEL_KIND, ticket.channel.map(|channel| text(channel.kind.as_str())));
    put(attr::TAGS, attr::tags(&ticket.tags));
    put(attr::PREVIEW, Some(text(ticket.preview.as_str())));
    put(attr::AWAITING, Some(text(ticket.awaiting.as_str())));
    put(attr::REPLIES, Some(number(ticket.replies_count)));
    put(attr::FOLLOW_UP_SILENT, ticket.is_follow_up_silent.then_some(Value::Bool(true)));
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
    put(attr::CONTINUED_BY, ticket.continued_by.map(|by| id(by.uuid())));
    put(attr::ORIGIN, Some(text(compact::origin(&ticket.origin))));
    put(attr::CAUSE, Some(text(compact::cause(&ticket.cause))));
    // Maps even when empty, so that their members can be set one by one.
    put(attr::REQUESTER, Some(Value::M(Item::new())));
    put(attr::CUSTOM, Some(Value::M(Item::new())));
    put_plain(&mut item, ticket);
    place(&mut item, ticket);
    item
}

fn put_plain(item: &mut Item, ticket: &Ticket) {
    for set in Set::all(ticket) {
        let (path, Some(value)) = stored(&set) else { continue };
        let (name, members) = match path {
            Path::Whole(name) => (name, &mut *item),
            Path::Member(map, name) => match item.entry(map.to_owned()).or_insert_with(|| Value::M(Item::new())) {
                Value::M(members) => (name, members),
                _ => continue,
            },
        };
        members.insert(name.to_owned(), value);
    }
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
    put("l_pk", tenant.list(State::of(ticket.lifecycle, ticket.status)));
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
