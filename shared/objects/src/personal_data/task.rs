//! Task of a merge or erase job: a ticket or account in, the change that the job makes of
//! it out. Pure.

use lambdesk_domain::{
    command::Change,
    contact::{Account, Contact, ContactRef},
    custom_field::FieldDefinition,
    personal::{self, Job},
    ticket::Ticket,
    time::Timestamp,
};

/// What is done with everything of a job's subjects.
pub enum Task {
    /// It is this contact's from now on.
    Reassign(Box<Contact>),
    /// It loses all words; the definitions of custom fields tell which of their values are.
    Erase(Vec<FieldDefinition>),
    /// Nothing: the merge has lost its target to an erasure, which takes everything too; or
    /// the job is the receipt of an export.
    Nothing,
}

impl Task {
    pub fn ticket_change(&self, ticket: &Ticket, job: &Job, now: Timestamp) -> Option<Change> {
        match self {
            Self::Reassign(target) => Some(personal::reassign(ticket, ContactRef::from(&**target), job.cause(), now)),
            Self::Erase(fields) => {
                let fields: Vec<_> = fields.iter().collect();
                Some(personal::erase(ticket, &fields, job.cause(), now))
            }
            Self::Nothing => None,
        }
    }

    pub fn account_after(&self, account: Account, now: Timestamp) -> Option<Account> {
        match self {
            Self::Reassign(target) => Some(Account { contact_id: Some(target.id), ..account }.changed(now)),
            Self::Erase(_) => Some(account.erased(now)),
            Self::Nothing => None,
        }
    }
}
