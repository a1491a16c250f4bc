//! Commands decided into changes.
//!
//! Every decision is made for a [`Prior`]: without the ticket, on the likely case,
//! or with it. The property that ties both together is tested: whenever the
//! guard of the uninformed decision admits a ticket, the informed one has the
//! same effect on it.

mod create;
mod delete_message;
mod edit_message;
mod reply;
mod update;

pub use create::create;
pub use delete_message::{Remains, delete_message};
pub use edit_message::edit_message;
pub use reply::{NewReply, ReplyKind, reply};
pub use update::{Fields, Update, follow_up_due, update};

pub use crate::ticket::{NewTicket, Opening};

use crate::{
    access::{AccessRules, Actor, Cause, Forbidden, What},
    guard::Guard,
    id::{RequestId, Version},
    message::Message,
    patch::{TicketPatch, apply},
    set::Set,
    status::{Shelf, Status},
    ticket::Ticket,
    time::Timestamp,
};

/// What is known of the ticket when a command is decided.
#[derive(Debug, Clone, Copy)]
pub enum Prior<'a> {
    /// Nothing: decide for the likely case.
    Unknown,
    /// The ticket as it is.
    Known(&'a Ticket),
}

/// The circumstances of a command.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks.
    pub actor: Actor,
    /// The workspace's rules on access.
    pub rules: AccessRules,
    /// In which request.
    pub request_id: Option<RequestId>,
    /// Without outward effect.
    pub is_silent: bool,
    /// The version that the caller has seen.
    pub if_match: Option<Version>,
    /// The time.
    pub now: Timestamp,
}

impl Context {
    /// What a change is owed to that is made under these circumstances.
    #[must_use]
    pub fn cause(&self, what: Option<What>) -> Cause {
        Cause { actor: self.actor.reference(), request_id: self.request_id, is_silent: self.is_silent, what }
    }

    pub(crate) fn guard(&self) -> Guard {
        Guard { version: self.if_match, ..Guard::live(self.actor.reach(self.rules)) }
    }

    /// Refuses what forbids every command but restoring: out of reach, another
    /// version than the caller has seen, or in the trash.
    ///
    /// # Errors
    /// Which of them it is.
    pub fn check(&self, ticket: &Ticket) -> Result<(), Rejection> {
        self.check_seen(ticket)?;
        if ticket.shelf == Shelf::Trashed { Err(Rejection::Trashed) } else { Ok(()) }
    }

    /// Refuses a ticket out of reach or of another version than the caller has seen.
    fn check_seen(&self, ticket: &Ticket) -> Result<(), Rejection> {
        if !self.sees(ticket) {
            return Err(Rejection::NotFound);
        }
        match self.if_match {
            Some(seen) if seen != ticket.version => Err(Rejection::Stale { current: ticket.version }),
            _ => Ok(()),
        }
    }

    /// Whether the ticket is within the actor's reach.
    #[must_use]
    pub fn sees(&self, ticket: &Ticket) -> bool {
        let channel = ticket.channel.map(|channel| channel.id);
        self.actor.reach(self.rules).covers(ticket.assignee, channel)
    }
}

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
    /// Only the ticket itself can tell; never the answer to [`Prior::Known`].
    NeedsTicket,
}

impl Decision {
    /// The message alone, as of a blocked sender: the ticket stays where it is, in
    /// every list.
    #[must_use]
    pub fn unmoved(self) -> Self {
        match self {
            Self::Change(mut change) => {
                let patch = &mut change.patch;
                (patch.status, patch.is_activity) = (None, false);
                patch.sets.retain(|set| !matches!(set, Set::ReadByOrganization(_)));
                if let Some(trace) = &mut patch.message {
                    (trace.preview, trace.awaiting) = (None, None);
                }
                Self::Change(change)
            }
            other => other,
        }
    }

    fn change(guard: Guard, patch: TicketPatch, message: Option<Message>, cause: Cause, at: Timestamp) -> Self {
        Self::Change(Box::new(Change { guard, patch, message, edited: None, deleted: None, cause, at }))
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Absent, or out of the caller's reach: the same answer on purpose.
    #[error("there is no such ticket")]
    NotFound,
    /// In the trash: only restoring is possible.
    #[error("the ticket is in the trash; restore it first")]
    Trashed,
    /// Not in the state that the command needs.
    #[error("the ticket is neither archived nor in the trash")]
    NotPutAway,
    /// The restore window has passed.
    #[error("the ticket was deleted too long ago to be restored")]
    RestoreWindow,
    /// Deletion is switched off.
    #[error("deleting tickets is switched off in this workspace; set the status spam instead")]
    DeletionOff,
    /// The conversation is over; a new ticket continues it.
    #[error("the ticket is closed; a reply starts a new one")]
    Closed,
    /// Beyond [`crate::ticket::MAX_TAGS`].
    #[error("a ticket has at most 50 tags")]
    TooManyTags,
    /// Somebody else was faster.
    #[error("the ticket has changed since; its version is now {current}")]
    Stale {
        /// The version now.
        current: Version,
    },
    /// A rule forbids it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}

/// Statuses that a caller may set: any, from any other.
pub(crate) fn leaves(status: Status) -> crate::status::StatusSet {
    crate::status::StatusSet::ALL.without(status)
}
