//! Setters, patches, verbs: everything that changes the ticket alone.

use super::{Context, Decision, Prior, Rejection, leaves};
use crate::{
    access::{Actor, Forbidden, What},
    contact::ContactRef,
    custom_field::FieldChanges,
    directory::{Days, DeletionPolicy},
    guard::Guard,
    id::{AccountId, CategoryId, TeamId, UserId},
    patch::{Field, TagChange, TicketPatch},
    status::{Priority, Shelf, Status, StatusSet},
    text::{EmailAddress, Name, Phone, Subject, Summary, Uid},
    ticket::MAX_TAGS,
    time::Timestamp,
};

/// What is asked of a ticket. References are checked against the directory before.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Any fields at once.
    Fields(Box<Fields>),
    /// Away from the lists, but not gone.
    Archive,
    /// Into the trash.
    Delete(DeletionPolicy),
    /// Back from archive or trash, or past the screening; from the trash within so
    /// many days.
    Restore(Days),
}

/// The fields that a caller may set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    pub subject: Option<Subject>,
    pub status: Option<Status>,
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
}

/// Decides a change of the ticket alone.
///
/// # Errors
/// What forbids it.
pub fn update(update: &Update, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    match update {
        Update::Fields(fields) => set_fields(fields, context, prior),
        Update::Archive => put_away(Shelf::Archived, context, prior),
        Update::Delete(DeletionPolicy::Off) => Err(Rejection::DeletionOff),
        Update::Delete(DeletionPolicy::Trash) => put_away(Shelf::Trashed, context, prior),
        Update::Restore(window) => restore(*window, context, prior),
    }
}

fn set_fields(fields: &Fields, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    authorise(fields, context)?;
    let mut guard = Guard { is_news: true, ..context.guard() };
    let mut patch = patch_of(fields);
    match prior {
        Prior::Unknown => guard.statuses = likely_statuses(fields),
        Prior::Known(ticket) => {
            context.check(ticket)?;
            patch.drop_what_is_so(ticket);
            guard.shelf = ticket.shelf;
            // Other fields are set whatever the status; the fewer writers they wait for.
            if patch.status.is_some() || !patch.assignee.is_keep() {
                guard.statuses = StatusSet::of(&[ticket.status]);
            }
        }
    }
    guard.most_tags = room_for_tags(&patch.tags, prior)?;
    if patch == TicketPatch::default() {
        return Ok(if matches!(prior, Prior::Known(_)) { Decision::Unchanged } else { Decision::NeedsTicket });
    }
    Ok(Decision::change(guard, patch, None, context.cause(None), context.now))
}

/// How many tags the ticket may have before those that come along.
fn room_for_tags(change: &TagChange, prior: Prior<'_>) -> Result<Option<usize>, Rejection> {
    let TagChange::Attach(more) = change else {
        return Ok(None);
    };
    let new = match prior {
        Prior::Unknown => more.len(),
        Prior::Known(ticket) => more.difference(&ticket.tags).count(),
    };
    let room = MAX_TAGS.checked_sub(new).ok_or(Rejection::TooManyTags)?;
    match prior {
        Prior::Known(ticket) if ticket.tags.len() > room => Err(Rejection::TooManyTags),
        Prior::Known(_) | Prior::Unknown => Ok(Some(room)),
    }
}

fn authorise(fields: &Fields, context: &Context) -> Result<(), Forbidden> {
    match &fields.assignee {
        Field::Keep => Ok(()),
        Field::Clear => context.actor.may_assign(None, context.rules),
        Field::Set(user) => context.actor.may_assign(Some(*user), context.rules),
    }
}

/// A new status is taken to differ from the old; an assignment without one to be
/// of a ticket that is still in its assignee's list.
fn likely_statuses(fields: &Fields) -> StatusSet {
    match fields.status {
        Some(status) => leaves(status),
        None if fields.assignee.is_keep() => StatusSet::ALL,
        None => StatusSet::ALL.iter().filter(|status| status.is_active()).collect(),
    }
}

fn patch_of(fields: &Fields) -> TicketPatch {
    let fields = fields.clone();
    TicketPatch {
        subject: fields.subject,
        status: fields.status,
        priority: fields.priority,
        category: fields.category,
        team: fields.team,
        assignee: fields.assignee,
        contact: fields.contact,
        account: fields.account,
        requester_name: fields.requester_name,
        requester_email: fields.requester_email,
        requester_phone: fields.requester_phone,
        tags: match fields.tags {
            TagChange::Attach(none) | TagChange::Detach(none) if none.is_empty() => TagChange::Keep,
            tags => tags,
        },
        custom: fields.custom,
        uid: fields.uid,
        summary: fields.summary,
        follow_up_at: fields.follow_up_at,
        is_read_by_customer: fields.is_read_by_customer,
        is_read_by_organization: fields.is_read_by_organization,
        ..TicketPatch::default()
    }
}

fn put_away(shelf: Shelf, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    forbid_channel_keys(context)?;
    let mut guard = context.guard();
    if let Prior::Known(ticket) = prior {
        context.check(ticket)?;
        if ticket.shelf == shelf {
            return Ok(Decision::Unchanged);
        }
        guard.shelf = ticket.shelf;
    }
    Ok(shelve(shelf, guard, context))
}

fn restore(window: Days, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    forbid_channel_keys(context)?;
    let Prior::Known(ticket) = prior else {
        return Ok(Decision::NeedsTicket);
    };
    context.check_seen(ticket)?;
    match ticket.shelf {
        Shelf::Live => Err(Rejection::NotPutAway),
        Shelf::Trashed if ticket.trashed_at.is_some_and(|at| at.plus(window.span()) <= context.now) => {
            Err(Rejection::RestoreWindow)
        }
        Shelf::Trashed | Shelf::Archived | Shelf::Unprocessed => {
            let guard = Guard { shelf: ticket.shelf, statuses: StatusSet::of(&[ticket.status]), ..context.guard() };
            Ok(shelve(Shelf::Live, guard, context))
        }
    }
}

fn shelve(shelf: Shelf, guard: Guard, context: &Context) -> Decision {
    let patch = TicketPatch { shelf: Some(shelf), ..TicketPatch::default() };
    Decision::change(guard, patch, None, context.cause(None), context.now)
}

const fn forbid_channel_keys(context: &Context) -> Result<(), Forbidden> {
    match context.actor {
        Actor::Channel { .. } | Actor::Visitor { .. } => Err(Forbidden::ChannelKey),
        Actor::User { .. } | Actor::Machine { .. } | Actor::System => Ok(()),
    }
}

/// A follow-up has come due: the ticket is back in the lists, on top. Holds only
/// while the follow-up is still the one that was due.
#[must_use]
pub fn follow_up_due(due: Timestamp, shelf: Shelf, context: &Context) -> Decision {
    let guard = Guard { follow_up_at: Some(due), shelf, ..context.guard() };
    let patch = TicketPatch { follow_up_at: Field::Clear, is_activity: true, ..TicketPatch::default() };
    Decision::change(guard, patch, None, context.cause(Some(What::FollowUpDue)), context.now)
}
