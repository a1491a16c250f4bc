//! Keys in a ticket's partition, and the sort keys of indexes.

use super::encoding::{long, short, time_key};
use lambdesk_domain::{
    id::{MessageId, TicketId, WorkspaceId},
    status::Priority,
    ticket::Ticket,
    time::Timestamp,
};

pub(super) const TICKET: &str = "T";

pub(super) const MESSAGE: &str = "M#";

/// Behind everything that is read with the thread.
pub(super) const BODY: &str = "Z#";

pub(super) const ATTACHMENT: &str = "X#";

pub(super) const FOLLOW_UP: &str = "U";

/// The sort keys of a ticket's thread: its messages and, last, its head.
pub const THREAD: (&str, &str) = (MESSAGE, TICKET);

/// The sort keys of a ticket's messages.
pub const MESSAGES: (&str, &str) = (MESSAGE, "M$");

/// The sort keys of a ticket's files.
pub const ATTACHMENTS: (&str, &str) = (ATTACHMENT, "X$");

/// Whether this sort key is a ticket's head.
#[must_use]
pub fn is_ticket(sk: &str) -> bool {
    sk == TICKET
}

/// The workspace and ticket that a ticket's partition key names.
#[must_use]
pub fn parse_ticket(pk: &str) -> Option<(WorkspaceId, TicketId)> {
    let (workspace, ticket) = pk.split_once("#t#")?;
    Some((WorkspaceId::new(long(workspace)?), TicketId::new(long(ticket)?)))
}

/// The message that a message's sort key names.
#[must_use]
pub fn parse_message(sk: &str) -> Option<MessageId> {
    sk.strip_prefix(MESSAGE).and_then(long).map(MessageId::new)
}

/// Whether this sort key is the row of a follow-up.
#[must_use]
pub fn is_follow_up(sk: &str) -> bool {
    sk == FOLLOW_UP
}

/// A place in a list by last activity: sorts as the list does.
#[must_use]
pub fn activity(last_activity_at: Timestamp, ticket: TicketId) -> String {
    format!("{}{}", time_key(last_activity_at), short(ticket.uuid()))
}

/// A place in the list by priority.
#[must_use]
pub fn priority(priority: Priority, ticket: TicketId) -> String {
    format!("{}{}", priority.code(), short(ticket.uuid()))
}

/// The sort key of a ticket in indexes by id.
#[must_use]
pub fn by_id(ticket: &Ticket) -> String {
    short(ticket.id.uuid())
}
