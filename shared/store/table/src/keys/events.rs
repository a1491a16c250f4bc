//! The keys of events, and of the rows that ask for a check or a backfill of them.

use super::{
    contacts::PARTITION as CONTACTS,
    encoding::{long, short},
    index::Key,
    tenant::Tenant,
    tickets::parse_ticket,
};
use lambdesk_domain::{
    events::{EventSource, EventSubject},
    id::{ContactId, WorkspaceId},
};

const EVENT: &str = "E#";
const RETRY: &str = "V";
const BACKFILL_REQUEST: &str = "G";
/// Between workspace and contact in the partition of a contact's events.
const CONTACT_EVENTS: &str = "#e#";

/// The sort keys of the events of a ticket or contact.
pub const EVENTS: (&str, &str) = (EVENT, "E$");

impl Tenant {
    /// Partition of the events of a ticket, which is the ticket's own, or of a contact.
    #[must_use]
    pub fn events(&self, of: EventSubject) -> String {
        match of {
            EventSubject::Ticket(ticket) => self.ticket(ticket).pk,
            EventSubject::Contact(contact) => format!("{}{CONTACT_EVENTS}{}", self.workspace, short(contact.uuid())),
        }
    }

    /// The event of a version.
    #[must_use]
    pub fn event(&self, EventSource { subject, version }: EventSource) -> Key {
        Key { pk: self.events(subject), sk: format!("{EVENT}{:010}", version.0) }
    }

    /// The row that asks for the events of a ticket or contact to be checked.
    #[must_use]
    pub fn retry(&self, of: EventSubject) -> Key {
        Key { pk: self.events(of), sk: RETRY.to_owned() }
    }

    /// The request that the sequence gaps of a ticket or contact be backfilled. It shares
    /// their partition, so that the stream brings it after their own records.
    #[must_use]
    pub fn backfill_request(&self, of: EventSubject) -> Key {
        match of {
            EventSubject::Ticket(ticket) => Key { pk: self.ticket(ticket).pk, sk: BACKFILL_REQUEST.to_owned() },
            EventSubject::Contact(contact) => {
                let sk = format!("{BACKFILL_REQUEST}#{}", short(contact.uuid()));
                Key { pk: self.contact(contact).pk, sk }
            }
        }
    }
}

/// The workspace, and the ticket or contact whose events the partition key names.
#[must_use]
pub fn parse_events(pk: &str) -> Option<(WorkspaceId, EventSubject)> {
    if let Some((workspace, ticket)) = parse_ticket(pk) {
        return Some((workspace, EventSubject::Ticket(ticket)));
    }
    let (workspace, contact) = pk.split_once(CONTACT_EVENTS)?;
    Some((WorkspaceId::new(long(workspace)?), EventSubject::Contact(ContactId::new(long(contact)?))))
}

/// Whether this sort key is the row that asks for a check of events.
#[must_use]
pub fn is_retry(sk: &str) -> bool {
    sk == RETRY
}

/// The workspace, and the ticket or contact whose events are to be backfilled.
#[must_use]
pub fn parse_backfill_request(pk: &str, sk: &str) -> Option<(WorkspaceId, EventSubject)> {
    if sk == BACKFILL_REQUEST {
        return parse_ticket(pk).map(|(workspace, ticket)| (workspace, EventSubject::Ticket(ticket)));
    }
    let contact = long(sk.strip_prefix(BACKFILL_REQUEST)?.strip_prefix('#')?)?;
    let workspace = long(pk.strip_suffix(CONTACTS)?)?;
    Some((WorkspaceId::new(workspace), EventSubject::Contact(ContactId::new(contact))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::id::TicketId;
    use uuid::Uuid;

    #[test]
    fn the_key_of_a_backfill_request_names_its_subject_and_no_other_key_does() {
        let workspace = WorkspaceId::new(Uuid::from_u128(1));
        let tenant = Tenant::new(workspace);
        let (ticket, contact) = (TicketId::new(Uuid::from_u128(2)), ContactId::new(Uuid::from_u128(2)));
        for subject in [EventSubject::Ticket(ticket), EventSubject::Contact(contact)] {
            let Key { pk, sk } = tenant.backfill_request(subject);
            assert_eq!(parse_backfill_request(&pk, &sk), Some((workspace, subject)));
            let Key { pk, sk } = tenant.retry(subject);
            assert_eq!(parse_backfill_request(&pk, &sk), None);
        }
        for Key { pk, sk } in [tenant.ticket(ticket), tenant.contact(contact)] {
            assert_eq!(parse_backfill_request(&pk, &sk), None);
        }
    }
}
