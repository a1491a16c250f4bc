//! New tickets, whichever way they come in.

use super::{Context, Rejection};
use crate::{
    access::{Actor, Forbidden, What},
    budget::TICKET_BYTES,
    message::{Message, MessageKind, Sender, SenderKind},
    set::Set,
    ticket::{NewTicket, Opening, Ticket},
};

/// Decides a new ticket and its opening message. A ticket of nobody's that its maker
/// would not see is the maker's.
///
/// # Errors
/// When the actor may not assign as asked, or not on that channel; when more is written on
/// the ticket itself than there is room for.
pub fn create(mut new: NewTicket, context: &Context) -> Result<(Ticket, Option<Message>), Rejection> {
    if new.assignee.is_some() && new.assignee != context.actor.user() {
        context.actor.may_assign(new.assignee, context.rules)?;
    }
    if let Actor::Channel { channel, .. } = context.actor
        && new.channel.is_none_or(|wanted| wanted.id != channel)
    {
        return Err(Forbidden::ForeignChannel.into());
    }
    let visibility = context.actor.visibility(context.rules);
    if !visibility.covers(new.assignee, new.channel.map(|channel| channel.id)) {
        new.assignee = new.assignee.or(context.actor.user());
    }
    let message = new.opening.as_ref().map(|opening| message_of(opening, &new, context));
    let what = message.as_ref().map(|message| What::Message { id: message.id, kind: message.kind });
    // What a customer says on a closed ticket is taken, whatever that one had.
    let is_new = new.continues.is_none();
    let ticket = Ticket::new(new, message.as_ref(), context.cause(what), context.now);
    if is_new && Set::bytes_written_on(&ticket) > TICKET_BYTES {
        return Err(Rejection::TooLarge);
    }
    Ok((ticket, message))
}

fn message_of(opening: &Opening, new: &NewTicket, context: &Context) -> Message {
    let kind = if opening.is_outbound { MessageKind::Outbound } else { MessageKind::Inbound };
    let contact = Sender {
        kind: SenderKind::Contact,
        id: new.contact.as_ref().map(|contact| contact.id.uuid()),
        name: new.requester.name.clone(),
    };
    Message {
        id: opening.id,
        ticket_id: new.id,
        kind,
        is_secure: opening.is_secure,
        is_forward: false,
        sender: if opening.is_outbound { context.actor.sender() } else { contact },
        source: new.source,
        content: opening.content.clone(),
        attachments: Vec::new(),
        created_at: context.now,
    }
}
