//! The keys of events, and of the rows that ask for a check of them.

use super::{Key, Tenant, long, parse_ticket, short};
use lambdesk_domain::{
    events::{EventSource, Subject},
    id::{ContactId, WorkspaceId},
};

const EVENT: &str = "E#";
const RECHECK: &str = "V";
/// Between workspace and contact in the partition of a contact's events.
const CONTACT_EVENTS: &str = "#e#";

/// The sort keys of the events of a ticket or contact.
pub const EVENTS: (&str, &str) = (EVENT, "E$");

impl Tenant {
    /// Partition of the events of a ticket, which is the ticket's own, or of a contact.
    #[must_use]
    pub fn events(&self, of: Subject) -> String {
        match of {
            Subject::Ticket(ticket) => self.ticket(ticket).pk,
            Subject::Contact(contact) => format!("{}{CONTACT_EVENTS}{}", self.workspace, short(contact.uuid())),
        }
    }

    /// The event of a version.
    #[must_use]
    pub fn event(&self, EventSource { subject, version }: EventSource) -> Key {
        Key { pk: self.events(subject), sk: format!("{EVENT}{:010}", version.0) }
    }

    /// The row that asks for the events of a ticket or contact to be checked.
    #[must_use]
    pub fn recheck(&self, of: Subject) -> Key {
        Key { pk: self.events(of), sk: RECHECK.to_owned() }
    }
}

/// The workspace, and the ticket or contact whose events the partition key names.
#[must_use]
pub fn parse_events(pk: &str) -> Option<(WorkspaceId, Subject)> {
    if let Some((workspace, ticket)) = parse_ticket(pk) {
        return Some((workspace, Subject::Ticket(ticket)));
    }
    let (workspace, contact) = pk.split_once(CONTACT_EVENTS)?;
    Some((WorkspaceId::new(long(workspace)?), Subject::Contact(ContactId::new(long(contact)?))))
}

/// Whether this sort key is the row that asks for a check of events.
#[must_use]
pub fn is_recheck(sk: &str) -> bool {
    sk == RECHECK
}
