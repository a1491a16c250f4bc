//! Setters, patches, verbs: everything that changes the ticket alone.

use super::{Context, Decision, Prior, Rejection};
use crate::{
    access::{Actor, Forbidden, What},
    budget::TICKET_BYTES,
    directory::{Days, DeletionPolicy},
    guard::Guard,
    patch::{TagChange, TicketPatch},
    set::Set,
    status::{Lifecycle, Status, StatusSet},
    ticket::{MAX_TAGS, Ticket},
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

/// What a caller may set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    /// Plain fields, each at most once.
    pub sets: Vec<Set>,
    /// The status that it is to have.
    pub status: Option<Status>,
    /// What becomes of its tags.
    pub tags: TagChange,
}

impl Fields {
    /// Plain fields alone, each at most once.
    pub fn of(sets: impl IntoIterator<Item = Set>) -> Self {
        Self { sets: sets.into_iter().collect(), ..Self::default() }
    }
}

/// Decides a change of the ticket alone.
///
/// # Errors
/// What forbids it.
pub fn update(update: &Update, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    match update {
        Update::Fields(fields) => set_fields(fields, context, prior),
        Update::Archive => archive_or_trash(Lifecycle::Archived, context, prior),
        Update::Delete(DeletionPolicy::Off) => Err(Rejection::DeletionOff),
        Update::Delete(DeletionPolicy::Trash) => archive_or_trash(Lifecycle::Trashed, context, prior),
        Update::Restore(window) => restore(*window, context, prior),
    }
}

fn set_fields(fields: &Fields, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    let mut guard = Guard { rejects_noop: true, ..context.guard() };
    let mut patch = patch_of(fields);
    match prior {
        // Whoever may not assign may still name the assignee that the ticket has.
        Prior::Unknown if authorise(&patch.sets, context).is_err() => return Ok(Decision::NeedsTicket),
        // Whether there is room for long texts depends on the others.
        Prior::Unknown if patch.sets.iter().any(Set::is_long) => return Ok(Decision::NeedsTicket),
        Prior::Unknown => guard.statuses = likely_statuses(fields),
        Prior::Known(ticket) => {
            context.check(ticket)?;
            patch.drop_noops(ticket);
            authorise(&patch.sets, context)?;
            if patch.sets.iter().any(Set::is_long) {
                require_room(&patch.sets, ticket)?;
                guard.versions = Some(ticket.version.into());
            }
            guard.lifecycle = ticket.lifecycle;
            // Other fields are set whatever the status; the fewer writers they wait for.
            if patch.status.is_some() || assigns(&patch.sets) {
                guard.statuses = StatusSet::of(&[ticket.status]);
            }
        }
    }
    patch.close_follow_up();
    if let Prior::Known(ticket) = prior {
        patch.drop_noops(ticket);
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

/// Refuses what makes a ticket larger than it may be. One that is already may become
/// smaller.
fn require_room(sets: &[Set], ticket: &Ticket) -> Result<(), Rejection> {
    let mut after = ticket.clone();
    for set in sets {
        set.apply(&mut after);
    }
    let bytes = Set::bytes_written_on(&after);
    if bytes > TICKET_BYTES && bytes > Set::bytes_written_on(ticket) { Err(Rejection::TooLarge) } else { Ok(()) }
}

fn authorise(sets: &[Set], context: &Context) -> Result<(), Forbidden> {
    for set in sets {
        if let Set::Assignee(user) = set {
            context.actor.may_assign(*user, context.rules)?;
        }
    }
    Ok(())
}

fn assigns(sets: &[Set]) -> bool {
    sets.iter().any(|set| matches!(set, Set::Assignee(_)))
}

/// Statuses that a caller may set: any, from any other.
fn leaves(status: Status) -> StatusSet {
    StatusSet::ALL.without(status)
}

/// A new status is taken to differ from the old; an assignment without one to be
/// of a ticket that is still in its assignee's list.
fn likely_statuses(fields: &Fields) -> StatusSet {
    match fields.status {
        Some(status) => leaves(status),
        None if assigns(&fields.sets) => StatusSet::ALL.iter().filter(|status| status.is_active()).collect(),
        None => StatusSet::ALL,
    }
}

fn patch_of(fields: &Fields) -> TicketPatch {
    let Fields { sets, status, tags } = fields.clone();
    let tags = match tags {
        TagChange::Attach(none) | TagChange::Detach(none) if none.is_empty() => TagChange::Keep,
        tags => tags,
    };
    TicketPatch { sets, status, tags, ..TicketPatch::default() }
}

fn archive_or_trash(lifecycle: Lifecycle, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    forbid_channel_keys(context)?;
    let mut guard = context.guard();
    if let Prior::Known(ticket) = prior {
        context.check(ticket)?;
        if ticket.lifecycle == lifecycle {
            return Ok(Decision::Unchanged);
        }
        guard.lifecycle = ticket.lifecycle;
    }
    Ok(shelve(lifecycle, guard, context))
}

fn restore(window: Days, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    forbid_channel_keys(context)?;
    let Prior::Known(ticket) = prior else {
        return Ok(Decision::NeedsTicket);
    };
    context.check_seen(ticket)?;
    match ticket.lifecycle {
        Lifecycle::Live => Err(Rejection::NotPutAway),
        Lifecycle::Trashed if ticket.trashed_at.is_some_and(|at| at.plus(window.span()) <= context.now) => {
            Err(Rejection::RestoreWindow)
        }
        Lifecycle::Trashed | Lifecycle::Archived | Lifecycle::Unprocessed => {
            let guard =
                Guard { lifecycle: ticket.lifecycle, statuses: StatusSet::of(&[ticket.status]), ..context.guard() };
            Ok(shelve(Lifecycle::Live, guard, context))
        }
    }
}

fn shelve(lifecycle: Lifecycle, guard: Guard, context: &Context) -> Decision {
    let patch = TicketPatch { lifecycle: Some(lifecycle), ..TicketPatch::default() };
    Decision::change(guard, patch, None, context.cause(None), context.now)
}

const fn forbid_channel_keys(context: &Context) -> Result<(), Forbidden> {
    match context.actor {
        Actor::Channel { .. } | Actor::Visitor { .. } => Err(Forbidden::ChannelKey),
        Actor::User { .. } | Actor::Machine { .. } | Actor::System => Ok(()),
    }
}

/// A follow-up has come due: the ticket is back in the lists, on top. Holds only
/// while the follow-up is still the one that was due, and was set as silently as the
/// context is silent.
#[must_use]
pub fn follow_up_due(due: Timestamp, lifecycle: Lifecycle, context: &Context) -> Decision {
    let is_follow_up_silent = Some(context.is_silent);
    let guard = Guard { follow_up_at: Some(due), is_follow_up_silent, lifecycle, ..context.guard() };
    let patch = TicketPatch { sets: vec![Set::FollowUpAt(None)], is_activity: true, ..TicketPatch::default() };
    Decision::change(guard, patch, None, context.cause(Some(What::FollowUpDue)), context.now)
}
