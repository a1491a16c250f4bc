//! Messages as they are answered.

use lambdesk_domain::{
    access::Actor,
    id::{MessageId, TicketId},
    message::{Message, MessageKind, Sender},
    status::Source,
    time::Timestamp,
};
use serde::Serialize;

/// Who reads a message: secure ones show their body to people only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person of the ticket: a user who sees it, or its customer.
    Person,
    /// A program.
    Program,
}

impl From<&Actor> for Reader {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User { .. } | Actor::Visitor { .. } => Self::Person,
            Actor::Machine { .. } | Actor::Channel { .. } | Actor::System => Self::Program,
        }
    }
}

/// A message as it is answered.
#[derive(Debug, Serialize)]
pub struct MessageView {
    id: MessageId,
    ticket_id: TicketId,
    kind: MessageKind,
    body_text: Option<String>,
    body_html: Option<String>,
    is_secure: bool,
    is_forward: bool,
    source: Source,
    sender: Sender,
    attachments: [(); 0],
    created_at: Timestamp,
}

impl MessageView {
    /// For this reader.
    #[must_use]
    pub fn of(message: &Message, reader: Reader) -> Self {
        let is_shown = !message.is_secure || reader == Reader::Person;
        Self {
            id: message.id,
            ticket_id: message.ticket_id,
            kind: message.kind,
            body_text: is_shown.then(|| message.content.text().to_owned()),
            body_html: is_shown.then(|| message.content.html()),
            is_secure: message.is_secure,
            is_forward: message.is_forward,
            source: message.source,
            sender: message.sender.clone(),
            attachments: [],
            created_at: message.created_at,
        }
    }
}
