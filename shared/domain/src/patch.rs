//! What a change sets on a ticket, field by field.
//!
//! A patch never depends on the ticket's values except in ways the table can
//! compute itself (keep the first time, remember the status before, count up), so
//! it can be applied by one update expression. [`apply`] is its meaning; the
//! store's expression is tested against it.

use crate::{
    access::Cause,
    contact::ContactRef,
    custom_field::FieldChanges,
    id::{AccountId, CategoryId, TagId, TeamId, UserId},
    status::{Awaiting, Priority, Shelf, Status},
    text::{EmailAddress, Name, Phone, Preview, Subject, Summary, Uid},
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
    /// Set to a value, or cleared when there is none.
    #[must_use]
    pub fn to(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// Whether it stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The same for what a value stands for.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Keep => Field::Keep,
            Self::Clear => Field::Clear,
            Self::Set(value) => Field::Set(of(value)),
        }
    }

    fn apply(&self, target: &mut Option<T>)
    where
        T: Clone,
    {
        match self {
            Self::Keep => {}
            Self::Clear => *target = None,
            Self::Set(value) => *target = Some(value.clone()),
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
    fn is_so(&self, tags: &BTreeSet<TagId>) -> bool {
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
    pub subject: Option<Subject>,
    /// Must differ from the status before: the guard sees to it, or it is a reply's move.
    pub status: Option<Status>,
    pub shelf: Option<Shelf>,
    pub priority: Option<Priority>,
    pub category: Field<CategoryId>,
    pub team: Field<TeamId>,
    pub assignee: Field<UserId>,
    pub contact: Field<ContactRef>,
    pub account: Field<AccountId>,
    pub requester_name: Field<Name>,
    pub requester_email: Field<EmailAddress>,
    pub requester_phone: Field<Phone>,
    pub tags: TagChange,
    pub custom: FieldChanges,
    pub uid: Field<Uid>,
    pub summary: Field<Summary>,
    pub follow_up_at: Field<Timestamp>,
    pub is_read_by_customer: Option<bool>,
    pub is_read_by_organization: Option<bool>,
    pub message: Option<MessageTrace>,
    /// Moves the ticket to the top of lists by last activity.
    pub is_activity: bool,
}

impl TicketPatch {
    /// Whether the ticket has all of it already, so that nothing but its version
    /// would change. A shelf, a message or an activity is always something new.
    #[must_use]
    pub fn is_so(&self, ticket: &Ticket) -> bool {
        let mut news = self.clone();
        news.drop_what_is_so(ticket);
        news == Self::default()
    }

    /// Takes out what the ticket has already, so that saying it again is no change.
    pub fn drop_what_is_so(&mut self, ticket: &Ticket) {
        fn keep_news<T: PartialEq>(field: &mut Field<T>, now: Option<&T>) {
            let same = match field {
                Field::Keep => return,
                Field::Clear => now.is_none(),
                Field::Set(value) => now == Some(value),
            };
            if same {
                *field = Field::Keep;
            }
        }
        self.subject.take_if(|subject| *subject == ticket.subject);
        self.status.take_if(|status| *status == ticket.status);
        self.priority.take_if(|priority| *priority == ticket.priority);
        self.is_read_by_customer.take_if(|flag| *flag == ticket.is_read_by_customer);
        self.is_read_by_organization.take_if(|flag| *flag == ticket.is_read_by_organization);
        keep_news(&mut self.category, ticket.category.as_ref());
        keep_news(&mut self.team, ticket.team.as_ref());
        keep_news(&mut self.assignee, ticket.assignee.as_ref());
        keep_news(&mut self.contact, ticket.contact.as_ref());
        keep_news(&mut self.account, ticket.account.as_ref());
        keep_news(&mut self.requester_name, ticket.requester.name.as_ref());
        keep_news(&mut self.requester_email, ticket.requester.email.as_ref());
        keep_news(&mut self.requester_phone, ticket.requester.phone.as_ref());
        keep_news(&mut self.uid, ticket.uid.as_ref());
        keep_news(&mut self.summary, ticket.summary.as_ref());
        keep_news(&mut self.follow_up_at, ticket.follow_up_at.as_ref());
        self.custom.retain(|key, value| ticket.custom.get(key) != value.as_ref());
        if self.tags.is_so(&ticket.tags) {
            self.tags = TagChange::Keep;
        }
    }
}

/// The ticket after the patch. Exhaustive on purpose: a field that is added
/// and forgotten here does not compile.
#[must_use]
pub fn apply(ticket: &Ticket, patch: &TicketPatch, cause: &Cause, now: Timestamp) -> Ticket {
    let TicketPatch {
        subject,
        status,
        shelf,
        priority,
        category,
        team,
        assignee,
        contact,
        account,
        requester_name,
        requester_email,
        requester_phone,
        tags,
        custom,
        uid,
        summary,
        follow_up_at,
        is_read_by_customer,
        is_read_by_organization,
        message,
        is_activity,
    } = patch;
    let mut next = ticket.clone();
    next.version = ticket.version.next();
    next.updated_at = now;
    next.cause = cause.clone();
    if let Some(subject) = subject {
        next.subject = subject.clone();
    }
    next.priority = priority.unwrap_or(ticket.priority);
    category.apply(&mut next.category);
    team.apply(&mut next.team);
    assignee.apply(&mut next.assignee);
    contact.apply(&mut next.contact);
    account.apply(&mut next.account);
    requester_name.apply(&mut next.requester.name);
    requester_email.apply(&mut next.requester.email);
    requester_phone.apply(&mut next.requester.phone);
    uid.apply(&mut next.uid);
    summary.apply(&mut next.summary);
    follow_up_at.apply(&mut next.follow_up_at);
    next.is_read_by_customer = is_read_by_customer.unwrap_or(ticket.is_read_by_customer);
    next.is_read_by_organization = is_read_by_organization.unwrap_or(ticket.is_read_by_organization);
    apply_tags(&mut next.tags, tags);
    apply_custom(&mut next, custom);
    if let Some(status) = status {
        apply_status(&mut next, *status, now);
    }
    if let Some(shelf) = shelf {
        apply_shelf(&mut next, *shelf, now);
    }
    if let Some(trace) = message {
        apply_message(&mut next, trace, now);
    }
    if *is_activity {
        next.last_activity_at = now;
    }
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

fn apply_custom(ticket: &mut Ticket, changes: &FieldChanges) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(ticket.custom.insert(key.clone(), value.clone())),
            None => drop(ticket.custom.remove(key)),
        }
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

fn apply_shelf(ticket: &mut Ticket, shelf: Shelf, now: Timestamp) {
    ticket.shelf = shelf;
    ticket.archived_at = (shelf == Shelf::Archived).then_some(now);
    ticket.trashed_at = (shelf == Shelf::Trashed).then_some(now);
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
