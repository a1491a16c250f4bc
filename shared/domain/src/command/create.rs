//! New tickets, whichever way they come in.

use super::{Context, Rejection};
use crate::{
    access::{Actor, Forbidden, What},
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::{AccountId, CategoryId, MessageId, TagId, TeamId, TicketId, TicketNumber, UserId, Version, WorkspaceId},
    message::{Content, Message, MessageKind, Sender, SenderKind},
    status::{Awaiting, Priority, Shelf, Source, Status},
    text::{FieldKey, Subject, Summary, Uid},
    ticket::{ChannelRef, Origin, Ticket},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// The message that opens a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The id it will have.
    pub id: MessageId,
    /// What it says.
    pub content: Content,
    /// From us to the customer, when an agent writes first.
    pub is_outbound: bool,
    /// For the people of the ticket alone.
    pub is_secure: bool,
}

/// A ticket to be made. References are checked against the directory before.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    pub workspace_id: WorkspaceId,
    pub id: TicketId,
    pub number: TicketNumber,
    pub subject: Subject,
    pub status: Status,
    pub priority: Priority,
    /// Kept back until someone looks.
    pub is_held: bool,
    pub source: Source,
    pub channel: Option<ChannelRef>,
    pub category: Option<CategoryId>,
    pub team: Option<TeamId>,
    pub assignee: Option<UserId>,
    pub contact: Option<ContactRef>,
    pub account: Option<AccountId>,
    pub requester: Requester,
    pub tags: BTreeSet<TagId>,
    pub custom: BTreeMap<FieldKey, FieldValue>,
    pub uid: Option<Uid>,
    pub summary: Option<Summary>,
    pub follow_up_at: Option<Timestamp>,
    pub opening: Option<Opening>,
    pub continues: Option<TicketId>,
}

/// Decides a new ticket and its opening message.
///
/// # Errors
/// When the actor may not assign as asked, or not on that channel.
pub fn create(new: NewTicket, context: &Context) -> Result<(Ticket, Option<Message>), Rejection> {
    if new.assignee.is_some() && new.assignee != context.actor.user() {
        context.actor.may_assign(new.assignee, context.rules)?;
    }
    if let Actor::Channel { channel, .. } = context.actor
        && new.channel.is_none_or(|wanted| wanted.id != channel)
    {
        return Err(Forbidden::ForeignChannel.into());
    }
    let message = new.opening.as_ref().map(|opening| message_of(opening, &new, context));
    Ok((ticket_of(new, message.as_ref(), context), message))
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

fn ticket_of(new: NewTicket, message: Option<&Message>, context: &Context) -> Ticket {
    let now = context.now;
    let by_customer = message.is_some_and(|message| message.kind == MessageKind::Inbound);
    let what = message.map(|message| What::Message { id: message.id, kind: message.kind });
    Ticket {
        workspace_id: new.workspace_id,
        id: new.id,
        number: new.number,
        version: Version::FIRST,
        subject: new.subject,
        status: new.status,
        status_before_spam: (new.status == Status::Spam).then_some(Status::Open),
        shelf: if new.is_held { Shelf::Unprocessed } else { Shelf::Live },
        priority: new.priority,
        source: new.source,
        channel: new.channel,
        category: new.category,
        team: new.team,
        assignee: new.assignee,
        contact: new.contact,
        account: new.account,
        requester: new.requester,
        tags: new.tags,
        custom: new.custom,
        uid: new.uid,
        summary: new.summary,
        preview: message.and_then(Message::preview).unwrap_or_default(),
        awaiting: match message.map(|message| message.kind) {
            Some(MessageKind::Inbound) => Awaiting::Agent,
            Some(MessageKind::Outbound) => Awaiting::Customer,
            _ => Awaiting::None,
        },
        replies_count: 0,
        is_read_by_customer: by_customer,
        is_read_by_organization: !by_customer,
        follow_up_at: new.follow_up_at,
        created_at: now,
        updated_at: now,
        last_activity_at: now,
        status_changed_at: now,
        in_progress_at: (new.status == Status::InProgress).then_some(now),
        first_response_at: None,
        resolved_at: new.status.is_closed().then_some(now),
        closed_at: (new.status == Status::Closed).then_some(now),
        archived_at: None,
        trashed_at: None,
        origin: Origin {
            creator: context.actor.reference(),
            continues: new.continues,
            opening: message.map(|message| message.id),
        },
        cause: context.cause(what),
    }
}
