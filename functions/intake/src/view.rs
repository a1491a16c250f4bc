//! What a visitor sees: of people the names of who answered, of the thread what
//! is public, of the ticket nothing that we say among ourselves.

use lambdesk_api::{room::Room, seal::SealingKey, visitor::PublicToken};
use lambdesk_domain::{
    attachment::Attachment,
    id::{MessageId, TicketNumber},
    message::{Message, MessageKind, SenderKind},
    status::Status,
    text::{Name, Subject},
    ticket::Ticket,
    time::Timestamp,
};
use serde::Serialize;

/// Longer messages are not sent back to who wrote them.
const LONG: usize = 64 * 1024;

/// Where a ticket stands, as a visitor is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Standing")]
pub enum VisitorStatus {
    /// With us, whatever we do with it.
    Open,
    /// Answered: the visitor's turn.
    Waiting,
    /// Done; a reply reopens it.
    Resolved,
    /// Final; a reply starts a new ticket.
    Closed,
}

impl From<Status> for VisitorStatus {
    fn from(status: Status) -> Self {
        match status {
            // Who is taken for spam must not learn it.
            Status::Open | Status::InProgress | Status::OnHold | Status::Spam => Self::Open,
            Status::Waiting => Self::Waiting,
            Status::Resolved => Self::Resolved,
            Status::Closed => Self::Closed,
        }
    }
}

/// A ticket as its visitor sees it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "VisitorTicket")]
pub struct VisitorTicketView {
    number: TicketNumber,
    subject: Subject,
    status: VisitorStatus,
    is_closed: bool,
    is_read: bool,
    created_at: Timestamp,
    /// Of what the visitor can see: the ticket's own would tell when notes are written.
    last_activity_at: Timestamp,
    messages: Vec<VisitorMessageView>,
    has_more_messages: bool,
    /// The public token of the ticket that continues this one: what is written to this one
    /// goes there while this one is closed and that one is not. Null where there is none.
    continued_by: Option<String>,
}

impl VisitorTicketView {
    /// With messages in the order in which they were written, of any kind: those that are
    /// not public are left out, and of the rest the oldest that an answer has no room for.
    #[must_use]
    pub fn of<'a>(
        ticket: &Ticket,
        messages: impl IntoIterator<Item = &'a Message>,
        has_more_messages: bool,
        sealing: &SealingKey,
    ) -> Self {
        let token = |by| PublicToken { workspace: ticket.workspace_id, ticket: by }.seal(sealing);
        let continued_by = ticket.continued_by.map(token);
        let mut messages: Vec<_> = messages.into_iter().filter_map(VisitorMessageView::of).collect();
        let last = messages.iter().map(|message| message.created_at).max();
        let left_out = Room::VISITOR.leave_out_oldest(&mut messages, VisitorMessageView::length);
        let ticket = ticket.clone();
        Self {
            number: ticket.number,
            subject: ticket.subject,
            status: ticket.status.into(),
            is_closed: ticket.status.is_closed(),
            is_read: ticket.is_read_by_customer,
            created_at: ticket.created_at,
            last_activity_at: last.unwrap_or(ticket.created_at),
            messages,
            has_more_messages: has_more_messages || left_out,
            continued_by,
        }
    }
}

/// A message as the ticket's visitor sees it; secure ones too, they are for them.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "VisitorMessage")]
pub struct VisitorMessageView {
    id: MessageId,
    kind: MessageKind,
    body_text: String,
    body_html: String,
    is_secure: bool,
    sender: VisitorSenderView,
    attachments: Vec<Attachment>,
    created_at: Timestamp,
}

/// Who wrote a message: the name of who answered, and of nobody else.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "VisitorMessageSender")]
struct VisitorSenderView {
    name: Option<Name>,
}

impl VisitorMessageView {
    /// As it is sent back to whoever just wrote it: none for a note, nor for a long one. An
    /// answer may hold it twice.
    #[must_use]
    fn sent_back(message: &Message) -> Option<Self> {
        Self::of(message).filter(|view| view.length() <= LONG && Room::HALF_OF_VISITOR.holds(view))
    }

    /// How many bytes its texts have.
    fn length(&self) -> usize {
        self.body_text.len() + self.body_html.len() + self.attachments.iter().map(Attachment::length).sum::<usize>()
    }

    /// None for a note.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        if !message.is_public() {
            return None;
        }
        let is_staff = message.sender.kind == SenderKind::User;
        Some(Self {
            id: message.id,
            kind: message.kind,
            body_text: message.content.text().to_owned(),
            body_html: message.content.html(),
            is_secure: message.is_secure,
            sender: VisitorSenderView { name: message.sender.name.clone().filter(|_| is_staff) },
            attachments: message.attachments.clone(),
            created_at: message.created_at,
        })
    }
}

/// A ticket just opened, with what opens it again: shown this once.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OpenedTicket")]
pub struct OpenedView {
    /// The ticket.
    pub ticket: VisitorTicketView,
    /// What its visitor keeps.
    pub public_token: String,
}

/// A reply just written.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "VisitorReply")]
pub struct RepliedView {
    /// The message; null where it is so long that it is not sent back.
    pub message: Option<VisitorMessageView>,
    /// The new ticket that it is on, when the one that it was written to is closed.
    #[serde(flatten)]
    pub continued: Option<OpenedView>,
}

impl RepliedView {
    /// Of the message, and of the ticket that it is on, when that is another one; whether
    /// that has more messages.
    pub fn of(message: Option<&Message>, continued: Option<(&Ticket, bool)>, sealing: &SealingKey) -> Self {
        let continued = continued.map(|(ticket, has_more)| opened(ticket, message, has_more, sealing));
        Self { message: message.and_then(VisitorMessageView::sent_back), continued }
    }
}

/// A new ticket with its public token. There is no `Location`: the token is its
/// address, and remembered answers keep that header in the clear.
pub fn opened(ticket: &Ticket, message: Option<&Message>, has_more: bool, sealing: &SealingKey) -> OpenedView {
    let public_token = PublicToken { workspace: ticket.workspace_id, ticket: ticket.id }.seal(sealing);
    let sent_back = message.filter(|message| VisitorMessageView::sent_back(message).is_some());
    let has_more = has_more || message.is_some() && sent_back.is_none();
    OpenedView { ticket: VisitorTicketView::of(ticket, sent_back, has_more, sealing), public_token }
}
