//! Changing what a message says.

use super::{Change, Context, Rejection};
use crate::{
    access::{Forbidden, What},
    guard::Guard,
    message::{Content, Message},
    patch::{MessageTrace, Replies, TicketPatch},
    status::StatusSet,
    ticket::Ticket,
};

/// Decides a new content of a message; none when it says so already. Its author may
/// change it, and whoever administers the workspace. The ticket's preview follows
/// where it is this message's; status, times and whose turn it is stay.
///
/// The decision rests on the ticket and holds for this version only: the message must
/// have been read after the ticket.
///
/// # Errors
/// What forbids it.
pub fn edit_message(
    message: &Message,
    says: Content,
    context: &Context,
    ticket: &Ticket,
) -> Result<Option<Change>, Rejection> {
    context.check(ticket)?;
    if !message.is_by(context.actor.reference()) && context.actor.may_administer().is_err() {
        return Err(Forbidden::OthersMessage.into());
    }
    if message.content == says {
        return Ok(None);
    }
    let edited = Message { content: says, ..message.clone() };
    let guard = Guard {
        lifecycle: ticket.lifecycle,
        statuses: StatusSet::of(&[ticket.status]),
        versions: Some(ticket.version.into()),
        ..context.guard()
    };
    let what = What::MessageEdited { id: message.id, kind: message.kind };
    Ok(Some(Change {
        guard,
        patch: TicketPatch { message: trace(message, &edited, ticket), ..TicketPatch::default() },
        message: None,
        edited: Some(edited),
        deleted: None,
        cause: context.cause(Some(what)),
        at: context.now,
    }))
}

fn trace(before: &Message, after: &Message, ticket: &Ticket) -> Option<MessageTrace> {
    let is_shown = before.preview().is_some_and(|preview| preview == ticket.preview);
    let preview = after.preview().filter(|preview| is_shown && *preview != ticket.preview)?;
    Some(MessageTrace { preview: Some(preview), awaiting: None, replies: Replies::Keep, is_response: false })
}
