//! How much of a ticket's contact and account a caller is told.

use lambdesk_domain::{
    access::{Actor, Scope, Scopes},
    contact::ContactRef,
};

/// What is told of the contact and the account of a ticket: what the routes of contacts
/// would tell the same caller, so that no ticket is a way around their scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientDetail {
    /// All that a ticket shows of them.
    Whole,
    /// Their ids.
    Ids,
}

impl ClientDetail {
    /// For an actor with a key of these scopes: a channel key and a visitor have ids,
    /// whatever the key's scopes.
    #[must_use]
    pub const fn of(actor: &Actor, scopes: Scopes) -> Self {
        match actor {
            Actor::Channel { .. } | Actor::Visitor { .. } => Self::Ids,
            Actor::User { .. } | Actor::Machine { .. } | Actor::System => {
                if scopes.allow(Scope::ContactsRead) {
                    Self::Whole
                } else {
                    Self::Ids
                }
            }
        }
    }

    /// Whether all is told.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Whole)
    }

    /// The contact as far as it is told.
    pub(super) fn contact(self, contact: ContactRef) -> ContactRef {
        match self {
            Self::Whole => contact,
            Self::Ids => ContactRef { name: None, email: None, external_id: None, ..contact },
        }
    }
}
