//! What a change sets on a ticket: plain fields, and the moves that say more than a value.
//!
//! A patch never depends on the ticket's values except in ways the table can
//! compute itself (keep the first time, remember the status before, count up), so
//! it can be applied by one update expression. [`apply`] is its meaning; the
//! store's expression is tested against it.

use crate::{
    access::Cause,
    id::{TagId, TicketId},
    set::Set,
    status::{Awaiting, Lifecycle, Status},
    text::Preview,
    ticket::Ticket,
    time::Timestamp,
};
use std::collections::BTreeSet;

/// What becomes of a field that may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes empty.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Field<T> {
    /// What sets it; none where it stays as it is.
    pub fn assign(self, set: impl FnOnce(Option<T>) -> Set) -> Option<Set> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(set(None)),
            Self::Set(value) => Some(set(Some(value))),
        }
    }

    /// What comes of a field that was this before.
    pub fn applied_to(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The same for what a value stands for.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Keep => Field::Keep,
            Self::Clear => Field::Clear,
            Self::Set(value) => Field::Set(of(value)),
        }
    }
}

/// What becomes of the tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TagChange {
    /// They stay.
    #[default]
    Keep,
    /// They become exactly these.
    Replace(BTreeSet<TagId>),
    /// These come along.
    Attach(BTreeSet<TagId>),
    /// These go.
    Detach(BTreeSet<TagId>),
}

impl TagChange {
    /// Whether these tags come out of it as they are.
    fn is_noop(&self, tags: &BTreeSet<TagId>) -> bool {
        match self {
            Self::Keep => true,
            Self::Replace(all) => all == tags,
            Self::Attach(more) => more.is_subset(tags),
            Self::Detach(fewer) => fewer.is_disjoint(tags),
        }
    }
}

/// What becomes of the number of replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replies {
    /// It stays.
    #[default]
    Keep,
    /// A reply was written.
    OneMore,
    /// A reply was deleted.
    OneFewer,
}

/// A message's traces on its ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTrace {
    /// What lists show from now on; none keeps what they show.
    pub preview: Option<Preview>,
    /// Whose turn it is now; none for a note.
    pub awaiting: Option<Awaiting>,
    /// Whether it counts as a reply.
    pub replies: Replies,
    /// It may be our first answer.
    pub is_response: bool,
}

/// One change of a ticket. The default changes nothing but the version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TicketPatch {
    /// The plain fields that it sets, each at most once.
    pub sets: Vec<Set>,
    /// Must differ from the status before: the guard sees to it, or it is a reply's move.
    pub status: Option<Status>,
    /// The lifecycle state that it moves to.
    pub lifecycle: Option<Lifecycle>,
    /// What becomes of its tags.
    pub tags: TagChange,
    /// What a message that comes, changes or goes leaves on it.
    pub message: Option<MessageTrace>,
    /// Moves the ticket to the top of lists by last activity.
    pub is_activity: bool,
    /// The ticket that continues it from now on.
    pub continued_by: Option<TicketId>,
}

impl TicketPatch {
    /// Whether nothing but the ticket's version would change. A lifecycle state, a message or an
    /// activity is always a change.
    #[must_use]
    pub fn is_noop(&self, ticket: &Ticket) -> bool {
        let mut rest = self.clone();
        rest.drop_noops(ticket);
        rest == Self::default()
    }

    /// A ticket that is closed has no follow-up any more, unless one is set along with it.
    pub fn close_follow_up(&mut self) {
        let is_set = self.sets.iter().any(|set| matches!(set, Set::FollowUpAt(_)));
        if self.status == Some(Status::Closed) && !is_set {
            self.sets.push(Set::FollowUpAt(None));
        }
    }

    /// Takes out what the ticket has already, so that saying it again is no change.
    pub fn drop_noops(&mut self, ticket: &Ticket) {
        self.sets.retain(|set| !set.holds(ticket));
        self.status.take_if(|status| *status == ticket.status);
        if self.tags.is_noop(&ticket.tags) {
            self.tags = TagChange::Keep;
        }
    }
}

/// The ticket after the patch. Exhaustive on purpose: a part of the patch that is added
/// and forgotten here does not compile.
#[must_use]
pub fn apply(ticket: &Ticket, patch: &TicketPatch, cause: &Cause, now: Timestamp) -> Ticket {
    let TicketPatch { sets, status, lifecycle, tags, message, is_activity, continued_by } = patch;
    let mut next = ticket.clone();
    next.version = ticket.version.next();
    next.updated_at = now;
    next.cause = cause.clone();
    for set in sets {
        set.apply(&mut next);
        if let Set::FollowUpAt(due) = set {
            next.is_follow_up_silent = due.is_some() && cause.is_silent;
        }
    }
    apply_tags(&mut next.tags, tags);
    if let Some(status) = status {
        apply_status(&mut next, *status, now);
    }
    if let Some(lifecycle) = lifecycle {
        apply_lifecycle(&mut next, *lifecycle, now);
    }
    if let Some(trace) = message {
        apply_message(&mut next, trace, now);
    }
    if *is_activity {
        next.last_activity_at = now;
    }
    next.continued_by = continued_by.or(ticket.continued_by);
    next
}

fn apply_tags(tags: &mut BTreeSet<TagId>, change: &TagChange) {
    match change {
        TagChange::Keep => {}
        TagChange::Replace(all) => tags.clone_from(all),
        TagChange::Attach(more) => tags.extend(more),
        TagChange::Detach(fewer) => tags.retain(|tag| !fewer.contains(tag)),
    }
}

fn apply_status(ticket: &mut Ticket, status: Status, now: Timestamp) {
    if ticket.status != status {
        ticket.status_changed_at = now;
    }
    ticket.status_before_spam = (status == Status::Spam).then_some(ticket.status);
    ticket.status = status;
    ticket.resolved_at = status.is_closed().then(|| ticket.resolved_at.unwrap_or(now));
    ticket.closed_at = (status == Status::Closed).then(|| ticket.closed_at.unwrap_or(now));
    if status == Status::InProgress {
        ticket.in_progress_at.get_or_insert(now);
    }
}

fn apply_lifecycle(ticket: &mut Ticket, lifecycle: Lifecycle, now: Timestamp) {
    ticket.lifecycle = lifecycle;
    ticket.archived_at = (lifecycle == Lifecycle::Archived).then_some(now);
    ticket.trashed_at = (lifecycle == Lifecycle::Trashed).then_some(now);
}

fn apply_message(ticket: &mut Ticket, trace: &MessageTrace, now: Timestamp) {
    let MessageTrace { preview, awaiting, replies, is_response } = trace;
    if let Some(preview) = preview {
        ticket.preview = preview.clone();
    }
    ticket.awaiting = awaiting.unwrap_or(ticket.awaiting);
    match replies {
        Replies::Keep => {}
        Replies::OneMore => ticket.replies_count += 1,
        Replies::OneFewer => ticket.replies_count = ticket.replies_count.saturating_sub(1),
    }
    if *is_response {
        ticket.first_response_at.get_or_insert(now);
    }
}
