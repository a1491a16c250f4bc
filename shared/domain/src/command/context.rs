//! The circumstances of a command, and what they forbid at once.

use super::rejection::Rejection;
use crate::{
    access::{AccessRules, Actor, Cause, What},
    guard::Guard,
    id::{RequestId, VersionSet},
    status::Lifecycle,
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
    /// The versions one of which the caller has seen.
    pub if_match: Option<VersionSet>,
    /// The time.
    pub now: Timestamp,
}

impl Context {
    /// What a change is owed to that is made under these circumstances.
    #[must_use]
    pub fn cause(&self, what: Option<What>) -> Cause {
        Cause { actor: self.actor.reference(), request_id: self.request_id, is_silent: self.is_silent, what }
    }

    pub(super) fn guard(&self) -> Guard {
        Guard { versions: self.if_match.clone(), ..Guard::live(self.actor.visibility(self.rules)) }
    }

    /// Refuses what forbids every command but restoring: out of reach, another
    /// version than the caller has seen, or in the trash.
    ///
    /// # Errors
    /// Which of them it is.
    pub fn check(&self, ticket: &Ticket) -> Result<(), Rejection> {
        self.check_seen(ticket)?;
        if ticket.lifecycle == Lifecycle::Trashed { Err(Rejection::Trashed) } else { Ok(()) }
    }

    /// Refuses a ticket out of reach or of another version than the caller has seen.
    pub(super) fn check_seen(&self, ticket: &Ticket) -> Result<(), Rejection> {
        if !self.sees(ticket) {
            return Err(Rejection::NotFound);
        }
        match &self.if_match {
            Some(seen) if !seen.contains(ticket.version) => Err(Rejection::Stale { current: ticket.version }),
            _ => Ok(()),
        }
    }

    /// Whether the ticket is within the actor's reach.
    #[must_use]
    pub fn sees(&self, ticket: &Ticket) -> bool {
        let channel = ticket.channel.map(|channel| channel.id);
        self.actor.visibility(self.rules).covers(ticket.assignee, channel)
    }
}
