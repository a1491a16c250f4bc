//! Messages as they are answered.

use super::ClientDetail;
use lambdesk_domain::{
    access::Actor,
    attachment::{Attachment, Carrier},
    directory::Directory,
    id::{MessageId, TicketId, UserId},
    message::{Message, MessageKind, Sender, SenderKind},
    status::Source,
    text::{EmailAddress, Name, WebLink},
    ticket::Ticket,
    time::Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

/// Who reads a message: secure ones show what they say to people only, and notes
/// are among ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageReader {
    /// A user who sees the ticket.
    Person,
    /// A program of the workspace.
    Program,
    /// Its customer.
    Customer,
    /// A program that speaks for customers on one channel.
    Channel,
}

impl From<&Actor> for MessageReader {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User { .. } => Self::Person,
            Actor::Visitor { .. } => Self::Customer,
            Actor::Machine { .. } | Actor::System => Self::Program,
            Actor::Channel { .. } => Self::Channel,
        }
    }
}

impl MessageReader {
    /// Whether a message is there for them at all.
    #[must_use]
    pub const fn sees(self, message: &Message) -> bool {
        self.is_insider() || message.is_public()
    }

    /// Whether a file is there for them, given the message that carries it.
    #[must_use]
    pub fn may_open(self, carrier: Carrier) -> bool {
        (self.is_insider() || carrier.is_public) && (!carrier.is_secure || self.is_person())
    }

    /// Whether notes are there for them.
    #[must_use]
    pub const fn is_insider(self) -> bool {
        matches!(self, Self::Person | Self::Program)
    }

    const fn is_person(self) -> bool {
        matches!(self, Self::Person | Self::Customer)
    }
}

/// Who wrote a message: as remembered with it, and how they are reached now.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "MessageSender")]
pub struct SenderView {
    /// What kind of party.
    kind: SenderKind,
    /// Its id; left out for a customer who is no contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// Its name when the message was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Its e-mail address now, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<EmailAddress>,
    /// A user's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_url: Option<WebLink>,
}

impl SenderView {
    fn of(Sender { kind, id, name }: Sender) -> Self {
        Self { kind, id, name, email: None, picture_url: None }
    }

    fn as_user(&mut self, directory: &Directory) {
        let user = self.id.and_then(|id| directory.users.get(&UserId::new(id)));
        if let Some(user) = user {
            self.email = Some(user.email.clone());
            self.picture_url.clone_from(&user.picture_url);
        }
    }

    /// Whom a program relays without a name is the ticket's customer: the contact, or
    /// where that is no more than an id, who the ticket says has asked.
    fn as_customer(&mut self, ticket: &Ticket, detail: ClientDetail) {
        let contact = ticket.contact.as_ref();
        let is_unnamed = self.id.is_none() && self.name.is_none();
        match contact {
            Some(contact) if is_unnamed || self.id == Some(contact.id.uuid()) => {
                self.id = Some(contact.id.uuid());
                let (name, email) = match detail {
                    ClientDetail::Whole => (&contact.name, contact.email.clone()),
                    ClientDetail::Ids => (&ticket.requester.name, None),
                };
                self.email = email;
                self.name = self.name.take().or_else(|| name.clone());
            }
            None if is_unnamed => {
                self.email.clone_from(&ticket.requester.email);
                self.name.clone_from(&ticket.requester.name);
            }
            Some(_) | None => {}
        }
    }
}

/// A message as it is answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Message")]
pub struct MessageView {
    id: MessageId,
    ticket_id: TicketId,
    kind: MessageKind,
    body_text: Option<String>,
    body_html: Option<String>,
    is_secure: bool,
    is_forward: bool,
    source: Source,
    sender: SenderView,
    attachments: Vec<Attachment>,
    created_at: Timestamp,
}

impl MessageView {
    /// For this reader, who must [see](MessageReader::sees) it.
    #[must_use]
    pub fn of(message: Message, reader: MessageReader) -> Self {
        let is_shown = !message.is_secure || reader.is_person();
        let Message { id, ticket_id, kind, is_secure, is_forward, sender, source, content, attachments, created_at } =
            message;
        let (body_text, body_html) = is_shown.then(|| content.into_shown()).unzip();
        Self {
            id,
            ticket_id,
            kind,
            body_text,
            body_html,
            is_secure,
            is_forward,
            source,
            sender: SenderView::of(sender),
            attachments: if is_shown { attachments } else { Vec::new() },
            created_at,
        }
    }

    /// How many bytes its texts have.
    #[must_use]
    pub fn length(&self) -> usize {
        let texts = [&self.body_text, &self.body_html].map(|text| text.as_ref().map_or(0, String::len));
        texts.into_iter().chain(self.attachments.iter().map(Attachment::length)).sum()
    }

    /// With what is known of its sender: from the directory, and from its ticket
    /// where that is at hand.
    #[must_use]
    pub fn with_sender(mut self, directory: &Directory, ticket: Option<&Ticket>, detail: ClientDetail) -> Self {
        match (self.sender.kind, ticket) {
            (SenderKind::User, _) => self.sender.as_user(directory),
            (SenderKind::Contact, Some(ticket)) => self.sender.as_customer(ticket, detail),
            _ => {}
        }
        self
    }
}
