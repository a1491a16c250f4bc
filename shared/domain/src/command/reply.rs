//! Replies and notes: a change that brings a message.

use super::{Context, Decision, Prior, Rejection};
use crate::{
    access::{Actor, Forbidden, What},
    attachment::Attachment,
    id::{MessageId, TicketId},
    message::{Content, Message, MessageKind, Sender},
    patch::{MessageTrace, Replies, TicketPatch},
    set::Set,
    status::{Awaiting, Lifecycle, Source, Status, StatusSet},
};

/// What kind of message is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyKind {
    /// To the other side: outbound from us, inbound from the customer.
    Reply,
    /// On behalf of the customer, by a machine that relays them.
    Inbound,
    /// Among ourselves.
    Note,
}

/// A message to be written on a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReply {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The id it will have.
    pub id: MessageId,
    /// What kind.
    pub kind: ReplyKind,
    /// What it says.
    pub content: Content,
    /// The files that come with it, uploaded before.
    pub attachments: Vec<Attachment>,
    /// For the people of the ticket alone.
    pub is_secure: bool,
    /// Forwarded from elsewhere.
    pub is_forward: bool,
    /// The status to set along with it, instead of the automatic move.
    pub status: Option<Status>,
    /// Another sender than who asks, for a machine that relays.
    pub sender: Option<Sender>,
}

/// Decides a reply or a note.
///
/// Automatic moves: a customer's reply moves `waiting`, `on_hold` and `resolved`
/// to `open`; an agent's public reply moves `open` and `in_progress` to
/// `waiting`; spam and unprocessed tickets stay where they are. What a customer says on a
/// live ticket that is no spam ends its follow-up: it is in the lists at once. So does a
/// reply that closes its ticket.
/// A guest, whom nobody knows, is sent nothing secure.
///
/// # Errors
/// What forbids it; [`Rejection::Closed`] when a customer writes on a closed ticket.
pub fn reply(new: &NewReply, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
    let kind = message_kind(new.kind, &context.actor)?;
    if new.is_secure && kind == MessageKind::Outbound {
        match prior {
            Prior::Unknown => return Ok(Decision::NeedsTicket),
            Prior::Known(ticket) => {
                context.check(ticket)?;
                if ticket.is_guests() {
                    return Err(Rejection::GuestReads);
                }
            }
        }
    }
    let mut guard = context.guard();
    let status = match prior {
        Prior::Unknown => {
            let (statuses, status) = likely_move(kind, new.status);
            guard.statuses = statuses;
            status
        }
        Prior::Known(ticket) => {
            context.check(ticket)?;
            guard.lifecycle = ticket.lifecycle;
            // A note says the same whatever the status; the fewer writers it waits for.
            let is_indifferent = kind == MessageKind::Note && new.status.is_none();
            guard.statuses = if is_indifferent { StatusSet::ALL } else { StatusSet::of(&[ticket.status]) };
            informed_move(kind, new.status, ticket.status, ticket.lifecycle)?
        }
    };
    let message = message_of(new, kind, context);
    let mut patch = TicketPatch { status, ..traces(&message, &context.actor) };
    if kind == MessageKind::Inbound && ends_follow_up(new.status, prior) {
        patch.sets.push(Set::FollowUpAt(None));
    } else if !matches!(prior, Prior::Known(ticket) if ticket.follow_up_at.is_none()) {
        patch.close_follow_up();
    }
    let cause = context.cause(Some(What::Message { id: message.id, kind }));
    Ok(Decision::change(guard, patch, Some(message), cause, context.now))
}

/// Whether a customer's message ends the follow-up of its ticket. Before the ticket is
/// known it is taken to be live and no spam, as its guard says.
fn ends_follow_up(asked: Option<Status>, prior: Prior<'_>) -> bool {
    match prior {
        Prior::Unknown => true,
        Prior::Known(ticket) => {
            ticket.lifecycle == Lifecycle::Live
                && (ticket.status != Status::Spam || asked.is_some_and(|status| status != Status::Spam))
                && ticket.follow_up_at.is_some()
        }
    }
}

const fn message_kind(kind: ReplyKind, actor: &Actor) -> Result<MessageKind, Forbidden> {
    match (kind, actor) {
        (ReplyKind::Reply | ReplyKind::Inbound, Actor::Visitor { .. } | Actor::Channel { .. })
        | (ReplyKind::Inbound, Actor::Machine { .. } | Actor::System) => Ok(MessageKind::Inbound),
        (ReplyKind::Reply, Actor::User { .. } | Actor::Machine { .. } | Actor::System) => Ok(MessageKind::Outbound),
        (ReplyKind::Note, Actor::User { .. } | Actor::Machine { .. } | Actor::System) => Ok(MessageKind::Note),
        (ReplyKind::Note, Actor::Channel { .. } | Actor::Visitor { .. }) => Err(Forbidden::ChannelKey),
        (ReplyKind::Inbound, Actor::User { .. }) => Err(Forbidden::NotARelay),
    }
}

/// The usual statuses for such a message, which all lead to the same one.
fn likely_move(kind: MessageKind, asked: Option<Status>) -> (StatusSet, Option<Status>) {
    match (asked, kind) {
        // What is closed already keeps the follow-up that it was given since.
        (Some(Status::Closed), _) => {
            (StatusSet::ALL.without(Status::Spam).without(Status::Closed), Some(Status::Closed))
        }
        (Some(status), _) => (StatusSet::ALL.without(Status::Spam), Some(status)),
        (None, MessageKind::Inbound) => {
            (StatusSet::of(&[Status::Open, Status::Waiting, Status::OnHold, Status::Resolved]), Some(Status::Open))
        }
        (None, MessageKind::Outbound) => {
            (StatusSet::of(&[Status::Open, Status::InProgress, Status::Waiting]), Some(Status::Waiting))
        }
        (None, MessageKind::Note | MessageKind::System) => (StatusSet::ALL, None),
    }
}

fn informed_move(
    kind: MessageKind,
    asked: Option<Status>,
    now: Status,
    lifecycle: Lifecycle,
) -> Result<Option<Status>, Rejection> {
    if let Some(status) = asked {
        return Ok((status != now).then_some(status));
    }
    let (likely, to) = likely_move(kind, None);
    match (kind, now) {
        (MessageKind::Inbound, Status::Closed) => Err(Rejection::Closed),
        _ if lifecycle == Lifecycle::Live && likely.contains(now) => Ok(to),
        _ => Ok(None),
    }
}

fn message_of(new: &NewReply, kind: MessageKind, context: &Context) -> Message {
    let source = match &context.actor {
        Actor::Visitor { .. } => Source::Chat,
        actor => actor.source(),
    };
    Message {
        id: new.id,
        ticket_id: new.ticket_id,
        kind,
        is_secure: new.is_secure,
        is_forward: new.is_forward,
        sender: new.sender.clone().unwrap_or_else(|| context.actor.sender()),
        source,
        content: new.content.clone(),
        attachments: new.attachments.clone(),
        created_at: context.now,
    }
}

/// What a message changes on its ticket besides the status.
fn traces(message: &Message, actor: &Actor) -> TicketPatch {
    let (awaiting, sets) = match message.kind {
        MessageKind::Inbound => {
            (Some(Awaiting::Agent), vec![Set::ReadByCustomer(true), Set::ReadByOrganization(false)])
        }
        MessageKind::Outbound => {
            (Some(Awaiting::Customer), vec![Set::ReadByCustomer(false), Set::ReadByOrganization(true)])
        }
        MessageKind::Note => (None, actor.user().map(|_| Set::ReadByOrganization(true)).into_iter().collect()),
        MessageKind::System => (None, Vec::new()),
    };
    TicketPatch {
        sets,
        message: Some(MessageTrace {
            preview: message.preview(),
            awaiting,
            replies: if message.is_public() { Replies::OneMore } else { Replies::Keep },
            is_response: message.kind == MessageKind::Outbound,
        }),
        is_activity: true,
        ..TicketPatch::default()
    }
}
