//! What is done with everything of one person: export, merge, erase. Each leaves a
//! receipt that holds no personal text, so that it may stay.

use crate::{
    access::{ActorRef, Cause},
    command::Change,
    contact::ContactRef,
    custom_field::{FieldDefinition, FieldKind},
    id::{ContactId, JobId, RequestId},
    message::{Content, Message, Sender, SenderKind},
    patch::{MessageTrace, Replies, TicketPatch},
    set::Set,
    status::words,
    text::{ERASED, Preview},
    ticket::Ticket,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So long after a job began, requests that had read the contact before may still
/// write: only when nothing more is found then, the job is done.
pub const SETTLING: Duration = Duration::from_mins(1);

/// When everything is looked for, counted from the request, until nothing is found: once
/// nobody who read the contact before can still be writing, and again for what the lookup
/// index has shown later than that, as with [cascades](crate::cascade).
const LOOKS: [Duration; 3] = [SETTLING, Duration::from_mins(15), Duration::from_hours(24)];

words! {
    /// What is done.
    JobKind { Export = "export", Merge = "merge", Erase = "erase", }
}

/// Something that is done with everything of a person, and the receipt of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is done.
    pub kind: JobKind,
    /// With whom: of a merge, the contact that stays.
    pub contact: ContactId,
    /// Whose tickets and accounts it is about: every id that meant the contact, or of
    /// a merge those that mean it from now on.
    pub subjects: Vec<ContactId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By whom.
    pub requested_by: ActorRef,
    /// In which request.
    pub request_id: RequestId,
    /// Without outward effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_silent: bool,
    /// What has been done so far.
    #[serde(default)]
    pub counts: Counts,
    /// When nothing was left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How many of its looks, each of them at its time or later, have found nothing.
    #[serde(default)]
    pub looks: u8,
}

/// How much a job has handled. What a crash interrupts may be counted once less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Counts {
    /// How many tickets.
    pub tickets: u64,
    /// How many messages and notes.
    pub messages: u64,
    /// How many files.
    pub attachments: u64,
    /// How many accounts.
    pub accounts: u64,
}

impl Counts {
    /// Both together.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            tickets: self.tickets + more.tickets,
            messages: self.messages + more.messages,
            attachments: self.attachments + more.attachments,
            accounts: self.accounts + more.accounts,
        }
    }
}

impl Job {
    /// What a change is owed to that it makes.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        Cause { actor: self.requested_by, request_id: Some(self.request_id), is_silent: self.is_silent, what: None }
    }

    /// When everything is looked for next to be told that nothing is left; none after the
    /// last time, and of what is a receipt alone.
    #[must_use]
    pub fn next_look(&self) -> Option<Timestamp> {
        let wait = LOOKS.get(usize::from(self.looks)).filter(|_| self.kind != JobKind::Export);
        wait.map(|wait| self.requested_at.plus(*wait))
    }

    /// Whether there is nothing to do at a time: it is completed, and not to be looked at
    /// again yet.
    #[must_use]
    pub fn rests(&self, now: Timestamp) -> bool {
        self.completed_at.is_some() && self.next_look().is_none_or(|at| at > now)
    }

    /// The job after a part of it that found so many tickets and accounts, and handled so
    /// much. What is found after it was completed makes it one that is under way.
    #[must_use]
    pub fn went_on(&self, found: usize, counts: Counts, now: Timestamp) -> Self {
        let is_through = found == 0 && self.next_look().is_some_and(|at| at <= now);
        let completed_at = match (is_through, counts == Counts::default()) {
            (true, _) => self.completed_at.or(Some(now)),
            (false, true) => self.completed_at,
            (false, false) => None,
        };
        Self { counts: self.counts.and(counts), completed_at, looks: self.looks + u8::from(is_through), ..self.clone() }
    }

    /// When a job that is saved now is due again; none when nothing is left to do, nor to
    /// look for.
    #[must_use]
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let soon = now.plus(SETTLING);
        if self.completed_at.is_none() { Some(soon) } else { self.next_look().map(|at| at.max(soon)) }
    }
}

/// The ticket is another contact's from now on; whether anybody has proved that it is
/// theirs stays.
#[must_use]
pub fn reassign(ticket: &Ticket, to: ContactRef, cause: Cause, now: Timestamp) -> Change {
    let is_unproved = ticket.contact.as_ref().is_some_and(|contact| contact.is_unproved);
    let to = ContactRef { is_unproved, ..to };
    Change::of_ticket(ticket, TicketPatch { sets: vec![Set::Contact(Some(to))], ..TicketPatch::default() }, cause, now)
}

/// Nothing on the ticket tells who asked, or what: number, status, times, labels,
/// assignee and account stay, and of the custom fields those of `fields` that hold
/// no free text.
#[must_use]
pub fn erase(ticket: &Ticket, fields: &[&FieldDefinition], cause: Cause, now: Timestamp) -> Change {
    let is_free = |set: &Set| {
        let Set::Custom(key, _) = set else { return true };
        let field = fields.iter().find(|field| field.key == *key);
        field.is_none_or(|field| field.kind == FieldKind::Text)
    };
    let patch = TicketPatch {
        sets: Set::all(ticket).iter().filter(|set| is_free(set)).filter_map(Set::erased).collect(),
        message: Some(MessageTrace {
            preview: Some(Preview::default()),
            awaiting: None,
            replies: Replies::Keep,
            is_response: false,
        }),
        ..TicketPatch::default()
    };
    Change::of_ticket(ticket, patch, cause, now)
}

/// The message without what it said and its files, and without its sender if that was the
/// customer; none when that is how it is already.
///
/// # Panics
/// Never: the word that stands for the text is a text.
#[must_use]
pub fn erased(message: &Message) -> Option<Message> {
    let content = Content::from_text(ERASED).expect("it is a text");
    let sender = match message.sender.kind {
        SenderKind::Contact => Sender { kind: SenderKind::Contact, id: None, name: None },
        _ => message.sender.clone(),
    };
    let erased = Message { content, sender, attachments: Vec::new(), ..message.clone() };
    (erased != *message).then_some(erased)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{patch::apply, testing};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_erased_ticket_holds_no_text_and_keeps_its_figures(ticket in testing::ticket()) {
            let change = erase(&ticket, &[], ticket.cause.clone(), ticket.updated_at);
            prop_assert!(change.guard.admits(&ticket));
            let erased = apply(&ticket, &change.patch, &change.cause, change.at);
            let all = format!("{erased:?}");
            prop_assert!(!all.contains(testing::MARKER), "{all}");
            prop_assert_eq!((erased.number, erased.status, erased.lifecycle), (ticket.number, ticket.status, ticket.lifecycle));
            prop_assert_eq!((erased.created_at, erased.last_activity_at), (ticket.created_at, ticket.last_activity_at));
            prop_assert_eq!((erased.replies_count, erased.awaiting), (ticket.replies_count, ticket.awaiting));
            prop_assert_eq!((erased.tags, erased.assignee, erased.account), (ticket.tags, ticket.assignee, ticket.account));
        }
    }

    #[test]
    fn an_erased_message_is_erased_once() {
        let sender = Sender { kind: SenderKind::Contact, id: None, name: "Ada".parse().ok() };
        let message = Message {
            id: crate::id::MessageId::new(uuid::Uuid::nil()),
            ticket_id: crate::id::TicketId::new(uuid::Uuid::nil()),
            kind: crate::message::MessageKind::Inbound,
            is_secure: true,
            is_forward: false,
            sender,
            source: crate::status::Source::Guest,
            content: Content::from_text("I am Ada").expect("a text"),
            attachments: Vec::new(),
            created_at: Timestamp::EPOCH,
        };
        let erased = super::erased(&message).expect("it changes");
        assert!(!format!("{erased:?}").contains("Ada"));
        assert_eq!(super::erased(&erased), None);
    }
}
