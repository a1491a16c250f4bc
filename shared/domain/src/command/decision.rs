//! What a command comes to: a change and what it assumes, or none.

use crate::{
    access::{Cause, VisibilityScope},
    guard::Guard,
    message::Message,
    patch::{TicketPatch, apply},
    set::Set,
    status::StatusSet,
    ticket::Ticket,
    time::Timestamp,
};

/// A decided change, ready to be committed if its guard holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it assumes.
    pub guard: Guard,
    /// What it sets.
    pub patch: TicketPatch,
    /// The message that comes with it.
    pub message: Option<Message>,
    /// The message that says something else from now on.
    pub edited: Option<Message>,
    /// The message that goes with it.
    pub deleted: Option<Message>,
    /// What it is owed to.
    pub cause: Cause,
    /// When it was decided.
    pub at: Timestamp,
}

impl Change {
    /// Whether the ticket is as assumed. The store's condition expression says the same.
    #[must_use]
    pub fn admits(&self, ticket: &Ticket) -> bool {
        self.guard.admits(ticket) && !(self.guard.rejects_noop && self.patch.is_noop(ticket))
    }

    /// A change that is made for a ticket just as it is, whatever its status and lifecycle.
    #[must_use]
    pub fn of_ticket(ticket: &Ticket, patch: TicketPatch, cause: Cause, at: Timestamp) -> Self {
        let guard = Guard {
            versions: Some(ticket.version.into()),
            lifecycle: ticket.lifecycle,
            statuses: StatusSet::of(&[ticket.status]),
            ..Guard::live(VisibilityScope::All)
        };
        Self { guard, patch, message: None, edited: None, deleted: None, cause, at }
    }

    /// The ticket afterwards.
    #[must_use]
    pub fn applied_to(&self, ticket: &Ticket) -> Ticket {
        apply(ticket, &self.patch, &self.cause, self.at)
    }
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Something changes.
    Change(Box<Change>),
    /// All is as asked already.
    Unchanged,
    /// Only the ticket itself can tell; never the answer to [`Prior::Known`](super::Prior::Known).
    NeedsTicket,
}

impl Decision {
    /// The message alone, as of a blocked sender: the ticket stays where it is, in
    /// every list.
    #[must_use]
    pub fn silent_append(self) -> Self {
        match self {
            Self::Change(mut change) => {
                let patch = &mut change.patch;
                (patch.status, patch.is_activity) = (None, false);
                patch.sets.retain(|set| !matches!(set, Set::ReadByOrganization(_) | Set::FollowUpAt(_)));
                if let Some(trace) = &mut patch.message {
                    (trace.preview, trace.awaiting) = (None, None);
                }
                Self::Change(change)
            }
            other => other,
        }
    }

    pub(super) fn change(
        guard: Guard,
        patch: TicketPatch,
        message: Option<Message>,
        cause: Cause,
        at: Timestamp,
    ) -> Self {
        Self::Change(Box::new(Change { guard, patch, message, edited: None, deleted: None, cause, at }))
    }
}
