//! Deleting a message: it goes without a trace but for the event that says so, and
//! its ticket shows what is left.

use super::{Change, Context, Rejection};
use crate::{
    access::{Forbidden, What},
    guard::Guard,
    message::{Message, MessageKind},
    patch::{MessageTrace, Replies, TicketPatch},
    status::{Awaiting, StatusSet},
    text::Preview,
    ticket::Ticket,
};

/// What is left of the thread, as far as it was looked at.
#[derive(Debug, Clone, Copy)]
pub struct RemainingMessages<'a> {
    /// The newest messages, newest first; the doomed one may be among them.
    pub newest: &'a [Message],
    /// There are none beyond these.
    pub is_all: bool,
}

/// Decides the deletion of a message. Its author may, and whoever administers the
/// workspace. The ticket's preview and whose turn it is become what the messages
/// that are left say (where they were not looked at, they stay), and a reply
/// counts no longer; status and times stay as they are.
///
/// The decision rests on ticket and thread, so it holds for this version only: the
/// thread must have been read after the ticket.
///
/// # Errors
/// What forbids it.
pub fn delete_message(
    message: &Message,
    remains: RemainingMessages<'_>,
    context: &Context,
    ticket: &Ticket,
) -> Result<Change, Rejection> {
    context.check(ticket)?;
    if !message.is_by(context.actor.reference()) && context.actor.may_administer().is_err() {
        return Err(Forbidden::OthersMessage.into());
    }
    let guard = Guard {
        lifecycle: ticket.lifecycle,
        statuses: StatusSet::of(&[ticket.status]),
        versions: Some(ticket.version.into()),
        ..context.guard()
    };
    let what = What::MessageDeleted { id: message.id, kind: message.kind };
    Ok(Change {
        guard,
        patch: TicketPatch { message: Some(traces(message, remains, ticket)), ..TicketPatch::default() },
        message: None,
        edited: None,
        deleted: Some(message.clone()),
        cause: context.cause(Some(what)),
        at: context.now,
    })
}

fn traces(message: &Message, remains: RemainingMessages<'_>, ticket: &Ticket) -> MessageTrace {
    let left = || remains.newest.iter().filter(|left| left.id != message.id && left.is_public());
    let preview = left().find_map(Message::preview).or_else(|| remains.is_all.then(Preview::default));
    let awaiting = left().find_map(|left| turn_after(left.kind)).or_else(|| remains.is_all.then_some(Awaiting::None));
    let counts = message.is_public() && ticket.origin.opening != Some(message.id) && ticket.replies_count > 0;
    MessageTrace {
        preview: preview.filter(|preview| *preview != ticket.preview),
        awaiting: awaiting.filter(|awaiting| *awaiting != ticket.awaiting),
        replies: if counts { Replies::OneFewer } else { Replies::Keep },
        is_response: false,
    }
}

/// Whose turn it is after a message of this kind; none when it says nothing.
const fn turn_after(kind: MessageKind) -> Option<Awaiting> {
    match kind {
        MessageKind::Inbound => Some(Awaiting::Agent),
        MessageKind::Outbound => Some(Awaiting::Customer),
        MessageKind::Note | MessageKind::System => None,
    }
}
