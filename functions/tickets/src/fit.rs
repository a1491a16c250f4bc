//! Whether what is asked of a ticket fits what it has: its contact and account each other,
//! and all of it its channel.

use crate::references::require_owner;
use lambdesk_api::{auth::Session, body::Checker, problem::Problem};
use lambdesk_domain::{
    contact::Account,
    directory::{Channel, Directory},
    id::ContactId,
    ticket::Ticket,
};

/// What only the ticket can tell of the fields that are asked for.
#[derive(Debug)]
pub struct Fit {
    relation: Relation,
    cleared: Cleared,
}

/// Whether contact and account will fit each other.
#[derive(Debug)]
pub enum Relation {
    /// They do, or neither comes along.
    Settled,
    /// This account comes to the ticket's contact.
    Account(Box<Account>),
    /// This contact comes to the ticket's account.
    Contact(ContactId),
}

/// What is taken off the ticket that its channel may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Cleared {
    /// The category.
    pub category: bool,
    /// The contact.
    pub contact: bool,
}

impl Cleared {
    /// What of it a channel asks for.
    fn asked_for(self, channel: &Channel) -> Self {
        Self {
            category: self.category && channel.opening.require_category,
            contact: self.contact && channel.opening.require_contact,
        }
    }

    const fn is_nothing(self) -> bool {
        !self.category && !self.contact
    }
}

impl Fit {
    /// Where no channel asks for what is cleared, no ticket has to be asked.
    pub fn of(relation: Relation, cleared: Cleared, directory: &Directory) -> Self {
        let mut channels = directory.channels.values();
        let is_asked_for = channels.any(|channel| !cleared.asked_for(channel).is_nothing());
        let cleared = if is_asked_for { cleared } else { Cleared { category: false, contact: false } };
        Self { relation, cleared }
    }

    /// Whether it fits any ticket.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.relation, Relation::Settled) && self.cleared.is_nothing()
    }

    /// Holds it to the ticket.
    ///
    /// # Errors
    /// 422 when the account is another contact's, or when the ticket's channel asks for
    /// what the ticket would lose.
    pub async fn check(&self, ticket: &Ticket, session: &Session) -> Result<(), Problem> {
        let mut checker = Checker::default();
        match (&self.relation, ticket.account) {
            (Relation::Account(account), _) => {
                let contact = ticket.contact.as_ref().map(|contact| contact.id);
                require_owner(contact, account, "/account_id", &mut checker);
            }
            (Relation::Contact(contact), Some(account)) => {
                if let Some(account) = session.app.contacts.account(session.workspace(), account).await? {
                    require_owner(Some(*contact), &account, "/contact_id", &mut checker);
                }
            }
            (Relation::Contact(_), None) | (Relation::Settled, _) => {}
        }
        self.check_channel(ticket, &session.directory, &mut checker);
        checker.finish()
    }

    /// A ticket that has not got it, because the channel did not ask for it then, stays as
    /// it is.
    fn check_channel(&self, ticket: &Ticket, directory: &Directory, checker: &mut Checker) {
        let channel = ticket.channel.and_then(|channel| directory.channels.get(&channel.id));
        let Some(lost) = channel.map(|channel| self.cleared.asked_for(channel)) else {
            return;
        };
        if lost.category && ticket.category.is_some() {
            checker.error("/category_id", "required", "the ticket's channel asks for a category");
        }
        if lost.contact && ticket.contact.is_some() {
            checker.error("/contact_id", "required", "the ticket's channel asks for a contact");
        }
    }
}
